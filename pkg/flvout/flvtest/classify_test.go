package flvtest_test

import (
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// TestClassified compares what the enhanced and legacy streams are said to hold
// with what flvout finds in them.
func TestClassified(t *testing.T) {
	for c := range flvtest.Cases(t, flvtest.Live) {
		if !strings.HasPrefix(c.ID, "50") && !strings.HasPrefix(c.ID, "51") {
			continue
		}
		codecs := map[string]bool{}
		keys := 0
		for i, tg := range c.Tags {
			got := flvout.Classify(flvout.Tag{Type: tg.Type, Body: tg.Body})
			var wrong bool
			switch got.Kind {
			case flvout.KindFrame:
				wrong = !tg.Frame()
			case flvout.KindConfig, flvout.KindColorInfo:
				wrong = !tg.Header()
			case flvout.KindEnd:
				wrong = !tg.EndOfSequence()
			case flvout.KindMetadata:
				wrong = tg.Type != flvtest.Script
			default:
				wrong = true
			}
			if wrong {
				t.Errorf("%s: tag %d, %x: flvout finds kind %d", c.ID, i, tg.Body[:min(8, len(tg.Body))], got.Kind)
			}
			for tr := range got.Tracks() {
				codecs[tr.Codec.String()] = true
			}
			if tg.Type == flvtest.Video && got.Key {
				keys++
			}
		}
		if _, cc, ok := strings.Cut(c.ID, "-"); ok && cc != "aac1" && len(cc) == 4 && c.ID[:2] == "50" && !codecs[cc] {
			t.Errorf("%s: flvout finds %v", c.ID, codecs)
		}
		if n := c.Want.Video / 50; keys != n && c.ID != "50-onetrack" {
			t.Errorf("%s: flvout finds %d key frames, want %d", c.ID, keys, n)
		}
	}
}

// TestEncode checks that the made-up legacy streams look like real ones.
func TestEncode(t *testing.T) {
	for c := range flvtest.Cases(t, flvtest.Live) {
		switch c.ID {
		case "51-vp6", "51-vp6a", "51-hevc":
			continue // ffmpeg has no encoder
		}
		if !strings.HasPrefix(c.ID, "51") {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			tags, err := flvtest.Split(flvtest.Encode(t, c.ID))
			if err != nil {
				t.Fatal(err)
			}
			want, got := c.Tags[0], flvtest.Media(tags)[0]
			if got.Type != want.Type || got.Body[0] != want.Body[0] {
				t.Errorf("a tag of type %d begins with %x, ffmpeg's of type %d with %x",
					want.Type, want.Body[0], got.Type, got.Body[0])
			}
			video, audio := flvtest.Frames(tags)
			if video+audio < 10 {
				t.Errorf("%d video and %d audio frames of two seconds", video, audio)
			}
		})
	}
}
