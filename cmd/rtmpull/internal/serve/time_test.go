package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// inTime runs a server in virtual time.
func inTime(t *testing.T, s *Server, do func(t *testing.T, l *pipeListener)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		l := newPipeListener()
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, l) }()
		defer func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Serve: %v", err)
			}
		}()
		do(t, l)
	})
}

// lastError keeps why a connection was closed.
type lastError struct {
	mu  sync.Mutex
	err error
}

func (e *lastError) on(ev Event) {
	if ev.Kind == Disconnected {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.err = ev.Err
	}
}

func (e *lastError) get() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

func startPlaying(t *testing.T, l *pipeListener) *caller {
	t.Helper()
	c := newCaller(t, l.dial())
	_ = c.SetDeadline(time.Time{})
	c.connect("live")
	c.say(0, "createStream")
	c.say(1, "play", amf.Null{}, text0("show"))
	c.flush()
	c.hear("onStatus NetStream.Play.Start")
	return c
}

func TestPacing(t *testing.T) {
	for _, speed := range []float64{0.5, 1, 4} {
		s := &Server{Streams: map[string]string{"live/show": bars}, Speed: speed, Loop: 2}
		inTime(t, s, func(t *testing.T, l *pipeListener) {
			c := startPlaying(t, l)
			defer c.Close()
			start, n := time.Now(), 0
			latest := uint32(0) // the file's order counts, also where it is not that of time
			for {
				m, err := c.r.Next()
				if err != nil {
					t.Fatal(err)
				}
				if describe(m) == "onStatus NetStream.Play.Stop" {
					break
				}
				if m.Type.IsMedia() {
					n++
					latest = max(latest, m.Timestamp)
					want := time.Duration(float64(latest) / speed * float64(time.Millisecond))
					if got := time.Since(start); got < want || got > want+time.Millisecond {
						t.Fatalf("speed %v: %d ms came after %v, want %v", speed, m.Timestamp, got, want)
					}
				}
			}
			if want := 2 * (len(fileFrames(t, bars)) - 1); n != want {
				t.Errorf("speed %v: got %d messages, want %d", speed, n, want)
			}
		})
	}
}

func TestPauseStopsTheClock(t *testing.T) {
	s := &Server{Streams: map[string]string{"live/show": bars}, Speed: 1}
	inTime(t, s, func(t *testing.T, l *pipeListener) {
		c := startPlaying(t, l)
		defer c.Close()
		start := time.Now()
		for time.Since(start) < time.Second {
			if _, err := c.r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		c.say(1, "pause", amf.Null{}, amf.Boolean(true), amf.Number(1000))
		c.flush()
		c.hear("onStatus NetStream.Pause.Notify")
		const pause = time.Minute
		time.Sleep(pause)
		c.say(1, "pause", amf.Null{}, amf.Boolean(false), amf.Number(1000))
		c.flush()
		c.hear("onStatus NetStream.Unpause.Notify")
		for {
			m, err := c.r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if m.Type == message.TypeVideo {
				want := pause + time.Duration(m.Timestamp)*time.Millisecond
				if got := time.Since(start); (got - want).Abs() > time.Millisecond {
					t.Errorf("%d ms came after %v, want %v", m.Timestamp, got, want)
				}
				return
			}
		}
	})
}

// TestTimeouts has clients that do not leave of their own accord.
func TestTimeouts(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(t *testing.T, l *pipeListener) net.Conn
		want time.Duration
	}{
		{"silent", func(_ *testing.T, l *pipeListener) net.Conn { return l.dial() }, handshakeTimeout},
		{"dripping", func(_ *testing.T, l *pipeListener) net.Conn {
			nc := l.dial()
			go func() {
				b := []byte{3}
				for {
					if _, err := nc.Write(b); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			}()
			return nc
		}, handshakeTimeout},
		{"chatting", func(t *testing.T, l *pipeListener) net.Conn {
			c := newCaller(t, l.dial())
			_ = c.SetDeadline(time.Time{})
			c.connect("live")
			go func() {
				for {
					m := message.UserControl(message.EventPingRequest, 1)
					_ = c.w.Write(&m)
					if c.w.Flush() != nil {
						return
					}
					time.Sleep(time.Second)
				}
			}()
			return c.Conn
		}, idleTimeout + leaveTimeout},
		{"at the end", func(t *testing.T, l *pipeListener) net.Conn {
			c := startPlaying(t, l)
			c.hear("onStatus NetStream.Play.Stop")
			return c.Conn
		}, endGrace + leaveTimeout},
		{"paused", func(t *testing.T, l *pipeListener) net.Conn {
			c := startPlaying(t, l)
			c.say(1, "pause", amf.Null{}, amf.Boolean(true))
			c.flush()
			return c.Conn
		}, pauseTimeout + leaveTimeout},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var closed lastError
			s := &Server{Streams: map[string]string{"live/show": bars}, OnEvent: closed.on}
			if tc.name == "paused" {
				s.Loop, s.Speed = -1, 1
			}
			inTime(t, s, func(t *testing.T, l *pipeListener) {
				nc := tc.do(t, l)
				defer nc.Close()
				start := time.Now()
				if _, err := io.Copy(io.Discard, nc); err != nil {
					t.Error(err)
				}
				synctest.Wait()
				got := time.Since(start)
				if got > tc.want || got < tc.want-leaveTimeout {
					t.Errorf("closed after %v, want %v", got, tc.want)
				}
				time.Sleep(leaveTimeout)
				synctest.Wait()
				if closed.get() == nil {
					t.Error("the event has no error")
				}
				nc.Close()
				time.Sleep(2 * time.Second) // for those who drip and chat to notice
			})
		})
	}
}

// TestStalledClient takes nothing; the one beside it is not held up.
func TestStalledClient(t *testing.T) {
	var closed lastError
	s := &Server{Streams: map[string]string{"live/show": bars}, Loop: -1, OnEvent: closed.on}
	inTime(t, s, func(t *testing.T, l *pipeListener) {
		stalled := startPlaying(t, l)
		defer stalled.Close()
		other := startPlaying(t, l)
		start := time.Now()
		for range 5000 {
			if _, err := other.r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		if time.Since(start) > 0 {
			t.Errorf("the other one waited for %v", time.Since(start))
		}
		other.Close()
		time.Sleep(writeTimeout + leaveTimeout + time.Second)
		synctest.Wait()
		if err := closed.get(); err == nil || errors.Is(err, errIdle) {
			t.Errorf("got %v, want a timeout", err)
		}
	})
}

// TestSlowClient takes a little now and then, and gets all of it.
func TestSlowClient(t *testing.T) {
	s := &Server{Streams: map[string]string{"live/show": bars}}
	inTime(t, s, func(t *testing.T, l *pipeListener) {
		c := startPlaying(t, l)
		defer c.Close()
		n := 0
		for {
			m, err := c.r.Next()
			if err != nil {
				t.Fatalf("after %d messages: %v", n, err)
			}
			if describe(m) == "onStatus NetStream.Play.Stop" {
				return
			}
			n++
			time.Sleep(100 * time.Millisecond)
		}
	})
}

func TestConnectionLimit(t *testing.T) {
	var full lastError
	s := &Server{Streams: map[string]string{"live/show": bars}, OnEvent: full.on}
	inTime(t, s, func(t *testing.T, l *pipeListener) {
		var all []net.Conn
		for range MaxConnections {
			all = append(all, l.dial())
		}
		nc := l.dial()
		if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want EOF", err)
		}
		if err := full.get(); !errors.Is(err, errFull) {
			t.Errorf("got %v, want %v", err, errFull)
		}
		for _, nc := range all {
			nc.Close()
		}
		synctest.Wait()
		c := startPlaying(t, l)
		c.Close()
	})
}
