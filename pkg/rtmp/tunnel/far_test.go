package tunnel_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

// far opens a session with a server that is a round trip away.
func far(t *testing.T, via *rtmptest.Tunnel, trip time.Duration, script rtmptest.Script) *tunnel.Conn {
	t.Helper()
	way := rtmptest.Fault{Latency: trip / 2}
	c, err := openBy(t, rtmptest.Line{Up: way, Down: way}.Dial(t, via.Dial(t, rtmptest.Dial(t, script))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// says says text, so much of it at a time.
func says(text []byte, portion int, every time.Duration) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		for b := text; len(b) > 0; {
			n := min(len(b), portion)
			if _, err := p.Write(b[:n]); err != nil {
				return
			}
			b = b[n:]
			time.Sleep(every)
		}
		silent(p)
	}
}

// A stream of 4 Mbit/s comes as fast as it is played, and what is recorded faster, though
// the server puts no more than 32 KiB into an answer.
func TestFar(t *testing.T) {
	for _, trip := range []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond} {
		for every, most := range map[time.Duration]time.Duration{40 * time.Millisecond: 9 * time.Second, 0: 8 * time.Second} {
			t.Run(fmt.Sprint(trip, ", every ", every), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					text := noise(4 << 20)
					via := &rtmptest.Tunnel{Hint: 1, Most: 32 << 10}
					c := far(t, via, trip, says(text, 20_000, every))
					start := time.Now()
					got := make([]byte, len(text))
					if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, text) {
						t.Errorf("it came as other bytes, or not at all: %v", err)
					}
					if took := time.Since(start); took > most {
						t.Errorf("it took %v", took)
					}
					if n := len(via.Requests()); n > 300 {
						t.Errorf("it took %d requests", n)
					}
				})
			})
		}
	}
}

// Whatever servers do with requests that are made ahead, nothing is lost, and what is said
// to them arrives.
func TestAhead(t *testing.T) {
	for name, via := range map[string]*rtmptest.Tunnel{
		"they take them":                {},
		"connections end":               {Lasts: 10},
		"connections end, HTTP/1.0":     {Old: true},
		"connections end without words": {Brief: true},
		"they forget them":              {Forgets: true, Delay: 20 * time.Millisecond},
		"they hold answers back":        {Hold: 4 * time.Second},
		"in chunks":                     {Chunked: true},
		"in pieces":                     {Split: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				text := noise(1 << 20)
				c := far(t, via, 60*time.Millisecond, func(p *rtmptest.Peer) {
					for range 3 {
						if _, err := p.Write(text); err != nil {
							t.Error(err)
						}
						_, _ = io.ReadFull(p, make([]byte, 100))
					}
					_, _ = io.WriteString(p, "thanks")
					silent(p)
				})
				got := make([]byte, len(text))
				for _, most := range []time.Duration{19 * time.Second, 19 * time.Second, 9 * time.Second} {
					start := time.Now()
					if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, text) {
						t.Fatalf("it came as other bytes, or not at all: %v", err)
					}
					if took := time.Since(start); took > most { // where answers are held back, that is found out once
						t.Errorf("it took %v", took)
					}
					for range 10 {
						_, _ = c.Write(make([]byte, 10))
						time.Sleep(10 * time.Millisecond)
					}
				}
				if _, err := io.ReadFull(c, got[:6]); err != nil || string(got[:6]) != "thanks" {
					t.Errorf("it ends with %q, %v", got[:6], err)
				}
				if n := c.Unacknowledged(); n != 0 {
					t.Errorf("%d bytes are unacknowledged", n)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				requests := via.Requests()
				if last := requests[len(requests)-1]; last.Command != "close" {
					t.Errorf("the last request is %v", last)
				}
			})
		})
	}
}

// Cuts are no more harmful with requests made ahead. The server does not speak first, as
// RTMP's do not.
func TestCutsAhead(t *testing.T) {
	for name, lasts := range map[string]int{"lasting": 0, "for five": 5} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(60) {
				synctest.Test(t, func(t *testing.T) {
					text := noise(1 << 20)
					way := rtmptest.Fault{Latency: 20 * time.Millisecond}
					cutter := &rtmptest.Cutter{Seed: seed, Cuts: 2, Bytes: 300_000, Pause: time.Second}
					via := &rtmptest.Tunnel{Lasts: lasts}
					c, err := openBy(t, rtmptest.Line{Up: way, Down: way}.Dial(t, cutter.Dial(t, via.Dial(t, rtmptest.Dial(t, func(p *rtmptest.Peer) {
						_, _ = io.ReadFull(p, make([]byte, 1))
						_, _ = p.Write(text)
						silent(p)
					})))))
					if err != nil {
						return
					}
					defer c.Close()
					_, _ = c.Write([]byte{1})
					got, err := io.ReadAll(io.LimitReader(c, int64(len(text))))
					if !bytes.HasPrefix(text, got) {
						t.Errorf("seed %d: %d bytes that are not the first ones", seed, len(got))
					}
					if err == nil && len(got) < len(text) {
						t.Errorf("seed %d: it ended in good order", seed)
					}
				})
			}
		})
	}
}
