package tunnel_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"strings"
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

// A request that was made ahead, and is made again alone, is no trial of the server.
func TestAheadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := body("\x01" + strings.Repeat("x", 31<<10))
		ahead := false
		h := newHost(t, func(p *page) {
			p.answer(body("1\n"))
			p.answer(full)
			p.answer(strings.Replace(full, "Content", "Connection: close\r\nContent", 1))
		}, func(p *page) {
			p.ask()
			time.Sleep(3 * time.Second)
			_, _ = io.WriteString(p, full)
			for range 5 {
				p.answer(full)
			}
			ahead = true
			for range 3 {
				ahead = p.ask() && ahead
			}
			_, _ = io.WriteString(p, full+full+full)
			idles(p)
		})
		c, err := openBy(t, h.dial)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.CopyN(io.Discard, c, 11*31<<10); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil || !ahead {
			t.Errorf("requests are made ahead: %v; %v", ahead, err)
		}
	})
}

// On sockets, a connection that has ended is seen before it is written to.
func TestSocketsEnd(t *testing.T) {
	for name, lasts := range map[string]int{"behind the first answer": 1, "later": 3} {
		t.Run(name, func(t *testing.T) {
			via := &rtmptest.Tunnel{Lasts: lasts, Mum: true, Hint: 16} // a quarter of a second
			c := dialTCP(t, via.Proxy(t, rtmptest.NewServer(t, silent).Addr))
			defer c.Close()
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
			go func() {
				for len(via.Requests()) < 5 {
					time.Sleep(time.Millisecond)
				}
				_ = c.SetReadDeadline(time.Now())
			}()
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
			if last := via.Requests()[4]; last.Conn == 0 {
				t.Error("all requests are on one connection")
			}
		})
	}
}

// A corked connection writes when it is told to, or before it reads.
type corked struct {
	net.Conn
	held []byte
}

func (c *corked) Write(b []byte) (int, error) {
	c.held = append(c.held, b...)
	return len(b), nil
}

func (c *corked) Read(b []byte) (int, error) {
	c.uncork()
	return c.Conn.Read(b)
}

// SetWriteDeadline is called by TLS behind its goodbye, which is not written yet.
func (c *corked) SetWriteDeadline(time.Time) error { return nil }

func (c *corked) uncork() {
	_, _ = c.Conn.Write(c.held)
	c.held = nil
}

// The goodbye of TLS may be read together with the last answer, and the socket has nothing
// to tell of it.
func TestGoodbyes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	defer certificate.Close()
	h := newHost(t)
	h.wait.Go(func() {
		for first := body("1\n"); ; first = body("\x01") {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			cork := &corked{Conn: nc}
			over := tls.Server(cork, &tls.Config{Certificates: certificate.TLS.Certificates})
			h.wait.Go(func() {
				defer nc.Close()
				p := &page{host: h, Conn: over, in: bufio.NewReader(over)}
				for _, answer := range []string{first, body("\x01"), body("\x01")} {
					if !p.answer(answer) {
						return
					}
				}
				_ = over.CloseWrite()
				cork.uncork()
				_, _ = io.Copy(io.Discard, nc)
			})
		}
	})
	defer l.Close()
	c, err := openBy(t, func(context.Context, string, string) (net.Conn, error) {
		nc, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return nil, err
		}
		return tls.Client(nc, &tls.Config{InsecureSkipVerify: true}), nil //nolint:gosec // it is known
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
