package flvout

import (
	"slices"
	"testing"
	"time"
)

// TestRotatorAsked asks for a new file at several moments of a stream: it begins
// with the next key frame, and nothing is lost or torn.
func TestRotatorAsked(t *testing.T) {
	const minute = 60_000
	for name, c := range map[string]struct {
		source
		limit time.Duration
		ask   []uint32 // ms
		want  []uint32
		whys  []Cut
	}{
		"once":                 {source{ms: minute, gop: 2000}, 0, []uint32{9000}, []uint32{0, 10_000}, []Cut{CutAsked, CutEnd}},
		"twice for one":        {source{ms: minute, gop: 2000}, 0, []uint32{9000, 9500}, []uint32{0, 10_000}, []Cut{CutAsked, CutEnd}},
		"twice":                {source{ms: minute, gop: 2000}, 0, []uint32{9000, 11_000}, []uint32{0, 10_000, 12_000}, []Cut{CutAsked, CutAsked, CutEnd}},
		"late sound":           {source{ms: minute, gop: 2000, late: 500}, 0, []uint32{9000}, []uint32{0, 10_000}, []Cut{CutAsked, CutEnd}},
		"sound alone":          {source{ms: minute, noVideo: true}, 0, []uint32{9000}, []uint32{0, 9000}, []Cut{CutAsked, CutEnd}},
		"no sound":             {source{ms: minute, gop: 2000, noAudio: true}, 0, []uint32{9000}, []uint32{0, 10_000}, []Cut{CutAsked, CutEnd}},
		"ahead of the first":   {source{ms: minute, gop: 2000}, 0, []uint32{0}, []uint32{0}, []Cut{CutEnd}},
		"too late":             {source{ms: minute, gop: 2000}, 0, []uint32{59_000}, []uint32{0}, []Cut{CutEnd}},
		"between limits":       {source{ms: minute, gop: 2000}, 20 * time.Second, []uint32{9000}, []uint32{0, 10_000, 30_000, 50_000}, []Cut{CutAsked, CutTime, CutTime, CutEnd}},
		"at a limit":           {source{ms: minute, gop: 2000}, 20 * time.Second, []uint32{19_000}, []uint32{0, 20_000, 40_000}, []Cut{CutAsked, CutTime, CutEnd}},
		"key frames 25 s away": {source{ms: minute, gop: 25_000}, 0, []uint32{1000}, []uint32{0, 25_000}, []Cut{CutAsked, CutEnd}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.from = 1<<32 - 8000
			tags := c.tags()
			n := 0
			out := rotate(t, RotatorOptions{Time: c.limit}, tags, func(r *Rotator, i int) {
				if n < len(c.ask) && (c.ask[n] == 0 || i > 2 && tags[i].Timestamp-c.from >= c.ask[n]) {
					r.SplitAtKey()
					n++
				}
			})
			if got := starts(t, out.files, tags); !slices.Equal(got, c.want) || n != len(c.ask) {
				t.Errorf("the files begin at %v, want %v", got, c.want)
			}
			if !slices.Equal(out.whys, c.whys) {
				t.Errorf("they end by %v, want %v", out.whys, c.whys)
			}
			checkRow(t, out.files, tags)
		})
	}
	if got := CutAsked.String(); got != "signal" {
		t.Errorf("it is called %q", got)
	}
}

// TestRotatorAskedNoKey: if no key frame comes for 30 s the file ends all the same,
// and what comes until the next one is the new file's sound.
func TestRotatorAskedNoKey(t *testing.T) {
	tags := source{ms: 120_000, gop: 110_000}.tags()
	asked := false
	out := rotate(t, RotatorOptions{}, tags, func(r *Rotator, i int) {
		if i > 2 && tags[i].Timestamp >= 50_000 && !asked {
			r.SplitAtKey()
			asked = true
		}
	})
	if !slices.Equal(out.whys, []Cut{CutNoKey, CutEnd}) {
		t.Fatalf("the files end by %v", out.whys)
	}
	pictures := frames(scan(t, out.files[0]), byte(video))
	if last := pictures[len(pictures)-1].Timestamp; last < 79_900 || last > 80_100 {
		t.Errorf("the first has pictures until %d ms, want 80000", last)
	}
	second := scan(t, out.files[1])
	if sounds := frames(second, byte(audio)); sounds[0].Timestamp > 20 {
		t.Errorf("the second has sound from %d ms on", sounds[0].Timestamp)
	}
	if pictures = frames(second, byte(video)); len(pictures) == 0 || pictures[0].Timestamp > 30_100 {
		t.Errorf("the second has %d pictures", len(pictures))
	}
}
