#!/usr/bin/env bash
# Makes the table of docs/faults.md: what rtmpull, rtmpdump and ffmpeg do when
# something happens to the server, the publisher or the network. Takes some eight
# minutes, in a network namespace of its own, and fails if rtmpull does not do
# what it promises. Arguments are given to the program: -only server-killed,...
# makes these rows alone, and -doc docs/faults.md puts the table into its page.
set -euo pipefail
cd "$(dirname "$0")/.."
# nginx, nft and ip live in sbin, which is not in everybody's PATH.
PATH=$PATH:/usr/sbin:/sbin

die() { echo "faults: $*" >&2; exit 1; }
for program in ffmpeg ffprobe ip nft nginx rtmpdump unshare; do
	command -v $program >/dev/null || die "$program is missing; run scripts/test-deps.sh"
done
ns=(unshare --net)
((EUID == 0)) || ns=(unshare --net --user --map-root-user)
"${ns[@]}" true || die "network namespaces are not to be had here; try as root"

# sample SIZE PITCH makes what is published: no two packets are alike, so that
# each tells when it was sent.
sample() {
	local file=build/faults-$1.flv
	[[ ! -s $file ]] || return 0
	echo "making $file" >&2
	ffmpeg -nostdin -v error -y -f lavfi -i "testsrc2=size=$1:rate=25" \
		-f lavfi -i "aevalsrc='0.3*sin(2*PI*($2*t+10*t*t))+0.01*(random(0)-0.5)':s=44100" -t 240 \
		-c:v libx264 -preset veryfast -bf 2 -g 50 -keyint_min 50 -sc_threshold 0 -crf 22 -pix_fmt yuv420p \
		-c:a aac -b:a 48k -ac 1 -flvflags add_keyframe_index -f flv "$file.tmp"
	mv "$file.tmp" "$file"
}
mkdir -p build
sample 320x180 200
sample 256x144 350
CGO_ENABLED=0 go build -o build/faults-rtmpull ./cmd/rtmpull
go build -o build/faults ./scripts/faults
exec "${ns[@]}" bash -c 'ip link set lo up; exec "$@"' faults build/faults -bin build/faults-rtmpull "$@"
