#!/usr/bin/env bash
# Makes the files that TestVideoParameters and its like read, here or in the
# directory that is given, and NAME.json beside each: what ffprobe says of it. No
# encoder versions and one thread, so that the same ffmpeg makes the same bytes.
set -euo pipefail
cd "${1:-$(dirname "$0")}"
exact=(-threads 1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1)

# file, source, arguments of the encoder
make() {
	local file=$1 source=$2
	shift 2
	ffmpeg -nostdin -v error -y -f lavfi -i "$source" "$@" "${exact[@]}" "$file"
	ffprobe -v error -show_entries \
		stream=codec_type,profile,level,width,height,r_frame_rate,bits_per_raw_sample,sample_rate,channels \
		-of json=compact=1 "$file" >"${file%.*}.json"
}

# Two frames, as coarse as can be.
h264() { make "$1.flv" "testsrc2=$2" -frames:v 2 -c:v libx264 -qp 51 "${@:3}"; }
h264 avc-baseline size=320x180:rate=25 -pix_fmt yuv420p -profile:v baseline -level 3.0
h264 avc-main-cropped size=322x182:rate=30000/1001 -pix_fmt yuv420p -profile:v main
h264 avc-high size=1280x720:rate=50 -pix_fmt yuv420p -profile:v high -level 4.1
h264 avc-high-interlaced size=720x576:rate=25 -pix_fmt yuv420p -flags +ildct+ilme -x264opts tff=1
h264 avc-high-10 size=320x180:rate=24 -pix_fmt yuv420p10le
h264 avc-high-422 size=320x182:rate=10 -pix_fmt yuv422p
h264 avc-high-444 size=321x181:rate=15 -pix_fmt yuv444p
h264 avc-high-gray-cropped size=322x182:rate=25 -pix_fmt gray
h264 avc-scaling-lists size=320x180:rate=25 -pix_fmt yuv420p -x264opts cqm=jvt
h264 avc-described size=320x180:rate=25 -pix_fmt yuv420p -aspect 2.35 -color_primaries bt709 -colorspace bt709 -color_trc bt709

legacy() { make "$1.flv" "color=$2" -frames:v 2 -c:v "$3"; }
legacy sorenson size=352x288:rate=25 flv
legacy sorenson-odd size=318x178:rate=25 flv
legacy sorenson-large size=640x360:rate=25 flv
legacy screen size=318x178:rate=15 flashsv
legacy screen-2 size=320x176:rate=15 flashsv2

# FLV had nothing for these when the FFmpeg of many systems was made.
mp4() { make "$1.mp4" "testsrc2=$2" -frames:v 2 "${@:3}"; }
x265() { mp4 "$1" "$2" -c:v libx265 -tag:v hvc1 -pix_fmt "$3" -x265-params "log-level=none:pools=none:frame-threads=1:info=0:qp=51${4:-}"; }
x265 hevc-main size=318x178:rate=25 yuv420p
x265 hevc-main-10 size=1280x720:rate=30000/1001 yuv420p10le
x265 hevc-range-extension-10 size=320x180:rate=50 yuv422p10le
x265 hevc-described size=320x180:rate=24 yuv420p :scaling-list=default:colorprim=bt709:transfer=bt709:sar=2:temporal-layers=1
mp4 av1 size=318x178:rate=25 -c:v libaom-av1 -cpu-used 8 -crf 63 -pix_fmt yuv420p
mp4 av1-10 size=320x180:rate=25 -c:v libaom-av1 -cpu-used 8 -crf 63 -pix_fmt yuv420p10le
SVT_LOG=1 mp4 av1-other-encoder size=320x180:rate=25 -c:v libsvtav1 -preset 12 -crf 63 -svtav1-params lp=1 -pix_fmt yuv420p
mp4 vp9 size=318x178:rate=25 -c:v libvpx-vp9 -cpu-used 8 -crf 63 -b:v 0 -pix_fmt yuv420p
mp4 vp9-10 size=320x180:rate=25 -c:v libvpx-vp9 -cpu-used 8 -crf 63 -b:v 0 -pix_fmt yuv420p10le

# One frame without a container: the parameter sets are in the band.
in_band() { make "$1" testsrc2=size=318x178:rate=25 -frames:v 1 -pix_fmt yuv420p "${@:2}"; }
in_band in-band-avc.h264 -c:v libx264 -qp 51
in_band in-band-hevc.hevc -c:v libx265 -x265-params log-level=none:pools=none:frame-threads=1:info=0:qp=51

sound() { make "$1.flv" "sine=sample_rate=$2" -t 0.2 -c:a "${@:3}"; }
sound aac 44100 aac -ac 2
sound aac-5.1 48000 aac -ac 6
sound aac-7.1 48000 aac -ac 8
sound aac-mono 22050 aac -ac 1
sound mp3 44100 libmp3lame -ac 2
sound mp3-mono 22050 libmp3lame -ac 1
sound pcm 44100 pcm_s16le -ac 2
sound adpcm 22050 adpcm_swf -ac 2
sound nellymoser 16000 nellymoser -ac 1
sound nellymoser-44100 44100 nellymoser -ac 1
sound speex 16000 libspeex -ac 1
sound a-law 8000 pcm_alaw -ac 1
sound mu-law 8000 pcm_mulaw -ac 2
