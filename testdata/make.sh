#!/usr/bin/env bash
# Makes the samples in testdata/flv with ffmpeg. See README.md beside it.
set -euo pipefail
cd "$(dirname "$0")/flv"

# No encoder versions in the file and one encoder thread, so that the same
# ffmpeg makes the same bytes.
exact=(-fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1)
ff() { ffmpeg -nostdin -v error -y "$@"; }

# testsrc2 counts frames in the picture: no two video packets are alike.
picture=(-f lavfi -i testsrc2=size=320x180:rate=25)
# A rising tone with a little noise: a steady one would repeat its packets, and
# a test could not tell which of them it sees.
sound=(-f lavfi -i "aevalsrc='0.3*sin(2*PI*(200*t+40*t*t))+0.01*(random(0)-0.5)':s=44100")
# Key frames exactly every second, three B-frames between references.
h264=(-c:v libx264 -profile:v main -preset slow -threads 1 -crf 34 -pix_fmt yuv420p
	-g 25 -keyint_min 25 -sc_threshold 0 -bf 3 -b_strategy 0 -x264-params "threads=1:lookahead-threads=1")
aac=(-c:a aac -b:a 48k -ac 1)

ff "${picture[@]}" "${sound[@]}" "${h264[@]}" "${aac[@]}" -t 10 "${exact[@]}" bars.flv
ff "${sound[@]}" "${aac[@]}" -t 8 "${exact[@]}" audio.flv
ff "${picture[@]}" "${h264[@]}" -t 8 "${exact[@]}" video.flv

# What the damage cases are made of: a minute with a key frame every two
# seconds, as small as it may be with every packet unlike the others, and a
# stream of other parameters.
tone() { echo "aevalsrc='0.3*sin(2*PI*(200*t+10*t*t))+0.01*(random(0)-0.5)':s=$1"; }
gop=(-g 50 -keyint_min 50)

ff -f lavfi -i testsrc2=size=96x54:rate=25 -f lavfi -i "$(tone 44100)" "${h264[@]}" -crf 28 "${gop[@]}" \
	"${aac[@]}" -b:a 28k -t 60 "${exact[@]}" minute.flv
ff -f lavfi -i testsrc2=size=128x72:rate=25 -f lavfi -i "$(tone 48000)" "${h264[@]}" -crf 32 "${gop[@]}" \
	"${aac[@]}" -b:a 16k -t 20 "${exact[@]}" other.flv
