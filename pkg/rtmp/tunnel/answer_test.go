package tunnel_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

// A host is an HTTP server whose answers are given to the byte. Each connection is
// given a function of its own, which is handed the requests, and closed behind it.
type host struct {
	t     testing.TB
	conns []func(p *page)

	wait  sync.WaitGroup
	mu    sync.Mutex
	made  int
	ends  []net.Conn
	paths []string
}

// A page is one connection to a host.
type page struct {
	*host
	net.Conn
	in *bufio.Reader
}

func newHost(t testing.TB, conns ...func(p *page)) *host {
	h := &host{t: t, conns: conns}
	t.Cleanup(func() {
		h.mu.Lock()
		for _, nc := range h.ends {
			_ = nc.Close()
		}
		h.mu.Unlock()
		h.wait.Wait()
	})
	return h
}

func (h *host) dial(context.Context, string, string) (net.Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.made == len(h.conns) {
		return nil, errors.New("nobody is there")
	}
	client, server := rtmptest.Pipe()
	h.ends = append(h.ends, server)
	run := h.conns[h.made]
	h.made++
	h.wait.Go(func() {
		defer server.Close()
		run(&page{host: h, Conn: server, in: bufio.NewReader(server)})
	})
	return client, nil
}

// asked are the paths that were asked for.
func (h *host) asked() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.paths, " ")
}

// ask takes a request. false: there is none.
func (p *page) ask() bool {
	r, err := http.ReadRequest(p.in)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paths = append(p.paths, r.URL.Path)
	return true
}

// answer takes a request and answers it.
func (p *page) answer(text string) bool {
	if !p.ask() {
		return false
	}
	_, err := io.WriteString(p, text)
	return err == nil
}

// body is a proper answer.
func body(text string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
}

// serves answers each request with the next of texts, and then hangs up.
func serves(texts ...string) func(*page) {
	return func(p *page) {
		for _, text := range texts {
			if !p.answer(text) {
				return
			}
		}
	}
}

// idles answers that there is nothing, for ever.
func idles(p *page) {
	for p.answer(body("\x01")) {
	}
}

// What a server may answer, and what is made of it.
func TestAnswers(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	long := strings.Repeat("x", 100_000)
	for name, test := range map[string]struct {
		answer string // to the first idle
		got    string
		err    any    // target of errors.As; nil: it is lost as connections are
		says   string // of the error; empty: there is none
	}{
		"proper":               {body("\x01abc"), "abc", nil, ""},
		"another text":         {"HTTP/1.1 200 All is well\r\nContent-Length: 4\r\n\r\n\x01abc", "abc", nil, ""},
		"no text":              {"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\n\x01abc", "abc", nil, ""},
		"HTTP/1.0, kept":       {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\ncontent-length: 4\r\n\r\n\x01abc", "abc", nil, ""},
		"bare newlines":        {"HTTP/1.1 200 OK\nCONTENT-LENGTH:4\n\n\x01abc", "abc", nil, ""},
		"chunks":               {head + "transfer-encoding: chunked\r\n\r\n1\r\n\x01\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: x\r\n\r\n", "abc", nil, ""},
		"nothing":              {head + "Content-Length: 0\r\n\r\n", "", nil, ""},
		"100 before":           {"HTTP/1.1 100 Continue\r\n\r\n" + body("\x01abc"), "abc", nil, ""},
		"many headers":         {head + strings.Repeat("X: y\r\n", 1000) + "Content-Length: 4\r\n\r\n\x01abc", "abc", nil, ""},
		"cookies":              {head + "Set-Cookie: a=b\r\nContent-Length: 4\r\n\r\n\x01abc", "abc", nil, ""},
		"more than the length": {body("\x01abc") + "HTTP/1.1 404 Not Found\r\n\r\n", "abc", nil, ""},

		"no length":              {head + "\r\n\x01abc", "", new(*tunnel.ResponseError), "how long"},
		"no length, and no OK":   {"HTTP/1.0 404 X\r\n\r\nabc", "", new(*tunnel.StatusError), "HTTP 404"},
		"less than the length":   {head + "Content-Length: 10\r\n\r\n\x01abc", "abc", nil, "unexpected EOF"},
		"a huge length":          {head + "Content-Length: 9223372036854775807\r\n\r\n\x01abc", "abc", nil, "unexpected EOF"},
		"an impossible length":   {head + "Content-Length: 9999999999999999999999\r\n\r\n\x01abc", "", new(*tunnel.ResponseError), "not HTTP"},
		"a negative length":      {head + "Content-Length: -4\r\n\r\n\x01abc", "", new(*tunnel.ResponseError), "not HTTP"},
		"two lengths":            {head + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n\x01abcd", "", new(*tunnel.ResponseError), "not HTTP"},
		"chunks of no size":      {head + "Transfer-Encoding: chunked\r\n\r\n2\r\n\x01a\r\nzz\r\n", "a", new(*tunnel.ResponseError), "not HTTP"},
		"a huge chunk":           {head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n\x01abc", "abc", nil, "unexpected EOF"},
		"an impossible chunk":    {head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\x01abc", "", new(*tunnel.ResponseError), "not HTTP"},
		"a chunk's long comment": {head + "Transfer-Encoding: chunked\r\n\r\n1;" + long + "\r\n\x01\r\n0\r\n\r\n", "", new(*tunnel.ResponseError), "not HTTP"},
		"a chunk cut off":        {head + "Transfer-Encoding: chunked\r\n\r\n4\r\n\x01a", "a", nil, "unexpected EOF"},
		"a code of its own":      {head + "Transfer-Encoding: gzip\r\n\r\n\x01abc", "", new(*tunnel.ResponseError), "not HTTP"},
		"compressed":             {head + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x01abc", "", new(*tunnel.ResponseError), "compressed"},
		"RTMP":                   {"\x03" + long, "", new(*tunnel.ResponseError), "not understood"},
		"an endless line":        {"HTTP/1.1 200 " + long + long, "", new(*tunnel.ResponseError), "too long"},
		"endless headers":        {head + strings.Repeat("X-Y: "+long[:100]+"\r\n", 3000) + "\r\n", "", new(*tunnel.ResponseError), "too long"},
		"a header without a :":   {head + "X\r\n\r\n", "", new(*tunnel.ResponseError), "not HTTP"},
		"HTTP/2":                 {"HTTP/2.0 200 OK\r\nContent-Length: 4\r\n\r\n\x01abc", "", new(*tunnel.ResponseError), "another HTTP"},
		"HTTP/0.9":               {"HTTP/0.9 200 OK\r\nContent-Length: 4\r\n\r\n\x01abc", "", new(*tunnel.ResponseError), "another HTTP"},
		"100 for ever":           {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000), "", new(*tunnel.ResponseError), "the point"},
		"101":                    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "", new(*tunnel.StatusError), "HTTP 101"},
		"204":                    {"HTTP/1.1 204 No Content\r\n\r\n", "", new(*tunnel.StatusError), "HTTP 204 No Content"},
		"elsewhere":              {"HTTP/1.1 302 Found\r\nLocation: http://other/\r\nContent-Length: 0\r\n\r\n", "", new(*tunnel.StatusError), "HTTP 302 Found"},
		"authentication":         {"HTTP/1.1 401 X\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", "", new(*tunnel.StatusError), "HTTP 401 Unauthorized"},
		"no status of any":       {"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n", "", new(*tunnel.StatusError), "(HTTP 999)"},
		"half a header":          {"HTTP/1.1 200 OK\r\nContent-", "", nil, "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// What comes after is answered on another connection.
				h := newHost(t, serves(body("1\n"), test.answer), idles)
				c, err := openBy(t, h.dial)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
				var got []byte
				for b := make([]byte, 100); err == nil; {
					var n int
					n, err = c.Read(b)
					got = append(got, b[:n]...)
				}
				if string(got) != test.got {
					t.Errorf("got %q, want %q", got, test.got)
				}
				if e, ok := errors.AsType[net.Error](err); test.says == "" {
					if !ok || !e.Timeout() || !strings.HasPrefix(h.asked(), "/open/1 /idle/1/0 /idle/1/1") {
						t.Errorf("it ended with %v; asked for %s", err, h.asked())
					}
				} else if !strings.Contains(err.Error(), test.says) || test.err != nil && !errors.As(err, test.err) {
					t.Errorf("got %v, want it to say %q", err, test.says)
				} else if test.err == nil && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("got %v, want it lost", err)
				}
				if strings.Contains(err.Error(), "does not tunnel") {
					t.Errorf("%v, but it did", err)
				}
				if len(err.Error()) > 300 {
					t.Errorf("the error is %d bytes long", len(err.Error()))
				}
			})
		})
	}
}

// When a connection ends between two requests, and when within one.
func TestConnectionsEnd(t *testing.T) {
	idle := body("\x01")
	for name, test := range map[string]struct {
		first func(*page)
		asked string // begins with
		says  string // of the error
	}{
		"between two requests": {func(p *page) { p.answer(body("1\n")); p.answer(idle); p.answer(idle) },
			"/open/1 /idle/1/0 /idle/1/1 /idle/1/2", ""},
		"with a RST": {func(p *page) {
			p.answer(body("1\n"))
			p.answer(idle)
			time.Sleep(time.Millisecond)
			_ = p.Conn.(*rtmptest.Conn).Abort()
		}, "/open/1 /idle/1/0 /idle/1/1", ""},
		"with a RST instead of an answer": {func(p *page) {
			p.answer(body("1\n"))
			p.answer(idle)
			p.ask()
			_ = p.Conn.(*rtmptest.Conn).Abort()
		}, "/open/1 /idle/1/0 /idle/1/1", "connection reset"},
		"with a RST behind the first answer": {func(p *page) {
			p.answer(body("1\n"))
			p.ask()
			_ = p.Conn.(*rtmptest.Conn).Abort()
		}, "/open/1 /idle/1/0 /idle/1/0 /idle/1/1", ""},
		"for one ear": {func(p *page) {
			p.answer(body("1\n"))
			p.answer(idle)
			_ = p.Conn.(*rtmptest.Conn).CloseRead()
			time.Sleep(time.Minute)
		},
			"/open/1 /idle/1/0 /idle/1/1", ""},
		"after it was asked": {func(p *page) { p.answer(body("1\n")); p.ask() },
			"/open/1 /idle/1/0 /idle/1/0", ""}, // our n is the same
		"after it was asked, and had answered": {func(p *page) { p.answer(body("1\n")); p.answer(idle); p.ask() },
			"/open/1 /idle/1/0 /idle/1/1", "unexpected EOF"}, // what the answer would have brought is lost
		"with a word nobody asked for": {func(p *page) {
			p.answer(body("1\n"))
			p.answer(idle)
			time.Sleep(time.Millisecond)
			_, _ = io.WriteString(p, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}, "/open/1 /idle/1/0 /idle/1/1", ""},
		"in the middle of an answer": {func(p *page) { p.answer(body("1\n")); p.answer(idle[:20]) },
			"/open/1 /idle/1/0", "unexpected EOF"},
		"in the name": {func(p *page) { p.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12") },
			"/open/1", "unexpected EOF"},
		"before the name": {func(p *page) { p.ask() }, "/open/1", "unexpected EOF"},
		"with a word on it": {func(p *page) {
			p.answer(body("1\n"))
			p.answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n\x01")
			time.Sleep(time.Minute)
		}, "/open/1 /idle/1/0 /idle/1/1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, slices.Concat([]func(*page){test.first}, slices.Repeat([]func(*page){idles}, 300))...)
				c, err := openBy(t, h.dial)
				if err == nil {
					defer c.Close()
					_ = c.SetReadDeadline(time.Now().Add(time.Second))
					_, err = c.Read(make([]byte, 1))
				}
				if e, ok := errors.AsType[net.Error](err); test.says == "" && (!ok || !e.Timeout()) ||
					test.says != "" && !strings.Contains(err.Error(), test.says) {
					t.Errorf("got %v, want %q", err, test.says)
				}
				if !strings.HasPrefix(h.asked(), test.asked) || test.says != "" && h.asked() != test.asked {
					t.Errorf("asked for %s, want %s", h.asked(), test.asked)
				}
			})
		})
	}
}

// There is nobody to take the place of a connection.
func TestRedialFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, serves(body("1\n"), body("\x01abc")))
		c, err := openBy(t, h.dial)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c)
		if string(got) != "abc" || err == nil || err.Error() != "nobody is there" {
			t.Errorf("got %q, %v", got, err)
		}
		if _, err := c.Write([]byte("x")); err == nil || !strings.Contains(err.Error(), "nobody is there") {
			t.Errorf("write: %v", err)
		}
		if err := c.CloseWrite(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("CloseWrite: %v", err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

// CloseWrite ends what is written, hears the last words, and ends.
func TestCloseWrite(t *testing.T) {
	for name, test := range map[string]struct {
		via   *rtmptest.Tunnel
		words time.Duration // after the end
		hears bool
		took  time.Duration
	}{
		"last words":           {&rtmptest.Tunnel{}, 100 * time.Millisecond, true, time.Second},
		"they are late":        {&rtmptest.Tunnel{}, time.Second, false, time.Second},
		"the interval is long": {&rtmptest.Tunnel{Hint: 255}, 100 * time.Millisecond, true, time.Second},
		"the server is slow":   {&rtmptest.Tunnel{Delay: 300 * time.Millisecond}, 100 * time.Millisecond, true, 2 * time.Second},
		"it answers no close": {&rtmptest.Tunnel{Status: func(r rtmptest.TunnelRequest) int {
			if r.Command == "close" {
				time.Sleep(time.Hour)
			}
			return 0
		}}, 100 * time.Millisecond, true, 1100 * time.Millisecond},
		"it closes the connection at close": {&rtmptest.Tunnel{Status: func(r rtmptest.TunnelRequest) int {
			if r.Command == "close" {
				return -1
			}
			return 0
		}}, 100 * time.Millisecond, true, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				text := noise(200_000)
				var heard int
				ended := make(chan struct{})
				c := mustOpen(t, test.via, func(p *rtmptest.Peer) {
					defer close(ended)
					for heard < len(text) {
						n, err := p.Read(make([]byte, 10_000))
						if heard += n; err != nil {
							return
						}
					}
					time.Sleep(test.words)
					_, _ = io.WriteString(p, "thanks")
					_ = p.SetReadDeadline(time.Now().Add(time.Minute))
					_, _ = io.Copy(io.Discard, p.Conn)
				})
				if _, err := c.Write(text); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if err := c.CloseWrite(); err != nil {
					t.Error(err)
				}
				if _, err := c.Write(text); err == nil {
					t.Error("it writes on")
				}
				got, err := io.ReadAll(c)
				if hears := string(got) == "thanks"; err != nil || hears != test.hears || c.Unacknowledged() != 0 {
					t.Errorf("got %q, %v; %d unacknowledged", got, err, c.Unacknowledged())
				}
				if took := time.Since(start); took > test.took {
					t.Errorf("it took %v", took)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if <-ended; heard != len(text) {
					t.Errorf("the server has %d bytes", heard)
				}
			})
		})
	}
}

// FuzzAnswers has a server answer what it likes.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		body("1\n") + body("\x01abc") + body("\x21"),
		body("1\n") + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\x01\r\n2;x=y\r\nab\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\nname\n", "HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		body("1\n") + "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n\x01abc", "\x03\x00\x00",
	} {
		f.Add([]byte(seed), uint16(7))
	}
	full := body("1\n") + strings.Repeat(body(strings.Repeat("\x01", 31<<10)), 4) // requests are made ahead of those
	for _, end := range []string{body("\x01"), "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n\x01", "HTTP/1.1 404 X\r\n\r\n"} {
		f.Add([]byte(full+end), uint16(60000))
	}
	f.Fuzz(func(t *testing.T, answers []byte, at uint16) {
		synctest.Test(t, func(t *testing.T) {
			// The first connection is cut somewhere, and what comes on it does not wait for
			// requests; nor does the rest on others.
			cut := min(int(at), len(answers))
			text := func(b []byte) func(*page) {
				return func(p *page) {
					go func() { _, _ = io.Copy(io.Discard, p.in) }()
					_, _ = p.Write(b)
					time.Sleep(time.Second)
				}
			}
			h := newHost(t, text(answers[:cut]), text(answers[cut:]), text(answers))
			start := time.Now()
			c, err := openBy(t, h.dial)
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("hello"))
			_ = c.SetReadDeadline(start.Add(5 * time.Second))
			if n, _ := io.Copy(io.Discard, c); n > 3*int64(len(answers)) {
				t.Errorf("%d bytes came of %d", n, len(answers))
			}
			ended := time.Now()
			_ = c.Close()
			if took := time.Since(ended); took > 600*time.Millisecond {
				t.Errorf("Close took %v", took)
			}
			if took := time.Since(start); took > 6*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	})
}
