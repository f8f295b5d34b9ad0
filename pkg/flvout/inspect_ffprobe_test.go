package flvout

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestInspectLikeFFprobe compares every count with what ffprobe makes of the
// packets of files that FFmpeg wrote.
func TestInspectLikeFFprobe(t *testing.T) {
	for _, c := range []struct{ name, args string }{
		{"B-frames, AAC", "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 20 -bf 3 -c:a aac -ac 2"},
		{"no B-frames, MP3", "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 50 -bf 0 -c:a libmp3lame -ar 44100"},
		{"scene cuts, Speex", "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 37 -keyint_min 5 -c:a libspeex -ar 16000 -ac 1"},
		{"index", "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 20 -c:a aac -flvflags add_keyframe_index"},
		{"Sorenson, Nellymoser", "-c:v flv -g 12 -c:a nellymoser -ar 22050 -ac 1"},
		{"Screen, PCM", "-c:v flashsv -g 25 -c:a pcm_s16le -ar 44100"},
		{"Sorenson, A-law", "-c:v flv -c:a pcm_alaw -ar 8000 -ac 1"},
		{"Sorenson, ADPCM", "-c:v flv -c:a adpcm_swf -ar 22050"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "show.flv")
			args := []string{"-i", "testsrc2=size=64x36:rate=25", "-f", "lavfi", "-i", "sine=sample_rate=44100", "-t", "4"}
			ffmpeg(t, file, append(args, strings.Fields(c.args)...)...)
			r := inspect(t, contents(t, file))
			if len(r.Faults) > 0 {
				t.Errorf("got %v in a file of FFmpeg's", r.Faults)
			}
			p := ffprobe(t, file, nil)
			for _, track := range r.Tracks {
				var frames, keys, bytes int64
				first, last := int64(math.MaxInt64), int64(0)
				for _, packet := range p.Packets {
					if packet.CodecType != track.Type {
						continue
					}
					frames++
					n, _ := strconv.ParseInt(packet.Size, 10, 64)
					bytes += n
					first, last = min(first, packet.DTS), packet.DTS
					if strings.HasPrefix(packet.Flags, "K") {
						keys++
					}
				}
				if track.Frames != frames || track.Bytes != bytes || int64(track.First) != first || int64(track.Last) != last {
					t.Errorf("%s: got %d frames of %d bytes from %d to %d ms, want %d of %d from %d to %d",
						track.Type, track.Frames, track.Bytes, track.First, track.Last, frames, bytes, first, last)
				}
				if track.Type == "video" && track.Keys.Count != keys {
					t.Errorf("got %d key frames, want %d", track.Keys.Count, keys)
				}
				if rate := float64(bytes) * 8 / 4; math.Abs(float64(track.BitRate)-rate) > 0.03*rate {
					t.Errorf("%s: got %d bit/s, want about %.0f", track.Type, track.BitRate, rate)
				}
			}
			duration, _ := strconv.ParseFloat(p.Format.Duration, 64)
			if math.Abs(r.Duration.Seconds()-duration) > 0.15 {
				t.Errorf("got %v s, want %v", r.Duration.Seconds(), duration)
			}
			if state := map[bool]string{true: IndexRight, false: IndexNone}[c.name == "index"]; r.Index.State != state {
				t.Errorf("got %+v, want an index that is %s", r.Index, state)
			}
		})
	}
}
