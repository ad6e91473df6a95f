#!/bin/bash
# contain.sh PROGRAM ARGUMENT...: runs it as PID 1 of namespaces of its own (unshare --mount --pid --fork), so whatever it starts or mounts
# is gone when it is. Its standard input is the builder's: when that closes, the builder is dead, and so is this.
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
cat <&3 >/dev/null &
code=0
wait -n -p ended || code=$?
[ "$ended" = "$program" ] || exit 130
exit $code
