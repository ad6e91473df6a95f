#!/bin/bash
# contain.sh PROGRAM ARGUMENT...: runs it as PID 1 of namespaces of its own (unshare --mount --pid --fork), so whatever it starts or mounts
# is gone when it is. Its standard input is the builder's: when that closes, the builder is dead, and so is this.
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
{ cat >/dev/null; kill -KILL -1; } <&3 3<&- & # all but PID 1, which ends with the program
exec 3<&-
code=0
wait "$program" || code=$? # not wait -n: it misses a program that has ended before
exit $code
