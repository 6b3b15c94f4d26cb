#!/bin/sh
# Ends the servers of a stack when the program that started them is gone, however it went. Each line of standard input
# names the process ids that run now; the end of the input is the end of that program.
pids=''
while read -r line; do pids=$line; done
[ -n "$pids" ] || exit 0
# Process ids are plain numbers, one word each.
# shellcheck disable=SC2086
kill -TERM $pids 2>/dev/null
sleep 3
# shellcheck disable=SC2086
kill -KILL $pids 2>/dev/null
exit 0
