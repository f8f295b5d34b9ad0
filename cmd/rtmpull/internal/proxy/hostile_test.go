package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// to dials what is a proxy by this script, in memory.
func to(t *testing.T, answer func(nc net.Conn)) DialContext {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := rtmptest.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer server.Close()
			answer(server)
		}()
		t.Cleanup(func() { <-done })
		return client, nil
	}
}

var ways = []string{"socks4a://h", "socks5h://h", "socks5h://joe:secret@h", "http://h", "https://h"}

// TestHostile: no proxy is waited for longer than asked for, whatever it does.
func TestHostile(t *testing.T) {
	const limit = 10 * time.Second
	for name, answer := range map[string]func(nc net.Conn){
		"silent":         func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) },
		"hangs up":       func(nc net.Conn) { _, _ = nc.Read(make([]byte, 1)) },
		"zeros":          func(nc net.Conn) { _, _ = nc.Write(make([]byte, 1<<20)) },
		"endless header": endless("HTTP/1.1 200 OK\r\n", "X-Header: and so on\r\n"),
		"endless line":   endless("HTTP/1.1 200 OK\r\nX: ", "and so on"),
		"a slow header":  drip("HTTP/1.1 200 OK\r\n", "X-Header: and so on\r\n"),
		"slow SOCKS4":    drip("\x00", "\x5a"),
		"slow SOCKS5":    drip("\x05\x00\x05\x00\x00\x03\xff", "x"),
		"slow login":     drip("\x05\x02", "\x01"),
		"many 100":       endless("", "HTTP/1.1 100 Continue\r\n\r\n"),
	} {
		for _, url := range ways {
			t.Run(name+" "+url, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), limit)
					defer cancel()
					start := time.Now()
					nc, err := parse(t, url).Dialer(to(t, answer), nil)(ctx, "tcp", "server:1935")
					if nc != nil {
						nc.Close()
					}
					e, ok := errors.AsType[*Error](err)
					if !ok || e.Kind != Broken && e.Kind != Denied {
						t.Fatalf("got %v", err)
					}
					if took := time.Since(start); took > limit {
						t.Errorf("took %v", took)
					}
					if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
						t.Errorf("%v would be taken for the server's", err)
					}
					if errors.Is(err, io.EOF) || strings.Contains(err.Error(), "secret") {
						t.Errorf("got %v", err)
					}
				})
			})
		}
	}
}

// endless says something, and something more for ever.
func endless(once, again string) func(net.Conn) {
	return func(nc net.Conn) {
		_, err := io.WriteString(nc, once)
		for err == nil {
			_, err = io.WriteString(nc, again)
		}
	}
}

// drip says the same, a byte every two seconds.
func drip(once, again string) func(net.Conn) {
	return func(nc net.Conn) {
		_, err := io.WriteString(nc, once)
		for err == nil {
			for i := range len(again) {
				time.Sleep(2 * time.Second)
				if _, err = io.WriteString(nc, again[i:i+1]); err != nil {
					break
				}
			}
		}
	}
}

// TestInterrupted: the context's end is the dial's.
func TestInterrupted(t *testing.T) {
	for _, url := range ways {
		t.Run(url, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(3*time.Second, cancel)
				start := time.Now()
				_, err := parse(t, url).Dialer(to(t, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) }), nil)(ctx, "tcp", "server:1935")
				if took := time.Since(start); took != 3*time.Second || !errors.Is(err, context.Canceled) {
					t.Errorf("after %v: %v", took, err)
				}
			})
		})
	}
}

// TestShares: an address that the proxy is silent about does not take the time of the
// next one.
func TestShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		d := &dialer{parse(t, "socks5://h"), func(ctx context.Context, network, addr string) (net.Conn, error) {
			n++
			if n == 1 {
				return to(t, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) })(ctx, network, addr)
			}
			return to(t, func(nc net.Conn) {
				_, _ = io.WriteString(nc, "\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00and more")
				_, _ = io.Copy(io.Discard, nc)
			})(ctx, network, addr)
		}, nil, lookupTwo}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		nc, err := d.dial(ctx, "tcp", "server:1935")
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestNothingLost: what the server says at once, in one packet with the proxy's
// answer, is the connection's; and the deadline is gone.
func TestNothingLost(t *testing.T) {
	for url, answer := range map[string]string{
		"socks4a://h": "\x00\x5a\x00\x00\x00\x00\x00\x00",
		"socks5h://h": "\x05\x00\x05\x00\x00\x03\x03abc\x00\x00",
		"http://h":    "HTTP/1.0 200 OK\r\nProxy-Agent: a\r\n b\r\nX: y\r\n\r\n",
		"http://i":    "HTTP/1.1 299 Whatever\r\n\r\n",
		"http://j":    "HTTP/1.1 200 OK\nContent-Length: 3\nTransfer-Encoding: chunked\n\n",
	} {
		t.Run(url, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				nc, err := parse(t, url).Dialer(to(t, func(nc net.Conn) {
					_, _ = io.WriteString(nc, answer+"\nfirst")
					time.Sleep(5 * time.Second)
					_, _ = io.WriteString(nc, " and last")
				}), nil)(ctx, "tcp", "server:1935")
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				if got, err := io.ReadAll(nc); string(got) != "\nfirst and last" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			})
		})
	}
}

// TestAnswers: what HTTP proxies say, in words.
func TestAnswers(t *testing.T) {
	for answer, want := range map[string]string{
		"407 Auth\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate": "it wants a way to log in that is not spoken here (407 Proxy Authentication Required)",
		"407 Auth\r\nProxy-Authenticate: Digest realm=\"x\", Basic realm=\"y\"": ErrAuth.Error(),
		"504 Late":                 ": 504 Gateway Timeout",
		"501 \x1b[31mNo":           "501 Not Implemented",
		"302 Found\r\nLocation: /": "302 Found",
		"600 Odd":                  "600",
		"100 Continue":             "100 Continue",
		"x":                        "it does not speak HTTP",
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := parse(t, "http://h").Dialer(to(t, func(nc net.Conn) {
				_, _ = nc.Read(make([]byte, 1024))
				_, _ = io.WriteString(nc, "HTTP/1.1 "+answer+"\r\n\r\n")
			}), nil)(t.Context(), "tcp", "server:1935")
			if e, ok := errors.AsType[*Error](err); !ok || !strings.HasSuffix(e.Error(), want) {
				t.Errorf("%q is %v, want %s", answer, err, want)
			}
		})
	}
}
