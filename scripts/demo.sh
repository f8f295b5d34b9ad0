#!/usr/bin/env bash
# The demonstration behind `make demo`: rtmpull plays a sample on loopback, on a
# port of its own, and records five seconds of it. Needs nothing but bin/rtmpull;
# if ffprobe is there, it is asked what it thinks of the recording.
set -euo pipefail
cd "$(dirname "$0")/.."

run() { printf '\n$ %s\n' "$*"; "$@"; }

mkdir -p build
rm -f build/demo*
log=build/demo-serve.log

echo "\$ bin/rtmpull serve --listen 127.0.0.1:0 --loop inf testdata/flv/bars.flv &"
bin/rtmpull serve --listen 127.0.0.1:0 --loop inf testdata/flv/bars.flv 2>"$log" &
server=$!
trap 'kill "$server" 2>/dev/null && wait "$server" || true' EXIT

# Port 0 lets the kernel choose; the server tells which it was.
url=
for ((i = 0; i < 100; i++)); do
	url=$(grep -Eom1 'rtmp://127\.0\.0\.1:[0-9]+/[^[:space:]"]+' "$log" || true)
	[[ -z $url ]] || break
	kill -0 "$server" 2>/dev/null || break
	sleep 0.05
done
if [[ -z $url ]]; then
	echo "demo: the server did not say what it serves:" >&2
	cat "$log" >&2
	exit 1
fi
cat "$log"

run bin/rtmpull --duration 5 -o build/demo.flv "$url"

if command -v ffprobe >/dev/null; then
	run ffprobe -v error -count_packets \
		-show_entries stream=codec_name,width,height,sample_rate,nb_read_packets \
		-show_entries format=duration,size -of compact build/demo.flv
fi
printf '\nThe recording is build/demo.flv\n'
