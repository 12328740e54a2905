#!/bin/sh
# Run an installation quietly, with a line every ten seconds, and one sentence if it fails or is stopped:
# install.sh NAME COMMAND...
name=$1
shift
log=$(mktemp "${TMPDIR:-/tmp}/gwi-install.XXXXXX") || {
	echo "$name cannot be installed: nothing can be written to ${TMPDIR:-/tmp}." >&2
	exit 1
}

stop() {
	trap '' INT TERM HUP
	kill "$work" 2>/dev/null
	wait "$work" 2>/dev/null
	rm -f "$log"
	echo "Stopped while installing $name." >&2
	exit 130
}

echo "Installing $name ..."
"$@" >"$log" 2>&1 &
work=$!
trap stop INT TERM HUP

seconds=0
while kill -0 "$work" 2>/dev/null; do
	sleep 1
	seconds=$((seconds + 1))
	[ $((seconds % 10)) -ne 0 ] || echo "Installing $name ... $seconds s"
done
wait "$work"
code=$?
if [ "$code" -eq 0 ]; then
	rm -f "$log"
	exit 0
fi

if grep -qiE 'no space left|ENOSPC' "$log"; then
	reason="the disk is full"
elif grep -qiE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|network|dns error|failed to (fetch|connect)|name resolution|connection' "$log"; then
	reason="the package registry cannot be reached; is there a network?"
else
	reason="the command failed"
fi
tail -n 15 "$log" >&2
echo "$name could not be installed: $reason (all of it: $log)" >&2
exit 1
