package rtmp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// counting counts the reads of a connection.
type counting struct {
	net.Conn
	reads int
}

func (c *counting) Read(b []byte) (int, error) {
	c.reads++
	return c.Conn.Read(b)
}

// gathering plays a stream by a Player that gathers.
func gathering(ctx context.Context, t *testing.T, every time.Duration, then func(p *rtmptest.Peer)) (*rtmp.Player, *counting) {
	t.Helper()
	dial := rtmptest.Dial(t, playing(then)[0])
	conn := &counting{}
	c := rtmp.Client{IdleTimeout: 30 * time.Second, DialContext: func(ctx context.Context, network, addr string) (_ net.Conn, err error) {
		conn.Conn, err = dial(ctx, network, addr)
		return conn, err
	}}
	p, err := c.Play(ctx, target(t, "rtmp://host/live/show"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	p.Gather(every)
	return p, conn
}

// live sends frames in real time.
func live(p *rtmptest.Peer, from, frames uint32, every time.Duration) {
	for n := range frames {
		p.Video(from+n*uint32(every.Milliseconds()), payload)
		time.Sleep(every)
	}
}

// TestGather plays a live stream: its messages come in few reads, none much late,
// and it ends when it does.
func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every, frames = 100 * time.Millisecond, 3000 // half a minute
		p, conn := gathering(t.Context(), t, every, func(p *rtmptest.Peer) {
			live(p, 0, frames, 10*time.Millisecond)
			complete(p)
		})
		start := time.Now()
		for n := range uint32(frames) {
			m, err := p.Next()
			if err != nil || m.Timestamp != 10*n {
				t.Fatalf("message %d: got %v, %v", n, m, err)
			}
			late := time.Since(start) - time.Duration(m.Timestamp)*time.Millisecond
			if late < 0 || late > every+10*time.Millisecond {
				t.Fatalf("message %d is late by %v", n, late)
			}
		}
		if _, err := p.Next(); err != io.EOF {
			t.Errorf("got %v, want io.EOF", err)
		}
		if d := time.Since(start); d > 30*time.Second+every {
			t.Errorf("took %v", d)
		}
		if most := 3 * 300; conn.reads > most {
			t.Errorf("got %d reads, want %d at most", conn.reads, most)
		}
	})
}

// TestGatherFast plays streams that come faster than they play, from the beginning
// or from some time on.
func TestGatherFast(t *testing.T) {
	body := make([]byte, 20_000)
	for name, c := range map[string]struct {
		script func(p *rtmptest.Peer)
		frames int
		took   time.Duration // at most
	}{
		"all the time": {func(p *rtmptest.Peer) {
			for n := range uint32(2500) {
				p.Video(40*n, body)
			}
		}, 2500, 0},
		"after a while": {func(p *rtmptest.Peer) {
			live(p, 0, 1000, 40*time.Millisecond)
			for n := range uint32(2500) {
				p.Video(40_000+40*n, body)
			}
		}, 1000 + 2500, 55 * time.Second},
		"at the beginning": {func(p *rtmptest.Peer) {
			for n := range uint32(250) {
				p.Video(40*n, body)
			}
			live(p, 10_000, 1000, 40*time.Millisecond)
		}, 1250, 41 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _ := gathering(t.Context(), t, 50*time.Millisecond, func(p *rtmptest.Peer) {
					c.script(p)
					complete(p)
				})
				start := time.Now()
				n := 0
				for ; ; n++ {
					if _, err := p.Next(); err == io.EOF {
						break
					} else if err != nil {
						t.Fatal(err)
					}
				}
				if d := time.Since(start); n != c.frames || d > c.took {
					t.Errorf("got %d frames in %v, want %d in %v at most", n, d, c.frames, c.took)
				}
			})
		})
	}
}

// TestGatherEnds: whoever gathers is silent no longer, and interrupted as soon, as
// who does not.
func TestGatherEnds(t *testing.T) {
	const every = time.Second // so that it is noticed
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		p, _ := gathering(ctx, t, every, func(p *rtmptest.Peer) { live(p, 0, 1000, 10*time.Millisecond) })
		const when = 4321 * time.Millisecond
		time.AfterFunc(when, func() { cancel(cause) })
		start := time.Now()
		var err error
		for err == nil {
			_, err = p.Next()
		}
		if d := time.Since(start); err != cause || d != when {
			t.Errorf("cancelled: got %v after %v, want %v after %v", err, d, cause, when)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p, _ := gathering(t.Context(), t, every, func(p *rtmptest.Peer) {
			live(p, 0, 1000, 10*time.Millisecond)
			p.Linger()
		})
		start := time.Now()
		var alarm time.Duration
		p.After(20*time.Second, func() { alarm = time.Since(start) })
		var err error
		for err == nil {
			_, err = p.Next()
		}
		const end = 10*time.Second + 30*time.Second
		if d := time.Since(start); !errors.Is(err, rtmp.ErrIdle) || d < end-every || d > end+every {
			t.Errorf("silent: got %v after %v, want ErrIdle after %v", err, d, end)
		}
		if alarm < 20*time.Second || alarm > 20*time.Second+every {
			t.Errorf("the alarm came after %v", alarm)
		}
	})
}

// TestGatherOverTCP: what comes while nobody reads is there when somebody does,
// however little it is.
func TestGatherOverTCP(t *testing.T) {
	next := make(chan struct{}, 1)
	server := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
		p.AcceptPlay()
		begun := time.Now()
		for range next {
			p.Video(uint32(time.Since(begun).Milliseconds()), payload)
		}
	})
	c := rtmp.Client{IdleTimeout: 10 * time.Second}
	p, err := c.Play(t.Context(), target(t, server.URL("live/show")))
	if err != nil {
		t.Fatal(err)
	}
	p.Gather(4 * time.Millisecond)
	begun := time.Now()
	for range 50 {
		next <- struct{}{}
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	close(next)
}
