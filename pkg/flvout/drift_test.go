package flvout

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/yutopp/go-flv/tag"
)

// TestTimelineDrifts lets the source's clock go wrong every so often, and each
// time by so little that it might be nothing: a minute remains a minute, sound
// and picture remain together, and it is told.
func TestTimelineDrifts(t *testing.T) {
	restart := func(period uint32) func(uint32) uint32 {
		return func(at uint32) uint32 { return at % period }
	}
	steps := func(period uint32, by int32) func(uint32) uint32 {
		return func(at uint32) uint32 { return 100_000 + at + at/period*uint32(by) }
	}
	for name, c := range map[string]struct {
		clock    func(at uint32) uint32
		unjudged bool // whether it can be told without arrival, too
	}{
		"begins again each 200 ms": {restart(200), true},
		"begins again each 400 ms": {restart(400), true},
		"begins again each second": {restart(1000), true},
		"begins again each 2 s":    {restart(2000), true},
		"back 0.3 s each second":   {steps(1000, -300), true},
		"back 0.9 s each second":   {steps(1000, -900), true},
		"back 0.9 s each 2 s":      {steps(2000, -900), true},
		"on 1.9 s each 3 s":        {steps(3000, 1900), false},
		"on 4.9 s each 3 s":        {steps(3000, 4900), false},
		"on 4.9 s each 5 s":        {steps(5000, 4900), false},
	} {
		for _, skew := range []int{0, 300, -300} {
			for _, judged := range []bool{true, false} {
				if !judged && !c.unjudged {
					continue
				}
				t.Run(fmt.Sprintf("%s, sound %d ms ahead, judged %t", name, skew, judged), func(t *testing.T) {
					told := 0
					l := timeline{fixed: new(Corrections), event: func(SpliceEvent) { told++ }}
					check := monotonic(t)
					far, n := 0, 0
					var off, first [2]int64
					var last uint32
					var begun [2]bool
					mapped := func(track, at uint32) {
						kind := typeOf(int(track))
						out, _ := l.Map(kind, c.clock(at))
						check(kind, out)
						if off[track] = int64(out) - int64(at); !begun[track] {
							begun[track], first[track] = true, off[track]
						}
						last = max(last, out)
						n++
						if begun[0] && begun[1] && dist(off[1]-off[0], first[1]-first[0]) > 250 {
							far++
						}
					}
					a := uint32(0)
					for v := uint32(0); v < 60_000; v += 40 {
						if judged {
							l.arrived(ms(int64(v)))
						}
						for ; int(a*23) <= int(v)+skew; a++ {
							mapped(0, a*23)
						}
						mapped(1, v)
					}
					if last < 57_000 || last > 63_000 {
						t.Errorf("a minute lasts %d ms", last)
					}
					if far*10 > n {
						t.Errorf("of %d frames, %d are far from where the other track has them", n, far)
					}
					if fix := *l.fixed; fix.Jumps == 0 || told == 0 {
						t.Errorf("told %d times, %+v", told, fix)
					}
				})
			}
		}
	}
}

// TestTimelineResyncs: a track whose timestamps alone go back a little has not
// had its clock set: its sender puts it right. It stays where it says.
func TestTimelineResyncs(t *testing.T) {
	for n, kind := range []string{"audio", "video"} {
		l := timeline{fixed: new(Corrections)}
		for _, k := range avStream(60) {
			ts := k.ts + 500
			if lane(k.track) == n && k.ideal >= theBreak {
				ts -= 500
			}
			l.arrived(k.arrived)
			out, _ := l.Map(k.track, ts)
			want := k.ideal
			if lane(k.track) != n || k.ideal < theBreak {
				want += 500
			}
			// 0 is at the first frame.
			if want -= 500; lane(k.track) == n && k.ideal >= theBreak {
				want = k.ideal - 500
			}
			if k.ideal > theBreak+5000 && dist(int64(out), int64(want)) > 0 {
				t.Fatalf("%s: %d comes out as %d, want %d", kind, ts, out, want)
			}
		}
	}
}

// TestTimelineStrays: a frame that is out of order by itself does not set the
// clock.
func TestTimelineStrays(t *testing.T) {
	l := timeline{fixed: new(Corrections)}
	for i, k := range avStream(60) {
		ts := k.ts + 1000
		if i%50 == 49 {
			ts -= 400
		}
		l.arrived(k.arrived)
		if out, _ := l.Map(k.track, ts); i%50 != 49 && dist(int64(out), int64(k.ideal)) > 40 {
			t.Fatalf("frame %d, %d comes out as %d", i, k.ideal, out)
		}
	}
}

// TestTimelineLeavesSteps: a stream that leaves out frames is left as it is,
// however it comes: late, in bursts, at once what the server has kept.
func TestTimelineLeavesSteps(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		l := timeline{fixed: new(Corrections)}
		var now int64
		ts, audioTS := uint32(0), uint32(0)
		base := rnd.Uint32()
		mapped := func(track tag.TagType, ts uint32) {
			if out, shift := l.Map(track, base+ts); out != ts || shift != 0 {
				t.Fatalf("seed %d, type %d: %d comes out as %d, shift %d", seed, track, ts, out, shift)
			}
		}
		l.begin(base)
		for range 3000 {
			late := int64(0)
			switch seed % 3 {
			case 0:
				late = rnd.Int64N(1500)
			case 1:
				late = 900 - int64(ts)%900
			}
			kept := int64(seed / 3 % 2 * 8000) // what comes at once
			now = max(now, int64(ts)-kept+late)
			l.arrived(ms(now))
			for ; seed%2 == 0 && audioTS <= ts; audioTS += 23 {
				mapped(audio, audioTS)
			}
			mapped(video, ts)
			if ts += 40; rnd.IntN(40) == 0 {
				ts += rnd.Uint32N(4900)
			}
		}
		if c := *l.fixed; c != (Corrections{}) {
			t.Errorf("seed %d: %+v", seed, c)
		}
	}
}
