package rtmp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

// through is a Client that gets to scripts by way of a tunnel.
func through(t testing.TB, via *rtmptest.Tunnel, first rtmptest.Script, more ...rtmptest.Script) *rtmp.Client {
	return &rtmp.Client{DialContext: via.Dial(t, rtmptest.Dial(t, first, more...))}
}

// forms are those that the answers of an HTTP server have.
func forms() map[string]*rtmptest.Tunnel {
	return map[string]*rtmptest.Tunnel{
		"plain":             {},
		"in chunks":         {Chunked: true, Hint: 1},
		"in lower case":     {Lower: true},
		"HTTP/1.0":          {Old: true},
		"a connection each": {Brief: true},
		"in pieces":         {Split: 3, Most: 60},
		"slow":              {Delay: 50 * time.Millisecond},
		"held":              {Hold: time.Second},
		"an interval":       {Hint: 0x21},
		"nothing for sends": {Silent: true},
	}
}

func TestPlayThroughHTTP(t *testing.T) {
	for _, scheme := range []string{"rtmpt", "rtmpte"} {
		playThroughHTTP(t, scheme)
	}
}

func playThroughHTTP(t *testing.T, scheme string) {
	for name, via := range forms() {
		t.Run(scheme+", "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var phases []string
				c := through(t, via, func(p *rtmptest.Peer) {
					p.AcceptPlay()
					for ts := range uint32(200) {
						p.Video(40*ts, payload)
						if ts > 100 {
							time.Sleep(40 * time.Millisecond)
						}
					}
					complete(p)
					p.Linger()
				})
				c.IdleTimeout = 2 * time.Second
				c.Trace = &rtmp.Trace{PhaseDone: func(p rtmp.Phase, _ time.Duration) { phases = append(phases, p.String()) }}
				got, err := pull(t, c, target(t, scheme+"://host/live/show"))
				if err != io.EOF || len(got) != 200 || got[199] != "Video 7960" {
					t.Errorf("got %d messages, %v", len(got), err)
				}
				want := []string{"dial", "tunnel", "handshake", "connect", "createStream", "play"}
				if !slices.Equal(phases, want) {
					t.Errorf("phases %v, want %v", phases, want)
				}
				requests := via.Requests()
				if last := requests[len(requests)-1]; last.Command != "close" {
					t.Errorf("the last request is %v", last)
				}
			})
		})
	}
}

// A server may hold an answer back until it has something to say. It is not asked for
// one while we have something to say ourselves, which would wait for it.
func TestNothingWaitsForHeldAnswers(t *testing.T) {
	for _, scheme := range []string{"rtmpt", "rtmpte"} {
		t.Run(scheme, func(t *testing.T) {
			for range 20 {
				synctest.Test(t, func(t *testing.T) {
					via := &rtmptest.Tunnel{Hold: 3 * time.Second}
					c := through(t, via, func(p *rtmptest.Peer) {
						p.AcceptPlay()
						p.Linger()
					})
					start := time.Now()
					p, err := c.Play(t.Context(), target(t, scheme+"://host/live/show"))
					if err != nil {
						t.Fatal(err)
					}
					defer p.Close()
					if took := time.Since(start); took > time.Second {
						t.Errorf("it took %v to begin", took)
					}
					if first := via.Requests()[1].Command; first != "send" {
						t.Errorf("the first request is %s", first)
					}
				})
			}
		})
	}
}

// A server that is sent something all the time says what it has to say in return, and is
// not asked in between: it may hold that answer back, and the next frame with it.
func TestPublisherAsksSeldom(t *testing.T) {
	for _, hold := range []time.Duration{0, 512 * time.Millisecond} {
		t.Run(hold.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				via := &rtmptest.Tunnel{Hint: 1, Hold: hold}
				frames, late := 0, 0
				start := time.Now()
				c := through(t, via, publishing(func(p *rtmptest.Peer) {
					for m := p.ReadMedia(); m != nil; m = p.ReadMedia() {
						frames++
						if took := time.Since(start) - time.Duration(m.Timestamp)*time.Millisecond; took > 100*time.Millisecond {
							late++
						}
					}
					p.Linger()
				})[0])
				p, err := c.Publish(t.Context(), target(t, "rtmpt://host/live/show"))
				if err != nil {
					t.Fatal(err)
				}
				for range 250 {
					m := videoAt(uint32(time.Since(start).Milliseconds()))
					if err := errors.Join(p.Write(&m), p.Flush()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(40 * time.Millisecond)
				}
				asked := 0
				for _, r := range via.Requests() {
					if r.Command == "idle" {
						asked++
					}
				}
				if err := p.Close(); err != nil || frames != 250 {
					t.Errorf("%d frames came, %v", frames, err)
				}
				if asked > 50 || late > 100 {
					t.Errorf("the server was asked %d times, and %d frames were late", asked, late)
				}
			})
		})
	}
}

// What is published arrives as a whole, and it does not take a time-out to know
// that.
func TestPublishThroughHTTP(t *testing.T) {
	for _, scheme := range []string{"rtmpt", "rtmpte"} {
		publishThroughHTTP(t, scheme)
	}
}

func publishThroughHTTP(t *testing.T, scheme string) {
	for name, via := range forms() {
		for _, says := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, %s, says so %v", scheme, name, says), func(t *testing.T) {
				via := copyOf(via)
				synctest.Test(t, func(t *testing.T) {
					var bytes, count int
					c := through(t, via, func(p *rtmptest.Peer) {
						p.AcceptPublish()
						for m := p.ReadMedia(); m != nil; m = p.ReadMedia() {
							bytes += len(m.Payload)
							count++
						}
						if says {
							p.Status("status", "NetStream.Unpublish.Success")
						}
						p.Linger()
					})
					p, err := c.Publish(t.Context(), target(t, scheme+"://host/live/show"))
					if err != nil {
						t.Fatal(err)
					}
					m := videoAt(0)
					for i := range 100 {
						m.Payload = make([]byte, 10_000)
						if err := p.Write(&m); err != nil {
							t.Fatal(err)
						}
						if i%3 == 0 {
							_ = p.Flush()
							time.Sleep(10 * time.Millisecond)
						}
					}
					start := time.Now()
					if err := p.Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
					if took := time.Since(start); took > 5*time.Second {
						t.Errorf("Close took %v", took)
					}
					if bytes != 1_000_000 || count != 100 {
						t.Errorf("the server has %d messages of %d bytes", count, bytes)
					}
					if n := p.Stats().Bytes; n < 1_000_000 {
						t.Errorf("we have sent %d bytes", n)
					}
				})
			})
		}
	}
}

// copyOf is another Tunnel of the same form.
func copyOf(t *rtmptest.Tunnel) *rtmptest.Tunnel {
	return &rtmptest.Tunnel{
		TLS: t.TLS, Hint: t.Hint, Most: t.Most, Hold: t.Hold, Delay: t.Delay, Silent: t.Silent, Chunked: t.Chunked,
		Lower: t.Lower, Old: t.Old, Brief: t.Brief, Split: t.Split, Session: t.Session, Status: t.Status,
	}
}

// after is the status of the first request of a kind, or of all from the n-th on.
func after(command string, n, status int) func(rtmptest.TunnelRequest) int {
	return func(r rtmptest.TunnelRequest) int {
		if r.Command == command && r.N >= n {
			return status
		}
		return 0
	}
}

// Servers that do not tunnel, or no more.
func TestTunnelFails(t *testing.T) {
	frames := func(p *rtmptest.Peer) {
		p.AcceptPlay()
		for ts := uint32(0); ; ts += 40 {
			p.Video(ts, payload)
			time.Sleep(40 * time.Millisecond)
		}
	}
	for name, test := range map[string]struct {
		via      *rtmptest.Tunnel
		phase    rtmp.Phase
		err      error
		status   int
		says     string
		requests int // at most
	}{
		"a web server": {&rtmptest.Tunnel{Status: after("open", 0, 404)}, rtmp.PhaseTunnel, nil, 404,
			"rtmp: tunnel host:80: the server does not tunnel RTMP there (HTTP 404 Not Found)", 1},
		"one that leads elsewhere": {&rtmptest.Tunnel{Status: after("open", 0, 302)}, rtmp.PhaseTunnel, nil, 302, "HTTP 302 Found", 1},
		"one that answers anything": {&rtmptest.Tunnel{Session: "<!DOCTYPE html>\n<title>Welcome</title>\n"}, rtmp.PhaseTunnel, nil, 0,
			"names no session", 1},
		"an endless name":         {&rtmptest.Tunnel{Session: strings.Repeat("x", 1<<20)}, rtmp.PhaseTunnel, nil, 0, "names no session", 1},
		"a path for a name":       {&rtmptest.Tunnel{Session: "../../admin\n"}, rtmp.PhaseTunnel, nil, 0, "names no session", 1},
		"no name":                 {&rtmptest.Tunnel{Session: "\n"}, rtmp.PhaseTunnel, nil, 0, "names no session", 1},
		"closes during open":      {&rtmptest.Tunnel{Status: after("open", 0, -1)}, rtmp.PhaseTunnel, io.ErrUnexpectedEOF, 0, "", 1},
		"closes during the first": {&rtmptest.Tunnel{Status: after("send", 0, -1)}, rtmp.PhaseHandshake, io.ErrUnexpectedEOF, 0, "", 10},
		"refuses the first":       {&rtmptest.Tunnel{Status: after("send", 0, 500)}, rtmp.PhaseHandshake, io.ErrUnexpectedEOF, 500, "ended the tunnel", 10},
		"ends the session":        {&rtmptest.Tunnel{Status: after("idle", 100, 404)}, rtmp.PhaseStream, io.ErrUnexpectedEOF, 404, "ended the tunnel", 200},
		"is behind one that fails": {&rtmptest.Tunnel{Status: after("idle", 100, 502)}, rtmp.PhaseStream, io.ErrUnexpectedEOF, 502,
			"HTTP 502 Bad Gateway", 200},
		"closes without a word": {&rtmptest.Tunnel{Status: after("idle", 100, -1)}, rtmp.PhaseStream, io.ErrUnexpectedEOF, 0, "", 200},
		"does not answer open": {&rtmptest.Tunnel{Delay: time.Hour}, rtmp.PhaseTunnel, context.DeadlineExceeded, 0,
			"no HTTP tunnel within 10s", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := pull(t, through(t, test.via, frames, frames, frames), target(t, "rtmpt://host/live/show"))
				checkError(t, err, test.phase, test.err, test.says)
				status, ok := errors.AsType[*tunnel.StatusError](err)
				if ok != (test.status != 0) || ok && status.Status != test.status {
					t.Errorf("got %v, want HTTP's status %d", err, test.status)
				}
				if n := len(test.via.Requests()); n > test.requests {
					t.Errorf("%d requests", n)
				}
				if took := time.Since(start); took > 11*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// A tunnel that fails under a publisher has not delivered.
func TestPublishLosesTheTunnel(t *testing.T) {
	for name, status := range map[string]int{"by a status": 404, "without a word": -1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				via := &rtmptest.Tunnel{Status: func(r rtmptest.TunnelRequest) int {
					if r.Command == "send" && r.Size > 5000 {
						return status
					}
					return 0
				}}
				c := through(t, via, publishing(func(p *rtmptest.Peer) {
					for p.ReadMedia() != nil {
					}
					p.Linger()
				})[0])
				p, err := c.Publish(t.Context(), target(t, "rtmpt://host/live/show"))
				if err != nil {
					t.Fatal(err)
				}
				m := message.Message{Type: message.TypeVideo, Payload: make([]byte, 10_000)}
				if err := p.Write(&m); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				err = p.Close()
				checkError(t, err, rtmp.PhaseStream, io.ErrUnexpectedEOF, "")
				if took := time.Since(start); took > 3*time.Second {
					t.Errorf("Close took %v", took)
				}
			})
		})
	}
}

// A context that ends ends all within half a second, and the session is closed if the
// server answers.
func TestTunnelCancelled(t *testing.T) {
	why := errors.New("stopped")
	for name, test := range map[string]struct {
		via   *rtmptest.Tunnel
		says  bool // goodbye
		after time.Duration
	}{
		"in the stream":                {&rtmptest.Tunnel{}, true, 3 * time.Second},
		"while an answer is held":      {&rtmptest.Tunnel{Hold: time.Minute}, true, 3 * time.Second},
		"while the server stands":      {&rtmptest.Tunnel{Status: stands}, false, 3 * time.Second},
		"while the tunnel is opened":   {&rtmptest.Tunnel{Delay: time.Minute}, false, time.Second},
		"in the handshake":             {&rtmptest.Tunnel{Delay: 700 * time.Millisecond}, false, time.Second},
		"while a long pause is made":   {&rtmptest.Tunnel{Hint: 255}, true, 3*time.Second + 123*time.Millisecond},
		"with a connection each":       {&rtmptest.Tunnel{Brief: true}, true, 3 * time.Second},
		"with a server that is remote": {&rtmptest.Tunnel{Delay: 100 * time.Millisecond}, true, 3 * time.Second},
	} {
		for _, publishes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, publishes %v", name, publishes), func(t *testing.T) {
				via := copyOf(test.via)
				synctest.Test(t, func(t *testing.T) {
					c := through(t, via, func(p *rtmptest.Peer) {
						if publishes {
							p.AcceptPublish()
						} else {
							p.AcceptPlay()
							p.Video(0, payload)
						}
						p.Linger()
					})
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					var ended time.Time
					time.AfterFunc(test.after, func() { ended = time.Now(); cancel(why) })
					to := target(t, "rtmpt://host/live/show")
					err := func() error {
						if !publishes {
							p, err := c.Play(ctx, to)
							for err == nil {
								_, err = p.Next()
							}
							if p != nil {
								_ = p.Close()
							}
							return err
						}
						p, err := c.Publish(ctx, to)
						for m := videoAt(0); err == nil; m.Timestamp += 40 {
							if err = errors.Join(p.Write(&m), p.Flush()); err == nil {
								time.Sleep(40 * time.Millisecond)
							}
						}
						if p != nil {
							_ = p.Close()
						}
						return err
					}()
					if !errors.Is(err, why) {
						t.Errorf("got %v", err)
					}
					// Close has half a second, and a write of before one frame.
					if took := time.Since(ended); took > 600*time.Millisecond {
						t.Errorf("it took %v", took)
					}
					requests := via.Requests()
					if last := requests[len(requests)-1]; test.says && last.Command != "close" {
						t.Errorf("the last request is %v", last)
					}
				})
			})
		}
	}
}

// A context that ends while the server takes nothing more of what is published ends
// all within half a second too: the write that is under way has that, and Close has
// nothing left to hope for.
func TestTunnelCancelledInAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("stopped")
		c := through(t, &rtmptest.Tunnel{Status: func(r rtmptest.TunnelRequest) int {
			if r.Size > 5000 {
				time.Sleep(time.Minute)
			}
			return 0
		}}, publishing(func(p *rtmptest.Peer) { p.Linger() })[0])
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		p, err := c.Publish(ctx, target(t, "rtmpt://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		var ended time.Time
		time.AfterFunc(3*time.Second, func() { ended = time.Now(); cancel(why) })
		m := message.Message{Type: message.TypeVideo, Payload: make([]byte, 10_000)}
		for err == nil {
			err = errors.Join(p.Write(&m), p.Flush())
		}
		if err := p.Close(); !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(ended); took > 600*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

// stands answers no more after a while.
func stands(r rtmptest.TunnelRequest) int {
	if r.N > 20 {
		time.Sleep(time.Minute)
	}
	return 0
}

// Over TLS, on real sockets, with and without connections that last.
func TestTunnelOverTLS(t *testing.T) {
	ca := newAuthority(t)
	cfg := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "127.0.0.1")}}
	script := func(p *rtmptest.Peer) {
		p.AcceptPlay()
		for ts := range uint32(50) {
			p.Video(ts, payload)
		}
		complete(p)
		p.Linger()
	}
	for name, via := range map[string]*rtmptest.Tunnel{"": {TLS: cfg}, "a connection each": {TLS: cfg, Brief: true}} {
		t.Run(name, func(t *testing.T) {
			addr := via.Proxy(t, rtmptest.NewServer(t, script).Addr)
			to := target(t, "rtmpts://"+addr+"/live/show")
			_, err := pull(t, new(rtmp.Client), to)
			checkError(t, err, rtmp.PhaseTLS, nil, "unknown authority")
			got, err := pull(t, &rtmp.Client{TLSConfig: &tls.Config{RootCAs: ca.pool}}, to)
			if err != io.EOF || len(got) != 50 {
				t.Errorf("got %d messages, %v", len(got), err)
			}
			requests := via.Requests()
			if last := requests[len(requests)-1]; last.Conn > 1 && !via.Brief { // the first is not trusted
				t.Errorf("%d requests took %d connections", len(requests), last.Conn+1)
			}
		})
	}
}

// Each connection is looked at, not the first alone: a name may lead to one place and
// then to another.
func TestTunnelPublicTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		via := &rtmptest.Tunnel{Brief: true}
		dial := via.Dial(t, rtmptest.Dial(t, silent))
		n := 0
		c := rtmp.Client{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := dial(ctx, network, addr)
			n++
			ip := net.IPv4(192, 0, 2, byte(n))
			if n > 3 {
				ip = net.IPv4(127, 0, 0, 1)
			}
			return from{nc, &net.TCPAddr{IP: ip, Port: 80}}, err
		}}
		to := target(t, "rtmpt://host/live/show")
		to.Public = true
		_, err := c.Play(t.Context(), to)
		checkError(t, err, rtmp.PhaseHandshake, nil, "private address")
		if len(via.Requests()) != 3 {
			t.Errorf("%v reached the server", via.Requests())
		}
	})
}

// The session is the one server's that has opened it: a name that stands for several is
// not resolved again for it.
func TestTunnelStaysAtItsServer(t *testing.T) {
	for name, test := range map[string]struct {
		at   net.Addr
		want string
	}{
		"an address":           {&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}, "192.0.2.1:80"},
		"a proxy does not say": {nil, "host:80"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := through(t, &rtmptest.Tunnel{Brief: true}, func(p *rtmptest.Peer) {
					p.AcceptPlay()
					p.Video(0, payload)
					complete(p)
					p.Linger()
				})
				dial, asked := c.DialContext, []string(nil)
				c.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
					asked = append(asked, addr)
					nc, err := dial(ctx, network, addr)
					if test.at != nil {
						nc = from{nc, test.at}
					}
					return nc, err
				}
				if _, err := pull(t, c, target(t, "rtmpt://host/live/show")); err != io.EOF {
					t.Error(err)
				}
				if len(asked) < 3 || asked[0] != "host:80" {
					t.Fatalf("dialled %q", asked)
				}
				for _, addr := range asked[1:] {
					if addr != test.want {
						t.Errorf("dialled %s, want %s", addr, test.want)
					}
				}
			})
		})
	}
}

// from is a connection to another address.
type from struct {
	net.Conn
	addr net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.addr }

func TestTunnelTarget(t *testing.T) {
	for url, want := range map[string]string{
		"rtmpt://h/live/s":       "h:80 rtmpt://h/live",
		"RTMPTS://h/live/s":      "h:443 rtmpts://h/live",
		"rtmpt://[::1]:8080/a/s": "[::1]:8080 rtmpt://[::1]:8080/a",
	} {
		to := target(t, url)
		if got := to.Address() + " " + to.TcURL(); got != want || !to.Tunnelled() {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
	if to := target(t, "rtmps://h/live/s"); to.Tunnelled() || to.Encrypted() {
		t.Errorf("%s is tunnelled, or encrypted", to)
	}
}

// A Player has its clock, and lets what comes gather, as on any connection.
func TestGatherThroughHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const frames = 250
		c := through(t, &rtmptest.Tunnel{Hint: 1}, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			for ts := range uint32(frames) {
				p.Video(40*ts, payload)
				time.Sleep(40 * time.Millisecond)
			}
			complete(p)
			p.Linger()
		})
		p, err := c.Play(t.Context(), target(t, "rtmpt://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		start := time.Now()
		var rang, waits, got int
		p.Gather(250 * time.Millisecond)
		p.BeforeWait(func() time.Time { waits++; return time.Time{} })
		var ring func()
		ring = func() { rang++; p.After(time.Second, ring) }
		p.After(time.Second, ring)
		for err == nil {
			if _, err = p.Next(); err == nil {
				got++
			}
		}
		if err != io.EOF || got != frames {
			t.Errorf("got %d frames, %v", got, err)
		}
		if took := time.Since(start); took > 11*time.Second {
			t.Errorf("it took %v", took)
		}
		if rang < 7 || rang > 10 || waits < 20 || waits > frames {
			t.Errorf("it rang %d times, and waited %d times", rang, waits)
		}
	})
}

// Encrypted as well: through HTTP go other bytes, and the same stream.
func TestEncryptedThroughHTTP(t *testing.T) {
	for name, via := range forms() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var w writes
				var taken int
				c := through(t, via, func(p *rtmptest.Peer) {
					p.RTMPE = 6
					p.AcceptPlay()
					for ts := range uint32(50) {
						p.Video(40*ts, payload)
					}
					complete(p)
					p.Linger()
				}, func(p *rtmptest.Peer) {
					p.RTMPE = 6
					p.AcceptPublish()
					for p.ReadMedia() != nil {
						taken++
					}
					p.Linger()
				})
				c.DialContext = tapped(&w, c.DialContext)
				got, err := pull(t, c, target(t, "rtmpte://host/live/show"))
				if err != io.EOF || len(got) != 50 {
					t.Errorf("got %d messages, %v", len(got), err)
				}
				ms := slices.Repeat([]message.Message{videoAt(0)}, 50)
				if err, closing := publish(t, c, target(t, "rtmpte://host/live/show"), ms...); err != nil || closing != nil || taken != 50 {
					t.Errorf("the server has taken %d messages: %v, %v", taken, err, closing)
				}
				if w.tells("connect") || w.tells("show") {
					t.Error("what is asked for goes over the wire in the clear")
				}
			})
		})
	}
}
