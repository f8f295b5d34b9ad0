package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// TestProbeText: what people read of damaged and of unusual files.
func TestProbeText(t *testing.T) {
	for _, c := range []struct {
		id    string
		lines []string
	}{
		{"06", []string{"odd tags  2 empty", "result    it has empty tags, its metadata is wrong; rtmpull repair mends what can be mended"}},
		{"04", []string{"damage    4089 wrong trailers", "result    it is damaged; rtmpull repair mends what can be mended"}},
		{"05", []string{"damage    100 bytes of garbage in 1 place"}},
		{"09", []string{"1 gap: 30.04 s at 19.96 s", "metadata  duration is 90.08, not 60.08", "time      from 0 s; sound begins 57 ms late and ends 80 ms late, 97 ms off at most"}},
		{"10", []string{"1 jump back: 19.96 s at 19.96 s"}},
		{"13", []string{"the sequence header comes again 1 time"}},
		{"15", []string{"video     H.264, 25 fps", "frames come without their sequence header"}},
		{"18h", []string{"odd tags  1 onJoinPoint"}},
		{"19", []string{"result    its header announces other tracks; rtmpull repair mends what can be mended"}},
		{"25", []string{"damage    4089 tags with a stream ID"}},
		{"29", []string{"sound begins 23 ms early and ends in time, 104 ms off at most"}},
		{"31", []string{"metadata  none", "result    sound"}},
		{"34", []string{"720 jumps back: 0.08 s at ", ", ..."}},
		{"36c", []string{"video     H.264 Main 1.0, 96x54, 5 fps, the header says 25", "every 10 s (50 frames)"}},
		{"40", []string{"index     31 entries, every 2 s, right"}},
		{"40m", []string{"index     cannot be read: keyframes has more times than positions, or fewer"}},
		{"40n", []string{"index     31 entries, wrong: 0 on key frames, 31 on no key frame, 0 with a wrong time"}},
		{"50-manycodecs", []string{"video     AV1 Main", "video 1   H.265 Main"}},
		{"51-speex", []string{"audio     Speex, 16000 Hz, mono"}},
	} {
		b := flvtest.Get(t, c.id).File
		r, err := flvout.InspectFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Errorf("%s: %v", c.id, err)
			continue
		}
		p := &probed{Source: "a.flv", Kind: "file", Size: int64(len(b)), Report: r}
		var out strings.Builder
		if err := p.print(&out); err != nil {
			t.Fatal(err)
		}
		for _, line := range c.lines {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%s: no %q in\n%s", c.id, line, &out)
			}
		}
	}
}

// TestProbeEnough: when a stream has been looked at for long enough.
func TestProbeEnough(t *testing.T) {
	for _, c := range []struct {
		name  string
		step  uint32 // ms
		group int    // frames
		limit time.Duration
		want  int // frames that are needed
	}{
		{"the usual", 40, 50, 0, 250},
		{"key frames that are far apart", 40, 400, 0, 401},
		{"one key frame", 40, 10000, 0, 500},
		{"a limit", 40, 50, 3 * time.Second, 75},
	} {
		i := flvout.NewInspector()
		n := 0
		for ; n < 2000 && !enough(i, c.limit, 0); n++ {
			body := []byte{0x27, 1, 0, 0, 0, 0}
			if n%c.group == 0 {
				body[0] = 0x17
			}
			i.Add(flvout.Tag{Type: tag.TagTypeVideo, Timestamp: uint32(n) * c.step, Body: body}, 0)
		}
		if n != c.want {
			t.Errorf("%s: enough after %d frames, want %d", c.name, n, c.want)
		}
	}
	still := flvout.NewInspector() // its clock stands
	still.Add(flvout.Tag{Type: tag.TagTypeAudio, Body: []byte{0xAF, 1}}, 0)
	if enough(still, 0, 10*time.Second) || !enough(still, 0, time.Minute) || !enough(still, time.Second, 5*time.Second) {
		t.Error("a clock that stands is waited for too long, or not long enough")
	}
}
