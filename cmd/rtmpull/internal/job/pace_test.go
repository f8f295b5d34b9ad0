package job

import (
	"testing"
	"time"
)

func TestPacer(t *testing.T) {
	const a, v = false, true
	type frame struct {
		video bool
		ts    uint32
		due   int64 // ms from the first frame; all frames come at their time
		jump  int64
	}
	for name, frames := range map[string][]frame{
		"even":        {{v, 0, 0, 0}, {a, 10, 10, 0}, {v, 40, 40, 0}, {a, 33, 33, 0}, {v, 80, 80, 0}},
		"from 1 h on": {{v, 3600_000, 0, 0}, {v, 3600_040, 40, 0}},
		"wraps":       {{v, 1<<32 - 40, 0, 0}, {v, 0, 40, 0}, {v, 40, 80, 0}},
		"signed":      {{v, 1<<31 - 20, 0, 0}, {v, 1<<31 + 20, 40, 0}},
		// a gap as long as players bear, and a longer one
		"short gap": {{v, 0, 0, 0}, {v, maxForward, maxForward, 0}},
		"long gap":  {{v, 0, 0, 0}, {v, 40, 40, 0}, {v, 41 + maxForward, 40, maxForward + 1}, {v, 81 + maxForward, 80, 0}},
		"to 1 h":    {{v, 0, 0, 0}, {a, 20, 20, 0}, {a, 3600_000, 20, 3599_980}, {v, 40, -3599_940, 0}, {v, 3600_040, 60, 0}, {a, 3600_020, 40, 0}},
		// a file that was joined from two: left over is a frame of the first
		"back": {
			{v, 60_000, 0, 0}, {a, 60_010, 10, 0}, {v, 60_040, 40, 0},
			{v, 0, 40, -60_040}, {a, 60_030, 40, 0}, {v, 40, 80, 0}, {a, 10, 50, 0}, {a, 50, 90, 0}, {v, 80, 120, 0},
		},
		// the same, less far back than a stream may be ahead
		"back 5 s": {
			{v, 0, 0, 0}, {a, 0, 0, 0}, {v, 4960, 4960, 0}, {a, 4980, 4980, 0},
			{a, 0, 4980, -4980}, {v, 5000, 4980, 0}, {v, 5040, 4980, 0}, {v, 40, 5020, 0}, {a, 20, 5000, 0}, {v, 80, 5060, 0}, {v, 5120, 10_100, 0},
		},
		"back 2 s, and a track that was behind": {
			{v, 4000, 0, 0}, {a, 5000, 1000, 0}, {a, 3000, 1000, -2000}, {v, 4040, 1000, 0}, {v, 3040, 1040, 0}, {a, 3080, 1080, 0},
		},
		// one that has jumped, and another that does not, for as long as it is left alone
		"back alone": {
			{v, 60_000, 0, 0}, {a, 60_000, 0, 0}, {a, 0, 0, -60_000}, {v, 64_000, 0, 0}, {a, 4000, 4000, 0},
			{v, 70_000, 4000, 0}, {v, 70_001, 4000, 66_001}, {v, 70_041, 4040, 0}, {a, 4040, 4000 - 66_001 + 40, 0},
		},
		// a slip of one frame
		"a frame at 0":  {{v, 60_000, 0, 0}, {a, 60_000, 0, 0}, {a, 0, 0, -60_000}, {v, 60_040, 0, 0}, {a, 60_046, 0, 60_046}, {v, 60_080, 34, 0}},
		"back a little": {{v, 5000, 0, 0}, {v, 5000 - maxBack, -maxBack, 0}, {v, 5040, 40, 0}},
		"back more":     {{v, 5000, 0, 0}, {v, 4999 - maxBack, 0, -1 - maxBack}, {v, 5040 - maxBack, 41, 0}},
		// the tracks in pieces of three seconds each: the clock is the foremost's
		"badly interleaved": {{a, 0, 0, 0}, {a, 3000, 3000, 0}, {v, 0, 0, 0}, {v, 3000, 3000, 0}, {a, 3020, 3020, 0}, {a, 6000, 6000, 0}, {v, 3040, 3040, 0}},
		// a picture now and then
		"slides": {{v, 0, 0, 0}, {a, 9000, 9000, 0}, {a, 18_000, 18_000, 0}, {a, 27_000, 27_000, 0}, {v, 27_000, 27_000, 0}, {a, 28_000, 28_000, 0}},
	} {
		for _, speed := range []float64{1, 2} {
			p := pacer{speed: speed}
			start := time.Unix(1000, 0)
			now := start
			for i, f := range frames {
				due, jump := p.due(f.video, f.ts, now)
				got := float64(due.Sub(start)) / float64(time.Millisecond) * speed
				if got != float64(f.due) || jump != f.jump {
					t.Errorf("%s at %v: frame %d is due after %v ms, jump %d; want %d, %d", name, speed, i, got, jump, f.due, f.jump)
				}
				if due.After(now) {
					now = due
				}
			}
		}
	}
}

// Who is behind catches up, and who was away does not.
func TestPacerBehind(t *testing.T) {
	p := pacer{speed: 1}
	start := time.Unix(0, 0)
	p.due(true, 0, start)
	if at, _ := p.due(true, 40, start.Add(time.Second)); !at.Equal(start.Add(40 * time.Millisecond)) {
		t.Errorf("due at %v", at)
	}
	p.reset()
	back := start.Add(time.Minute)
	for i, ts := range []uint32{8000, 8040} {
		want := back.Add(time.Duration(i) * 40 * time.Millisecond)
		if at, jump := p.due(true, ts, back); !at.Equal(want) || jump != 0 {
			t.Errorf("%d ms are due at %v, want %v", ts, at, want)
		}
	}
	if got := p.media(); got != 80*time.Millisecond {
		t.Errorf("%v of media", got)
	}
}
