package rtmp

import (
	"testing"
	"time"
)

// TestGatherWait plays streams over lines of some rate, through a window that is the
// smallest there is: none comes slower for being waited for, and what comes slowly
// is waited for as long as may be.
func TestGatherWait(t *testing.T) {
	const (
		most   = 100 * time.Millisecond
		window = 64 << 10
		length = time.Minute
		mbit   = 1e6 / 8 / float64(time.Second)
	)
	for name, c := range map[string]struct {
		line, stream float64       // bytes a nanosecond; stream 0: as fast as the line
		burst        float64       // of those that the server has at the beginning
		late         time.Duration // that the last byte may be, at most
		waits        int           // at most
	}{
		"audio":                        {10 * mbit, 0.1 * mbit, 0, most, 620},
		"1.1 Mbit/s":                   {10 * mbit, 1.1 * mbit, 0, most, 620},
		"1.1 Mbit/s, begun a GOP late": {10 * mbit, 1.1 * mbit, 1 << 20, most, 1500},
		"8 Mbit/s":                     {1000 * mbit, 8 * mbit, 0, most, 3000},
		"8 Mbit/s, just fits":          {8.5 * mbit, 8 * mbit, 1 << 20, most, 5000},
		"20 Mbit/s":                    {1000 * mbit, 20 * mbit, 0, most, 10_000},
		"100 Mbit/s":                   {1000 * mbit, 100 * mbit, 0, most, 10_000},
		"recorded, 10 Mbit/s":          {10 * mbit, 0, 0, most, 10_000},
		"recorded, 30 Mbit/s":          {30 * mbit, 0, 0, most, 10_000},
		"recorded, 1 Gbit/s":           {1000 * mbit, 0, 0, 2 * most, 100},
	} {
		t.Run(name, func(t *testing.T) {
			g := gathering{most: most, shift: noWait - 1}
			start := time.Unix(1000, 0)
			sent, read := 0.0, uint64(0) // by the server, and by us
			now, waits := start, 0
			pass := func(d time.Duration) { // the server sends on
				now = now.Add(d)
				rate := c.line
				if c.stream > 0 {
					rate = min(rate, max(0, c.burst+c.stream*float64(now.Sub(start))-sent)/float64(d))
				}
				sent += min(rate*float64(d), float64(read)+window-sent)
			}
			for now.Sub(start) < length {
				if d := g.wait(now, read); d > 0 {
					waits++
					pass(d - time.Duration(now.UnixNano())%d)
				}
				for uint64(sent) == read {
					pass(time.Millisecond)
				}
				read = uint64(sent)
				pass(20 * time.Microsecond) // that it takes us
			}
			want := c.line * float64(length)
			if c.stream > 0 {
				want = min(want, c.burst+c.stream*float64(length))
			}
			rate := c.stream
			if rate == 0 {
				rate = c.line
			}
			if late := time.Duration((want - float64(read)) / rate); late > c.late {
				t.Errorf("%v late after %v", late, length)
			}
			if waits > c.waits {
				t.Errorf("%d waits, want %d at most", waits, c.waits)
			}
		})
	}
}
