package job

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// TestListener: a track that is silent while the other goes on is told of once, and
// when it is back.
func TestListener(t *testing.T) {
	const s = time.Second
	type sound struct {
		typ message.Type
		at  time.Duration
	}
	const audio, video = message.TypeAudio, message.TypeVideo
	every := func(typ message.Type, from, to, step time.Duration) (list []sound) {
		for at := from; at <= to; at += step {
			list = append(list, sound{typ, at})
		}
		return list
	}
	for name, test := range map[string]struct {
		heard []sound
		want  []string
	}{
		"audio alone":  {every(audio, 0, time.Minute, s), nil},
		"a slide show": {slices.Concat(every(audio, 0, 8*s, s), every(video, 9*s, 9*s, s), every(audio, 9*s, 18*s, s)), nil},
		"no picture any more": {
			slices.Concat(every(video, 0, 5*s, s), every(audio, 5*s, time.Minute, s)),
			[]string{"track_silent Video 10s"},
		},
		"and again": {
			slices.Concat(every(video, 0, 5*s, s), every(audio, 5*s, 30*s, s), every(video, 31*s, 31*s, s), every(audio, 31*s, 50*s, s)),
			[]string{"track_silent Video 10s", "track_back Video 26s", "track_silent Video 10s"},
		},
		"both": {slices.Concat(every(video, 0, 5*s, s), every(audio, 0, 5*s, s), every(audio, 30*s, 30*s, s)), []string{"track_silent Video 25s"}},
	} {
		t.Run(name, func(t *testing.T) {
			var q listener
			var told []string
			for _, h := range test.heard {
				q.heard(h.typ, h.at, func(e Event) { told = append(told, fmt.Sprintf("%s %s %v", e.Kind, e.Media, e.Duration)) })
			}
			if !slices.Equal(told, test.want) {
				t.Errorf("told %q, want %q", told, test.want)
			}
		})
	}
}
