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
)

// Requests that a server has not read when it closes a socket tear its last answer off. That
// happens with the first connection at most: then it is known how long they last.
func TestLastAnswers(t *testing.T) {
	const trip = 61 * time.Millisecond
	for lasts := 4; lasts < 16; lasts++ {
		for _, split := range []int{0, 4000} {
			t.Run(fmt.Sprint(lasts, " answers, in pieces of ", split), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					text := noise(4 << 20)
					via := &rtmptest.Tunnel{Hint: 1, Lasts: lasts, Split: split}
					c := far(t, via, trip, says(text, 20_000, 0))
					got := make([]byte, len(text))
					n, err := io.ReadFull(c, got)
					requests := via.Requests()
					if on := requests[len(requests)-1].Conn; !bytes.Equal(got[:n], text[:n]) || err != nil && on > 0 {
						t.Errorf("%d bytes came on %d connections: %v", n, on+1, err)
					}
				})
			})
		}
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
