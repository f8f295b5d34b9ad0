#!/usr/bin/env bash
# Measures recording, publishing and repair beside other programs, which
# scripts/test-deps.sh installs; bin/rtmpull is there already. Prints tables.
# BENCH_ROUNDS and BENCH_BYTES change how much is done, and arguments are given
# to the program: -only record, start, file, vod, publish, damage or many makes one table
# alone, and -doc docs/damage.md puts that of damage into its page. That of many
# takes -streams 200 and -seconds 60.
set -euo pipefail
cd "$(dirname "$0")/.."
# nginx lives in sbin, which is not in everybody's PATH.
PATH=$PATH:/usr/sbin:/sbin
source=build/bench.flv
mkdir -p build
if [ ! -s "$source" ]; then
	echo "making $source (50 s of H.264 at 8 Mbit/s, and AAC)" >&2
	ffmpeg -nostdin -v error -y \
		-f lavfi -i 'testsrc2=size=1280x720:rate=30,noise=alls=30:allf=t' \
		-f lavfi -i 'sine=frequency=440:sample_rate=48000' -t 50 \
		-c:v libx264 -preset ultrafast -tune zerolatency -g 60 -b:v 8M -maxrate 8M -bufsize 8M -pix_fmt yuv420p \
		-c:a aac -b:a 128k -f flv "$source.tmp"
	mv "$source.tmp" "$source"
fi
live=build/many.flv
if [ ! -s "$live" ]; then
	echo "making $live (80 s of H.264 at 1 Mbit/s, and AAC)" >&2
	ffmpeg -nostdin -v error -y \
		-f lavfi -i 'testsrc2=size=960x540:rate=25,noise=alls=12:allf=t' \
		-f lavfi -i 'sine=frequency=440:sample_rate=48000' -t 80 \
		-c:v libx264 -preset ultrafast -g 50 -b:v 1M -maxrate 1M -bufsize 1M -pix_fmt yuv420p \
		-c:a aac -b:a 96k -f flv "$live.tmp"
	mv "$live.tmp" "$live"
fi
go build -o build/bench ./scripts/bench
lscpu | sed -n 's/^Model name: */# /p'
echo "# $(nproc) cores, $(uname -sr), $(go version | cut -d' ' -f3), $(rtmpdump 2>&1 | sed -n 's/^RTMPDump /rtmpdump /p'), $(ffmpeg -version | sed -n 's/^\(ffmpeg version [^ ]*\).*/\1/p'), $(gst-launch-1.0 --version | sed -n 2p), $(nginx -v 2>&1 | cut -d' ' -f3)"
exec build/bench -source "$source" -rounds "${BENCH_ROUNDS:-5}" -bytes "${BENCH_BYTES:-1000000000}" "$@"
