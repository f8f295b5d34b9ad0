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

// madeParameters is where testdata/params/make.sh has put its files.
const madeParameters = "testdata/params"

// streams returns what ffprobe found in one of these files.
func streams(t testing.TB, path string) (video, audio stream) {
	t.Helper()
	var all struct{ Streams []stream }
	if err := json.Unmarshal(contents(t, strings.TrimSuffix(path, filepath.Ext(path))+".json"), &all); err != nil {
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

// eachOf has a test for each of so many files of that pattern.
func eachOf(t *testing.T, dir, pattern string, n int, test func(t *testing.T, path, name string)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) != n {
		t.Fatalf("%s: got %q, %v; want %d", pattern, paths, err, n)
	}
	for _, path := range paths {
		base := filepath.Base(path)
		name := strings.TrimSuffix(base, filepath.Ext(base))
		t.Run(name, func(t *testing.T) { test(t, path, name) })
	}
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

// TestVideoParameters compares with ffprobe's words what is read from files that
// FFmpeg made. TestMadeParameters has the FFmpeg that is there make them anew.
func TestVideoParameters(t *testing.T) { checkVideoParameters(t, madeParameters) }

func checkVideoParameters(t *testing.T, dir string) {
	for pattern, n := range map[string]int{"avc-*.flv": 10, "sorenson*.flv": 3, "screen*.flv": 2} {
		eachOf(t, dir, pattern, n, func(t *testing.T, path, name string) {
			got := parametersOf(scan(t, contents(t, path)), true)
			want, _ := streams(t, path)
			if want.Width == 0 || got.Width != want.Width || got.Height != want.Height {
				t.Errorf("got %dx%d, want %dx%d", got.Width, got.Height, want.Width, want.Height)
			}
			if !strings.HasPrefix(name, "avc") {
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

func TestAudioParameters(t *testing.T) { checkAudioParameters(t, madeParameters) }

func checkAudioParameters(t *testing.T, dir string) {
	for pattern, n := range map[string]int{"aac*.flv": 4, "mp3*.flv": 2, "pcm.flv": 1, "adpcm.flv": 1,
		"nellymoser*.flv": 2, "speex.flv": 1, "a-law.flv": 1, "mu-law.flv": 1} {
		eachOf(t, dir, pattern, n, func(t *testing.T, path, name string) {
			got := parametersOf(scan(t, contents(t, path)), false)
			_, want := streams(t, path)
			if strconv.Itoa(got.SampleRate) != want.SampleRate || got.Channels != want.Channels || got.Name == "" {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if strings.HasPrefix(name, "aac") && got.Profile != want.Profile {
				t.Errorf("got profile %q, want %q", got.Profile, want.Profile)
			}
		})
	}
}
