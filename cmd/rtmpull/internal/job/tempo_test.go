package job

import (
	"testing"
	"time"
)

// TestTempo: what comes as it plays is live, whatever came at once in the beginning.
func TestTempo(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		ahead int           // seconds that come at once
		speed time.Duration // seconds that come in a second
		odd   func(i int, ts uint32) uint32
		after time.Duration // it is known
		live  bool
	}{
		"live":                      {0, 1, nil, tempoTime, true},
		"live, from the cache":      {10, 1, nil, tempoTime, true},
		"recorded":                  {0, 100, nil, 160 * time.Millisecond, false},
		"recorded, twice as fast":   {14, 2, nil, s, false},
		"slower":                    {0, 0, nil, tempoTime, true},
		"live, headers with time 0": {0, 1, func(i int, ts uint32) uint32 { return uint32(min(i%9, 1)) * (ts + 5_000_000) }, tempoTime, true},
		"live, and jumps":           {0, 1, func(i int, ts uint32) uint32 { return ts + uint32(i/50)*100_000 }, tempoTime, true},
	} {
		t.Run(name, func(t *testing.T) {
			var tm tempo
			for i := 0; !tm.live && !tm.fast; i++ {
				ts := 40 * uint32(i)
				at := time.Duration(ts) * time.Millisecond
				if c.speed > 0 {
					at = max(0, at-time.Duration(c.ahead)*s) / c.speed
				} else {
					at *= 2
				}
				if c.odd != nil {
					ts = c.odd(i, ts)
				}
				tm.hear(ts, at)
				if tm.live || tm.fast {
					if tm.live != c.live || at < c.after-100*time.Millisecond || at > c.after+100*time.Millisecond {
						t.Errorf("live %v after %v, want %v after %v", tm.live, at, c.live, c.after)
					}
				}
			}
		})
	}
}
