package flvout

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// parametersOf merges what the tags of one type say.
func parametersOf(tags []Tag, video bool) (p Parameters) {
	for _, t := range tags {
		c := Classify(t)
		if c.video != video || t.Type == data {
			continue
		}
		if q := ReadParameters(t, &c); p.Codec == 0 {
			p = q
		} else {
			p = p.or(q)
		}
	}
	return p
}

// A stream is what ffprobe says of one.
type stream struct {
	Type       string `json:"codec_type"`
	Profile    string `json:"profile"`
	Level      int    `json:"level"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Rate       string `json:"r_frame_rate"`
	Depth      string `json:"bits_per_raw_sample"`
	SampleRate string `json:"sample_rate"`
	Channels   int    `json:"channels"`
}

// streams returns what ffprobe finds in a file, video first.
func streams(t testing.TB, path string) (video, audio stream) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-show_streams", "-of", "json", path).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v: run scripts/test-deps.sh", err)
	}
	var all struct{ Streams []stream }
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	for _, s := range all.Streams {
		switch s.Type {
		case "video":
			video = s
		case "audio":
			audio = s
		}
	}
	return video, audio
}

// ffmpeg makes a second of a test picture, or of a tone.
func ffmpeg(t testing.TB, out string, args ...string) {
	t.Helper()
	args = append([]string{"-nostdin", "-v", "error", "-y", "-f", "lavfi"}, args...)
	if said, err := exec.Command("ffmpeg", append(args, out)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: run scripts/test-deps.sh\n%s", err, said)
	}
}

func contents(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func fraction(s string) float64 {
	n, d, _ := strings.Cut(s, "/")
	x, _ := strconv.ParseFloat(n, 64)
	y, _ := strconv.ParseFloat(d, 64)
	return x / y
}

// TestVideoParameters compares with ffprobe what is read from files that FFmpeg
// makes.
func TestVideoParameters(t *testing.T) {
	for _, c := range []struct{ name, source, args string }{
		{"baseline", "size=320x180:rate=25", "-c:v libx264 -pix_fmt yuv420p -profile:v baseline -level 3.0"},
		{"main, cropped", "size=322x182:rate=30000/1001", "-c:v libx264 -pix_fmt yuv420p -profile:v main"},
		{"high", "size=1280x720:rate=50", "-c:v libx264 -pix_fmt yuv420p -profile:v high -level 4.1"},
		{"high, interlaced", "size=720x576:rate=25", "-c:v libx264 -pix_fmt yuv420p -flags +ildct+ilme -x264opts tff=1"},
		{"high 10", "size=320x180:rate=24", "-c:v libx264 -pix_fmt yuv420p10le"},
		{"high 4:2:2", "size=320x182:rate=10", "-c:v libx264 -pix_fmt yuv422p"},
		{"high 4:4:4", "size=321x181:rate=15", "-c:v libx264 -pix_fmt yuv444p"},
		{"high, gray and cropped", "size=322x182:rate=25", "-c:v libx264 -pix_fmt gray"},
		{"scaling lists", "size=320x180:rate=25", "-c:v libx264 -pix_fmt yuv420p -x264opts cqm=jvt"},
		{"described", "size=320x180:rate=25", "-c:v libx264 -pix_fmt yuv420p -aspect 2.35 -color_primaries bt709 -colorspace bt709 -color_trc bt709"},
		{"sorenson", "size=352x288:rate=25", "-c:v flv"},
		{"sorenson, odd", "size=318x178:rate=25", "-c:v flv"},
		{"sorenson, large", "size=640x360:rate=25", "-c:v flv"},
		{"screen", "size=318x178:rate=15", "-c:v flashsv"},
		{"screen 2", "size=320x176:rate=15", "-c:v flashsv2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "show.flv")
			ffmpeg(t, file, append([]string{"-t", "0.5", "-i", "testsrc2=" + c.source}, strings.Fields(c.args)...)...)
			got := parametersOf(scan(t, contents(t, file)), true)
			want, _ := streams(t, file)
			if got.Width != want.Width || got.Height != want.Height {
				t.Errorf("got %dx%d, want %dx%d", got.Width, got.Height, want.Width, want.Height)
			}
			if !strings.Contains(c.args, "264") {
				return
			}
			if rate := fraction(want.Rate); got.FrameRate < rate*0.999 || got.FrameRate > rate*1.001 {
				t.Errorf("got %v frames per second, want %v", got.FrameRate, rate)
			}
			level := fmt.Sprintf("%d.%d", want.Level/10, want.Level%10)
			if got.Profile != want.Profile || got.Level != level || strconv.Itoa(got.BitDepth) != want.Depth {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestAudioParameters(t *testing.T) {
	for _, c := range []struct{ name, source, args string }{
		{"aac", "sample_rate=44100", "-c:a aac -ac 2"},
		{"aac, 5.1", "sample_rate=48000", "-c:a aac -ac 6"},
		{"aac, 7.1", "sample_rate=48000", "-c:a aac -ac 8"},
		{"aac, mono", "sample_rate=22050", "-c:a aac -ac 1"},
		{"mp3", "sample_rate=44100", "-c:a libmp3lame -ac 2"},
		{"mp3, mono", "sample_rate=22050", "-c:a libmp3lame -ac 1"},
		{"pcm", "sample_rate=44100", "-c:a pcm_s16le -ac 2"},
		{"adpcm", "sample_rate=22050", "-c:a adpcm_swf -ac 2"},
		{"nellymoser", "sample_rate=16000", "-c:a nellymoser -ac 1"},
		{"nellymoser, 44100", "sample_rate=44100", "-c:a nellymoser -ac 1"},
		{"speex", "sample_rate=16000", "-c:a libspeex -ac 1"},
		{"a-law", "sample_rate=8000", "-c:a pcm_alaw -ac 1"},
		{"µ-law", "sample_rate=8000", "-c:a pcm_mulaw -ac 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "show.flv")
			ffmpeg(t, file, append([]string{"-t", "0.5", "-i", "sine=" + c.source}, strings.Fields(c.args)...)...)
			got := parametersOf(scan(t, contents(t, file)), false)
			_, want := streams(t, file)
			if strconv.Itoa(got.SampleRate) != want.SampleRate || got.Channels != want.Channels || got.Name == "" {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if strings.HasPrefix(c.name, "aac") && got.Profile != want.Profile {
				t.Errorf("got profile %q, want %q", got.Profile, want.Profile)
			}
		})
	}
}
