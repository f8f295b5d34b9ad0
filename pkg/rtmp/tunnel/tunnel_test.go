package tunnel_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a session through t with a script at its other end.
func open(tb testing.TB, t *rtmptest.Tunnel, script rtmptest.Script) (*tunnel.Conn, error) {
	tb.Helper()
	return openBy(tb, t.Dial(tb, rtmptest.Dial(tb, script)))
}

func openBy(tb testing.TB, dial rtmptest.DialFunc) (*tunnel.Conn, error) {
	return tunnel.Open(tb.Context(), tunnel.Config{
		Host: "host:80",
		Dial: func(ctx context.Context) (net.Conn, error) { return dial(ctx, "tcp", "host:80") },
	})
}

// mustOpen is open for a session that has to be.
func mustOpen(tb testing.TB, t *rtmptest.Tunnel, script rtmptest.Script) *tunnel.Conn {
	tb.Helper()
	c, err := open(tb, t, script)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

func silent(p *rtmptest.Peer) { _, _ = io.Copy(io.Discard, p.Conn) }

// echo sends back what it gets.
func echo(p *rtmptest.Peer) { _, _ = io.Copy(p.Conn, p.Conn) }

// noise is n bytes of no meaning.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

// tunnels are the forms that a server's answers have.
func tunnels() map[string]*rtmptest.Tunnel {
	return map[string]*rtmptest.Tunnel{
		"as librtmp wants it":    {},
		"in chunks":              {Chunked: true},
		"in lower case":          {Lower: true},
		"HTTP/1.0":               {Old: true},
		"a connection each":      {Brief: true},
		"byte by byte":           {Split: 1, Most: 100},
		"in pieces, and chunks":  {Split: 7, Chunked: true, Most: 300},
		"little at a time":       {Most: 5},
		"nothing for what comes": {Silent: true},
		"slow":                   {Delay: 100 * time.Millisecond},
		"held":                   {Hold: 4 * time.Second},
		"a long interval":        {Hint: 255},
		"a short interval":       {Hint: 1},
		"an odd name":            {Session: "aB0-_.~!$&'()*+,;=:@ \t\r\n"},
		"a name and no newline":  {Session: "1"},
	}
}

// What goes in comes out, whatever form the answers have.
func TestBothWays(t *testing.T) {
	for name, via := range tunnels() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				size := 300_000
				if via.Most > 0 || via.Split > 0 {
					size = 3000
				}
				text := noise(size)
				c := mustOpen(t, via, echo)
				go func() {
					for b := text; len(b) > 0; {
						n := min(len(b), 10_000)
						if _, err := c.Write(b[:n]); err != nil {
							t.Error(err)
						}
						b = b[n:]
					}
				}()
				got := make([]byte, size)
				if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, text) {
					t.Errorf("it came back as other bytes, or not at all: %v", err)
				}
				time.Sleep(time.Minute) // for what may come on top
				_ = c.SetReadDeadline(time.Now())
				if n, err := c.Read(got); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%d bytes more, %v", n, err)
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

// The requests are those that Flash Player makes, to the byte.
func TestRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := rtmptest.Pipe()
		defer server.Close()
		answer := func(want, body string) {
			got := make([]byte, len(want))
			_, err := io.ReadFull(server, got)
			if err != nil || string(got) != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
			_, _ = io.WriteString(server, "HTTP/1.1 200 OK\r\nContent-Length: "+string(rune('0'+len(body)))+"\r\n\r\n"+body)
		}
		request := func(path, length, body string) string {
			return "POST " + path + " HTTP/1.1\r\nHost: host:80\r\nAccept: */*\r\nUser-Agent: Shockwave Flash\r\n" +
				"Connection: Keep-Alive\r\nCache-Control: no-cache\r\nContent-type: application/x-fcs\r\n" +
				"Content-length: " + length + "\r\n\r\n" + body
		}
		go answer(request("/open/1", "1", "\x00"), "Ab1\n")
		c, err := openBy(t, func(context.Context, string, string) (net.Conn, error) { return client, nil })
		if err != nil {
			t.Fatal(err)
		}
		answer(request("/idle/Ab1/0", "1", "\x00"), "\x09")
		if _, err := c.Write([]byte("hello")); err != nil {
			t.Error(err)
		}
		answer(request("/send/Ab1/1", "5", "hello"), "\x09you")
		answer(request("/idle/Ab1/2", "1", "\x00"), "\x09")
		b := make([]byte, 10)
		if n, err := c.Read(b); string(b[:n]) != "you" || err != nil {
			t.Errorf("read %q, %v", b[:n], err)
		}
		go func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}()
		answer(request("/close/Ab1/3", "1", "\x00"), "\x00")
		if n, err := server.Read(b); n != 0 || err != io.EOF {
			t.Errorf("read %q, %v behind the end", b[:n], err)
		}
	})
}

// How often a server is asked that has nothing to say, or little.
func TestPace(t *testing.T) {
	for name, test := range map[string]struct {
		via         *rtmptest.Tunnel
		script      rtmptest.Script
		least, most int // requests in ten seconds
	}{
		"nothing, and no interval":       {&rtmptest.Tunnel{}, silent, 60, 90},
		"nothing, and a short interval":  {&rtmptest.Tunnel{Hint: 1}, silent, 40, 80},
		"nothing, and Red5's longest":    {&rtmptest.Tunnel{Hint: 0x21}, silent, 18, 20},
		"nothing, and the longest":       {&rtmptest.Tunnel{Hint: 255}, silent, 9, 12},
		"nothing, and the server waits":  {&rtmptest.Tunnel{Hold: 4 * time.Second}, silent, 2, 4},
		"a frame now and then":           {&rtmptest.Tunnel{Hint: 1}, drip(40 * time.Millisecond), 500, 1000},
		"a frame now and then, Red5":     {&rtmptest.Tunnel{Hint: 3}, drip(40 * time.Millisecond), 250, 600},
		"a frame now and then, seldomer": {&rtmptest.Tunnel{Hint: 0x20}, drip(40 * time.Millisecond), 30, 60},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := mustOpen(t, test.via, test.script)
				start := time.Now()
				_ = c.SetReadDeadline(start.Add(10 * time.Second))
				got, err := io.Copy(io.Discard, c)
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("got %d bytes, %v", got, err)
				}
				if n := len(test.via.Requests()); n < test.least || n > test.most {
					t.Errorf("%d requests in ten seconds, want %d to %d", n, test.least, test.most)
				}
			})
		})
	}
}

// drip says something every now and then.
func drip(every time.Duration) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		for {
			time.Sleep(every)
			if _, err := p.Write(make([]byte, 1000)); err != nil {
				return
			}
		}
	}
}

// While nobody reads, the server keeps what it has to say.
func TestBackpressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		via := &rtmptest.Tunnel{}
		text := noise(4 << 20)
		c := mustOpen(t, via, func(p *rtmptest.Peer) { _, _ = p.Write(text); silent(p) })
		time.Sleep(time.Hour)
		if n := len(via.Requests()); n > 10 {
			t.Errorf("%d requests while nobody reads", n)
		}
		got := make([]byte, len(text))
		if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, text) {
			t.Errorf("it came as other bytes, or not at all: %v", err)
		}
	})
}

// A writer waits while the server takes nothing.
func TestWriteWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := mustOpen(t, &rtmptest.Tunnel{}, func(p *rtmptest.Peer) { time.Sleep(time.Minute) })
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := c.Write(make([]byte, 4<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n > 1<<20 {
			t.Errorf("wrote %d, %v", n, err)
		}
		if left := c.Unacknowledged(); left == 0 || left > 256<<10 {
			t.Errorf("%d bytes are unacknowledged", left)
		}
		start := time.Now()
		_ = c.Close()
		if took := time.Since(start); took > 500*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
	})
}

// Deadlines end what is under way, may be moved by others, and lose nothing.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := mustOpen(t, &rtmptest.Tunnel{}, func(p *rtmptest.Peer) {
			time.Sleep(5 * time.Second)
			_, _ = p.Write([]byte("late"))
			silent(p)
		})
		start := time.Now()
		elapsed := func(want time.Duration) {
			t.Helper()
			if took := time.Since(start); took != want {
				t.Errorf("it took %v, want %v", took, want)
			}
		}
		b := make([]byte, 10)
		_ = c.SetReadDeadline(start.Add(time.Second))
		_, err := c.Read(b)
		if e, ok := errors.AsType[net.Error](err); !errors.Is(err, os.ErrDeadlineExceeded) || !ok || !e.Timeout() {
			t.Errorf("read: %v", err)
		}
		elapsed(time.Second)
		_ = c.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Second, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
		if _, err := c.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
		elapsed(2 * time.Second)
		if _, err := c.Write(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %v", err)
		}
		_ = c.SetDeadline(start.Add(time.Hour))
		if n, err := c.Read(b); string(b[:n]) != "late" || err != nil {
			t.Errorf("read %q, %v", b[:n], err)
		}
		time.AfterFunc(time.Second, func() { _ = c.Close() })
		if _, err := c.Read(b); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: %v", err)
		}
		if _, err := c.Write(b); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write: %v", err)
		}
		if err := c.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("SetDeadline: %v", err)
		}
		if err := c.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
}

func TestAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := mustOpen(t, &rtmptest.Tunnel{Brief: true}, silent)
		time.Sleep(time.Second)
		if c.RemoteAddr().String() != "server" || c.LocalAddr().String() != "client" {
			t.Errorf("%v, %v", c.RemoteAddr(), c.LocalAddr())
		}
	})
}

// Whatever becomes of the connections, what is read is what was said, and nothing is
// left out without an error.
func TestCutsLoseNothing(t *testing.T) {
	for name, via := range map[string]func() *rtmptest.Tunnel{
		"lasting": func() *rtmptest.Tunnel { return &rtmptest.Tunnel{Most: 2000} },
		"brief":   func() *rtmptest.Tunnel { return &rtmptest.Tunnel{Most: 2000, Brief: true} },
		"chunked": func() *rtmptest.Tunnel { return &rtmptest.Tunnel{Most: 2000, Chunked: true} },
	} {
		t.Run(name, func(t *testing.T) {
			whole := 0
			for seed := range uint64(40) {
				synctest.Test(t, func(t *testing.T) {
					text := noise(40_000)
					cutter := &rtmptest.Cutter{Seed: seed, Cuts: 3, Bytes: 10_000, Pause: time.Second}
					c, err := openBy(t, cutter.Dial(t, via().Dial(t, rtmptest.Dial(t, func(p *rtmptest.Peer) {
						for b := text; len(b) > 0; b = b[100:] {
							if _, err := p.Write(b[:100]); err != nil {
								return
							}
							time.Sleep(time.Millisecond)
						}
					}))))
					if err != nil {
						return
					}
					defer c.Close()
					got, err := io.ReadAll(c)
					if !bytes.HasPrefix(text, got) {
						t.Errorf("seed %d: %d bytes that are not the first ones", seed, len(got))
					}
					if err == nil {
						t.Errorf("seed %d: it ended in good order", seed)
					}
					if len(got) == len(text) {
						whole++
					}
				})
			}
			// A cut is where an answer ends only if each has a connection of its own, and is
			// the connection's end anyway.
			if name == "brief" && whole == 0 {
				t.Error("no connection was replaced")
			}
		})
	}
}
