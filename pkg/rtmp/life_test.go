package rtmp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// parting is a script that streams and wants to be taken leave of.
func parting(said *bool) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, payload)
		c := p.Await("deleteStream")
		id, _ := amf.AsUint32(c.Args[0])
		*said = id == rtmptest.StreamID
	}
}

func TestCancelledContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		var said bool
		c := rtmp.Client{DialContext: rtmptest.Dial(t, parting(&said))}
		p, err := c.Play(ctx, target(t, "rtmp://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute, func() { cancel(cause) })
		for range 2 {
			if _, err := p.Next(); err != cause {
				t.Errorf("Next: %v, want %v", err, cause)
			}
		}
		synctest.Wait()
		if !said {
			t.Error("the server was not told deleteStream")
		}
	})
}

func TestCancelledWhileSettingUp(t *testing.T) {
	stages := map[string]rtmptest.Script{
		"handshake": silent,
		"connect":   func(p *rtmptest.Peer) { p.Handshake(); p.Linger() },
		"play":      func(p *rtmptest.Peer) { p.AcceptConnect(); p.Linger() },
	}
	for name, script := range stages {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				c := rtmp.Client{DialContext: rtmptest.Dial(t, script)} // one script: no second attempt
				start := time.Now()
				_, err := c.Play(ctx, target(t, "rtmp://host/live/show"))
				if err != context.DeadlineExceeded {
					t.Errorf("got %v, want the context's cause", err)
				}
				if d := time.Since(start); d != time.Second {
					t.Errorf("took %v", d)
				}
			})
		})
	}
	t.Run("before the dial", func(t *testing.T) {
		cause := errors.New("never mind")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		c := rtmp.Client{DialContext: rtmptest.Dial(t, silent)}
		if _, err := c.Play(ctx, target(t, "rtmp://host/live/show")); err != cause {
			t.Errorf("got %v, want the context's cause", err)
		}
	})
}

func TestDialThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := rtmp.Client{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		start := time.Now()
		_, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
		checkError(t, err, rtmp.PhaseDial, context.DeadlineExceeded, "")
		if d := time.Since(start); d != rtmp.DefaultSetupTimeout {
			t.Errorf("took %v", d)
		}
	})
}

func TestCloseFromElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bool
		c := rtmp.Client{DialContext: rtmptest.Dial(t, parting(&said))}
		p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		var closers sync.WaitGroup
		for range 3 {
			closers.Go(func() {
				time.Sleep(time.Second)
				if err := p.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
		}
		for err == nil {
			_, err = p.Next()
		}
		if err != net.ErrClosed {
			t.Errorf("Next: %v, want net.ErrClosed", err)
		}
		closers.Wait()
		synctest.Wait()
		if !said {
			t.Error("the server was not told deleteStream")
		}
	})
}

// What was kept while Play was at work is not given out after Close.
func TestNextAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("play")
			p.Video(0, payload)
			p.Linger()
		})}
		p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		_ = p.Close()
		if m, err := p.Next(); m != nil || !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, %v; want net.ErrClosed", m, err)
		}
		if err := p.Seek(1); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Seek: %v, want net.ErrClosed", err)
		}
	})
}

// Close does not wait for a server that reads nothing.
func TestCloseIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			for {
				p.UserControl(message.EventPingRequest, 1) // the answers fill the line
			}
		})}
		p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(5*time.Second, func() { _ = p.Close() })
		start := time.Now()
		if _, err := p.Next(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Next: %v, want net.ErrClosed", err)
		}
		if d := time.Since(start); d > 6*time.Second {
			t.Errorf("took %v", d)
		}
	})
}

// The time that a caller takes between two calls of Next is no silence.
func TestSlowCaller(t *testing.T) {
	for _, eof := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := rtmp.Client{IdleTimeout: 30 * time.Second, DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
				p.AcceptPlay()
				p.Video(0, payload)
				if eof {
					p.UserControl(message.EventStreamEOF, rtmptest.StreamID)
				}
				time.Sleep(time.Second)
				p.Video(40, payload)
				p.Linger()
			})}
			p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			for range 2 {
				time.Sleep(time.Hour)
				if _, err := p.Next(); err != nil {
					t.Fatalf("Next: %v", err)
				}
			}
			start := time.Now()
			if _, err := p.Next(); !errors.Is(err, rtmp.ErrIdle) {
				t.Errorf("Next: %v, want ErrIdle", err)
			}
			if d := time.Since(start); d != 30*time.Second {
				t.Errorf("ErrIdle after %v", d)
			}
		})
	}
}

func TestSeekAndPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := rtmp.Client{IdleTimeout: 30 * time.Second, DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			p.Video(0, payload)
			p.Await("seek")
			p.Video(40, payload) // from before
			p.Status("status", "NetStream.Seek.Notify")
			p.Video(5000, payload)
			p.Expect("pause")
			p.Status("status", "NetStream.Pause.Notify")
			p.UserControl(message.EventStreamEOF, rtmptest.StreamID) // SRS, and no end
			p.Expect("pause")
			p.Video(5040, payload)
			stop(p)
		})}
		to := target(t, "rtmp://host/live/show")
		to.Session.Kind = session.Recorded
		p, err := c.Play(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		next := func(want uint32) {
			t.Helper()
			if m, err := p.Next(); err != nil || m.Timestamp != want {
				t.Fatalf("got %v, %v; want %d", m, err, want)
			}
		}
		next(0)
		if err := p.Seek(5000); err != nil {
			t.Fatal(err)
		}
		next(5000)
		if err := p.Pause(true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if err := p.Pause(false); err != nil {
			t.Fatal(err)
		}
		next(5040)
	})
}

func TestTraceAndStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var phases []rtmp.Phase
		var sent, received, events, retries int
		c := rtmp.Client{
			DialContext: rtmptest.Dial(t, hangUp, func(p *rtmptest.Peer) {
				p.AcceptConnect()
				p.Send(message.SetChunkSize(4096))
				p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
				p.Await("play")
				p.Video(0, payload)
				p.Audio(20, payload)
				p.Data(30, amf.String("onCuePoint"))
				p.Send(message.Message{ChunkStreamID: 9, Type: 99, StreamID: rtmptest.StreamID, Payload: payload})
				stop(p)
			}),
			Trace: &rtmp.Trace{
				PhaseDone: func(p rtmp.Phase, _ time.Duration) { phases = append(phases, p) },
				Retry:     func(error) { retries++; phases = nil },
				Sent:      func(*message.Message) { sent++ },
				Received:  func(*message.Message) { received++ },
				Event:     func(*session.Event) { events++ },
			},
		}
		p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = p.Next()
		}
		s := p.Stats()
		if s.Audio != 1 || s.Video != 1 || s.Data != 1 || s.MediaBytes != 12 || s.Timestamp != 20 ||
			s.Bytes < 3073 || s.LastMedia.IsZero() || s.Skipped != 1 || s.ServerChunk != 4096 {
			t.Errorf("stats: %+v", s)
		}
		want := []rtmp.Phase{rtmp.PhaseDial, rtmp.PhaseHandshake, rtmp.PhaseConnect, rtmp.PhaseCreateStream, rtmp.PhasePlay}
		if len(phases) != len(want) {
			t.Fatalf("phases: %v, want %v", phases, want)
		}
		for i := range want {
			if phases[i] != want[i] {
				t.Errorf("phases: %v, want %v", phases, want)
			}
		}
		if retries != 1 || sent < 6 || received < 6 || events < 3 {
			t.Errorf("%d retries, %d sent, %d received, %d events", retries, sent, received, events)
		}
	})
}

// TestAfter: a call that is due comes while Next waits, whether the server is
// silent or not, and does not end the wait.
func TestAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := rtmp.Client{IdleTimeout: 10 * time.Second, DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			p.Video(0, payload)
			time.Sleep(9 * time.Second)
			for ts := range uint32(10) {
				p.Video(1000*ts, payload)
				time.Sleep(time.Second)
			}
			p.Status("status", "NetStream.Play.Stop")
		})}
		p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var calls []time.Duration
		call := func() { calls = append(calls, time.Since(start)) }
		p.After(time.Second, func() { t.Error("the call that was replaced came") })
		p.After(2*time.Second, call)
		for n := 0; ; n++ {
			if _, err = p.Next(); err != nil {
				break
			}
			if n == 0 {
				p.After(3500*time.Millisecond, call)
			}
		}
		if err != io.EOF {
			t.Errorf("got %v, want io.EOF", err)
		}
		if want := []time.Duration{2 * time.Second, 12500 * time.Millisecond}; !slices.Equal(calls, want) {
			t.Errorf("called after %v, want %v", calls, want)
		}
	})
}
