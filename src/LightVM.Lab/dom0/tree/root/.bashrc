# Empty on purpose: bash reads this file under sshd, and a person's may be slow or print.
