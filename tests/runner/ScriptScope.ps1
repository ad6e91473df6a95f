# Running a file is the one way to get a new script scope ($script:); the runner runs a file's tests inside this one.
param($______body)
$______body.Invoke()
