package flvout

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"
)

// A tick is a frame of a stream as it should be, and as the source sends it.
type tick struct {
	track   tag.TagType
	ideal   uint32        // ms
	ts      uint32        // ms
	arrived time.Duration // the same as ideal, unless the case says otherwise
}

// avStream is video of 25 fps and AAC of 44.1 kHz, in the order of time.
func avStream(seconds int) (list []tick) {
	add := func(track tag.TagType, at uint32) {
		list = append(list, tick{track, at, at, ms(int64(at))})
	}
	end := uint32(seconds * 1000)
	for v, a := uint32(0), uint32(0); v*40 < end; {
		if at := a * 1024 * 1000 / 44100; at < v*40 {
			add(audio, at)
			a++
		} else {
			add(video, v*40)
			v++
		}
	}
	return list
}

// every is a track alone.
func every(track tag.TagType, step uint32, n int) (list []tick) {
	for i := range n {
		at := uint32(i) * step
		list = append(list, tick{track, at, at, ms(int64(at))})
	}
	return list
}

// at 20 s the source's clock does something.
const theBreak = 20_000

// late is of how much audio lags video on the wire, ms.
func reorder(list []tick, lag uint32) []tick {
	var out, waiting []tick
	for _, k := range list {
		if k.track == audio {
			waiting = append(waiting, k)
			continue
		}
		for len(waiting) > 0 && waiting[0].ideal+lag <= k.ideal {
			w := waiting[0]
			w.arrived = k.arrived
			out, waiting = append(out, w), waiting[1:]
		}
		out = append(out, k)
	}
	return append(out, waiting...)
}

// Map returns where a frame of audio or video belongs.
func (l *timeline) Map(track tag.TagType, ts uint32) (out, shift uint32) {
	return l.take(l.place(lane(track), ts))
}

// TestTimeline sends streams whose clock is not as it should be, and expects
// that they come out as if it were.
func TestTimeline(t *testing.T) {
	type change = func(i int, k *tick)
	from := func(f change) change {
		return func(i int, k *tick) {
			if k.ideal >= theBreak {
				f(i, k)
			}
		}
	}
	for name, c := range map[string]struct {
		stream []tick
		change change
		want   Corrections
		kinds  string
	}{
		"nothing":             {avStream(60), nil, Corrections{}, ""},
		"begins at 1 000 000": {avStream(60), func(_ int, k *tick) { k.ts += 1_000_000 }, Corrections{}, ""},
		"across 2^31":         {avStream(60), func(_ int, k *tick) { k.ts += 1<<31 - theBreak }, Corrections{}, ""},
		"across 2^32":         {avStream(60), func(_ int, k *tick) { k.ts -= theBreak }, Corrections{}, ""},
		"across 2^24, honest": {avStream(60), func(_ int, k *tick) { k.ts += wrap24 - theBreak }, Corrections{}, ""},
		"across 2^24, naive": {avStream(60), func(_ int, k *tick) { k.ts = (k.ts + wrap24 - theBreak) % wrap24 },
			Corrections{Wraps: 1}, "clock wrapped at 2^24 ms;"},
		"across 2^24, naive, audio late": {reorder(avStream(60), 500), func(_ int, k *tick) { k.ts = (k.ts + wrap24 - theBreak) % wrap24 },
			Corrections{Wraps: 1}, "clock wrapped at 2^24 ms;"},
		"across 2^24 in a hole": {avStream(60), func(_ int, k *tick) {
			if k.ideal >= theBreak {
				k.ideal += 50_000
				k.ts, k.arrived = k.ideal, k.arrived+50*time.Second
			}
			k.ts = (k.ts + wrap24 - theBreak - 20_000) % wrap24
		}, Corrections{Wraps: 1, Gaps: 1, Missing: ms(50_040)}, "clock wrapped at 2^24 ms;gap 50.04s;"},
		"forward": {avStream(60), from(func(_ int, k *tick) { k.ts += 30_000 }),
			Corrections{Jumps: 1}, "clock jumped 30.04s;"},
		"forward, a little": {avStream(60), from(func(_ int, k *tick) { k.ts += 5_000 }),
			Corrections{Jumps: 1}, "clock jumped 5.04s;"},
		"forward, far": {avStream(60), from(func(_ int, k *tick) { k.ts += 1 << 30 }),
			Corrections{Jumps: 1}, "clock jumped 298h15m41.864s;"},
		"back": {avStream(60), from(func(_ int, k *tick) { k.ts -= 10_000 }),
			Corrections{Jumps: 1}, "clock jumped -9.96s;"},
		"back, a little": {avStream(60), from(func(_ int, k *tick) { k.ts -= 1_100 }),
			Corrections{Jumps: 1}, "clock jumped -1.06s;"},
		"to 0": {avStream(60), from(func(_ int, k *tick) { k.ts -= theBreak }),
			Corrections{Jumps: 1}, "clock jumped -19.96s;"},
		"to 0, audio late": {reorder(avStream(60), 300), from(func(_ int, k *tick) { k.ts -= theBreak }),
			Corrections{Jumps: 1}, "clock jumped -19.96s;"},
		"to 0, audio very late": {reorder(avStream(60), 3000), from(func(_ int, k *tick) { k.ts -= theBreak }),
			Corrections{Jumps: 1}, "clock jumped -19.96s;"},
		"forward, audio late": {reorder(avStream(60), 1500), from(func(_ int, k *tick) { k.ts += 30_000 }),
			Corrections{Jumps: 1}, "clock jumped 30.04s;"},
		"only video": {avStream(60), from(func(_ int, k *tick) {
			if k.track == video {
				k.ts += 30_000
			}
		}), Corrections{Jumps: 1}, "clock jumped 30.04s;"},
		"there and back": {avStream(60), from(func(_ int, k *tick) {
			if k.ideal < 40_000 {
				k.ts += 30_000
			}
		}), Corrections{Jumps: 2}, "clock jumped 30.04s;clock jumped -29.96s;"},
		"a hole": {avStream(60), from(func(_ int, k *tick) {
			k.ideal += 30_000
			k.ts, k.arrived = k.ideal, k.arrived+30*time.Second
		}), Corrections{Gaps: 1, Missing: ms(30_040)}, "gap 30.04s;"},
		"a hole, audio late": {reorder(avStream(60), 700), from(func(_ int, k *tick) {
			k.ideal += 30_000
			k.ts, k.arrived = k.ideal, k.arrived+30*time.Second
		}), Corrections{Gaps: 1, Missing: ms(30_040)}, "gap 30.04s;"},
		"a hole of an hour": {avStream(60), from(func(_ int, k *tick) {
			k.ts, k.arrived = k.ideal+3_600_000, k.arrived+time.Hour
		}), Corrections{Gaps: 1, Missing: ms(3_600_040)}, "gap cut out 1h0m0.04s;"},
		"a stall, and what was sent during it is left out": {avStream(60), func(_ int, k *tick) {
			switch {
			case k.ideal >= 25_000: // the server has thrown away 30 s, at the end of its queue
				k.ideal += 30_000
				k.ts, k.arrived = k.ideal, ms(int64(k.ideal))
			case k.ideal >= theBreak: // late by 35 s
				k.arrived = 55 * time.Second
			}
		}, Corrections{Gaps: 1, Missing: ms(30_040)}, "gap 30.04s;"},
		"a stall": {avStream(60), from(func(_ int, k *tick) { k.arrived += 30 * time.Second }), Corrections{}, ""},
		"audio 1.5 s ahead": {avStream(60), func(_ int, k *tick) {
			if k.track == audio {
				k.ideal += 1500
				k.ts = k.ideal
			}
		}, Corrections{}, ""},
		"two clocks": {avStream(60), func(_ int, k *tick) {
			if k.track == audio {
				k.ts += 1 << 25
			}
		}, Corrections{Jumps: 1}, "clock jumped 9h19m14.432s;"},
		"audio from 10 s on": {avStream(60)[650:], func(i int, k *tick) {
			k.ideal -= avStream(60)[650].ideal
		}, Corrections{}, ""},
		"1 fps":               {every(video, 1000, 60), nil, Corrections{}, ""},
		"5 fps":               {every(video, 200, 300), nil, Corrections{}, ""},
		"a picture every 3 s": {every(video, 3000, 60), nil, Corrections{}, ""},
		"a picture every 30 s": {every(video, 30_000, 20), nil,
			Corrections{Gaps: 1, Missing: ms(30_000)}, "gap 30s;"},
		"audio alone": {every(audio, 23, 1000), nil, Corrections{}, ""},
		"audio alone, to 0": {every(audio, 20, 3000), from(func(_ int, k *tick) { k.ts -= theBreak }),
			Corrections{Jumps: 1}, "clock jumped -19.98s;"},
	} {
		t.Run(name, func(t *testing.T) {
			var kinds string
			l := timeline{fixed: new(Corrections), event: func(e SpliceEvent) {
				kinds += e.Kind.String()
				if e.Gap != 0 {
					kinds += " " + e.Gap.String()
				}
				kinds += ";"
			}}
			bad := 0
			for i, k := range c.stream {
				if c.change != nil {
					c.change(i, &k)
				}
				l.arrived(k.arrived)
				if out, shift := l.Map(k.track, k.ts); (out != k.ideal || shift != 0) && bad < 5 {
					bad++
					t.Errorf("tag %d, type %d, %d ms: got %d and shift %d, want %d", i, k.track, k.ts, out, shift, k.ideal)
				}
			}
			if got := *l.fixed; got != c.want || kinds != c.kinds {
				t.Errorf("got %+v\n%q, want %+v\n%q", got, kinds, c.want, c.kinds)
			}
		})
	}
}

// TestTimelineWithoutArrival: in a file, a forward jump may be a hole.
func TestTimelineWithoutArrival(t *testing.T) {
	for _, c := range []struct{ jump, want uint32 }{
		{30_000, 30_000}, {599_000, 599_000}, {700_000, 0}, {1 << 31, 0}, {^uint32(theBreak) + 1, 0},
	} {
		l := timeline{fixed: new(Corrections)}
		for _, k := range avStream(40) {
			ts, want := k.ts, k.ideal
			if k.ideal >= theBreak {
				ts += c.jump
				want += c.want
			}
			if out, _ := l.Map(k.track, ts); out != want {
				t.Fatalf("jump of %d: %d comes out as %d, want %d", c.jump, ts, out, want)
			}
		}
	}
}

// TestTimelineRejoin connects again after 20 s, with a clock that went on, that
// begins again, or that is elsewhere.
func TestTimelineRejoin(t *testing.T) {
	type result struct {
		out  uint32 // of the first frame
		kind string
	}
	for name, c := range map[string]struct {
		ts    uint32        // of the first frame of the new connection
		away  time.Duration // how long nothing came
		judge bool
		want  result
	}{
		"the clock went on":           {theBreak + 8_000, 8 * time.Second, true, result{28_000, "gap 7.985s, missing 7.985s"}},
		"it went on, hardly":          {theBreak, 300 * time.Millisecond, true, result{20_000, "gap 0s, missing 0s"}},
		"it went on for nine minutes": {theBreak + 540_000, 9 * time.Minute, true, result{560_000, "gap 8m59.985s, missing 8m59.985s"}},
		"of eight seconds seven come": {theBreak + 1000, 8 * time.Second, true, result{21_000, "gap 985ms, missing 985ms"}}, // the server has kept them
		"it went on for an hour":      {theBreak + 3_600_000, time.Hour, true, result{20_000, "gap 0s, missing 1h0m0s"}},
		"it began again":              {0, 8 * time.Second, true, result{20_000, "gap 0s, missing 8s"}},
		"it is a little ahead":        {theBreak + 60_000, 8 * time.Second, true, result{20_000, "gap 0s, missing 8s"}},
		"it is behind":                {theBreak - 300, 8 * time.Second, true, result{20_000, "gap 0s, missing 8s"}},
		"nobody knows when":           {theBreak + 8_000, 0, false, result{28_000, "gap 7.985s, missing 7.985s"}},
		"nobody knows when, again":    {0, 0, false, result{20_000, "gap 0s, missing 0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			l := timeline{fixed: new(Corrections), event: func(e SpliceEvent) {
				if e.Kind == Rejoined {
					got += fmt.Sprintf("gap %v, missing %v", e.Gap, e.Missing)
				} else {
					got += e.Kind.String()
				}
			}}
			for _, k := range avStream(40) {
				want := k.ideal
				if k.ideal >= theBreak {
					if k.ideal == theBreak && k.track == video {
						l.reconnect()
					}
					k.ts, k.arrived = k.ts-theBreak+c.ts, k.arrived+c.away
					want = want - theBreak + c.want.out
				}
				if c.judge {
					l.arrived(k.arrived)
				}
				if out, _ := l.Map(k.track, k.ts); out != want {
					t.Fatalf("%d comes out as %d, want %d", k.ts, out, want)
				}
			}
			if got != c.want.kind {
				t.Errorf("told %q, want %q", got, c.want.kind)
			}
		})
	}
}

// TestTimelineLull has another publisher come by the same connection, whose clock
// begins at 0: what is missing is told by the time in which nothing came.
func TestTimelineLull(t *testing.T) {
	for _, away := range []time.Duration{0, 900 * time.Millisecond, 2 * time.Second, 20 * time.Second} {
		var told []string
		l := timeline{fixed: new(Corrections), event: func(e SpliceEvent) { told = append(told, fmt.Sprintf("%v %v", e.Kind, e.Gap)) }}
		for _, k := range avStream(40) {
			want := k.ideal
			if k.ideal >= theBreak {
				k.ts, k.arrived = k.ts-theBreak, k.arrived+away
			}
			l.arrived(k.arrived)
			if out, _ := l.Map(k.track, k.ts); out != want {
				t.Fatalf("%d comes out as %d, want %d", k.ts, out, want)
			}
		}
		want := []string{"clock jumped -19.96s"}
		if away > time.Second {
			want = append(want, fmt.Sprintf("gap cut out %v", l.fixed.Missing))
		}
		if !slices.Equal(told, want) || int(l.fixed.Gaps) != len(want)-1 {
			t.Errorf("away for %v: told %v, want %v; %+v", away, told, want, *l.fixed)
		}
		if d := away - l.fixed.Missing; away > time.Second && (d < 0 || d > 50*time.Millisecond) {
			t.Errorf("away for %v: %v are told to be missing", away, l.fixed.Missing)
		}
	}
}

// TestTimelineAlign connects again, and is told which tag is there already.
func TestTimelineAlign(t *testing.T) {
	l := timeline{fixed: new(Corrections)}
	for _, k := range avStream(20) {
		l.Map(k.track, k.ts)
	}
	l.reconnect()
	l.align(video, 5_000, 17_000)
	for _, k := range avStream(40) {
		if k.ideal < 20_000 {
			continue
		}
		if out, _ := l.Map(k.track, k.ts-12_000); out != k.ideal {
			t.Fatalf("%d comes out as %d", k.ideal, out)
		}
	}
	if c := *l.fixed; c != (Corrections{Rejoins: 1}) {
		t.Errorf("got %+v", c)
	}
}

// TestTimelineResume goes on with a recording that has 20 s already.
func TestTimelineResume(t *testing.T) {
	l := timeline{fixed: new(Corrections)}
	l.resume(audio, 19_990)
	l.resume(video, 19_960)
	for _, k := range avStream(40) {
		if out, _ := l.Map(k.track, k.ts+777_000); out != k.ideal+20_000 {
			t.Fatalf("%d comes out as %d", k.ideal, out)
		}
	}
}

// TestTimelineBegin puts 0 before the first tag, and drops below it.
func TestTimelineBegin(t *testing.T) {
	l := timeline{fixed: new(Corrections)}
	l.begin(1000)
	for _, c := range []struct{ ts, out, shift uint32 }{{1040, 40, 0}, {1080, 80, 0}, {1060, 80, 20}, {1100, 100, 0}} {
		if out, shift := l.Map(video, c.ts); out != c.out || shift != c.shift {
			t.Errorf("video %d: got %d, %d, want %d, %d", c.ts, out, shift, c.out, c.shift)
		}
	}
	if out, shift := l.Map(audio, 980); out != 0 || shift != 20 {
		t.Errorf("audio: got %d, %d", out, shift)
	}
}

// TestTimelinePresentation maps the timestamps of presentation, which some
// senders write: every one is raised to the one before, and the rate stays.
func TestTimelinePresentation(t *testing.T) {
	l := timeline{fixed: new(Corrections)}
	order := []uint32{0, 4, 2, 1, 3} // B-frames in a pyramid, in the order of decoding
	pts := func(i int) uint32 {
		if i == 0 {
			return 0
		}
		return (uint32(i-1)/4*4 + order[1+(i-1)%4]) * 40
	}
	var last uint32
	for i := range 1000 {
		ts := pts(i)
		out, shift := l.Map(video, ts)
		if out < last || out-shift != ts {
			t.Fatalf("frame %d: %d comes out as %d, shift %d", i, ts, out, shift)
		}
		last = out
	}
	if got := l.tracks[1].steps.frame(0); got != 40 {
		t.Errorf("a frame lasts %d ms", got)
	}
}

// TestTimelineLeaves: what is below the thresholds stays, to the millisecond:
// frames of any rate, and audio with any distance from them.
func TestTimelineLeaves(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		l := timeline{fixed: new(Corrections)}
		var ts [2]uint32
		base := rnd.Uint32()
		l.begin(base)
		skew := rnd.Uint32N(1900)
		for range 5000 {
			n := 0
			if ts[1] < ts[0] {
				n = 1
			}
			ts[n] += rnd.Uint32N([]uint32{50, 5001}[seed%2])
			at := ts[n]
			if n == 0 {
				at += skew
			}
			if seed%3 == 0 {
				l.arrived(ms(int64(ts[n])))
			}
			if out, shift := l.Map(typeOf(n), base+at); out != at || shift != 0 {
				t.Fatalf("seed %d: %d comes out as %d, shift %d", seed, at, out, shift)
			}
		}
		if c := *l.fixed; c != (Corrections{}) {
			t.Errorf("seed %d: %+v", seed, c)
		}
	}
}

func TestTimelineRaw(t *testing.T) {
	l := timeline{fixed: new(Corrections), raw: true}
	for _, ts := range []uint32{500, 40, 1 << 31, 7, wrap24 - 1, 0} {
		if out, shift := l.Map(video, ts); out != ts || shift != 0 {
			t.Errorf("%d comes out as %d, shift %d", ts, out, shift)
		}
	}
}
