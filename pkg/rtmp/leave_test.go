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
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// How a stream ends that the server had taken.
func TestPublishEnds(t *testing.T) {
	readAll := func(p *rtmptest.Peer) {
		for p.ReadMedia() != nil {
		}
	}
	tellPublishing(t, []story{
		{name: "the server says that it has all", scripts: publishing(func(p *rtmptest.Peer) {
			readAll(p)
			p.Status("status", "NetStream.Unpublish.Success")
			time.Sleep(time.Minute)
		})},
		{name: "the server closes when we do", scripts: publishing(func(p *rtmptest.Peer) {
			readAll(p)
			_, _ = io.Copy(io.Discard, p.Conn)
		})},
		{name: "the server takes leave with close", scripts: publishing(func(p *rtmptest.Peer) {
			readAll(p)
			p.Command(0, "close", 0, nil)
			time.Sleep(time.Minute)
		})},
		{name: "the server gives no sign", scripts: publishing(func(p *rtmptest.Peer) {
			readAll(p)
			time.Sleep(time.Minute)
		}), phase: rtmp.PhaseStream, took: 10 * time.Second, says: "no sign that all has arrived within 10s"},
		{name: "the server refuses at the end", scripts: publishing(func(p *rtmptest.Peer) {
			readAll(p)
			time.Sleep(time.Second)
			p.Status("error", "NetStream.Publish.Denied")
		}), phase: rtmp.PhaseStream, took: time.Second, says: "NetStream.Publish.Denied"},
		{name: "the server breaks off at the end", scripts: publishing(func(p *rtmptest.Peer) {
			readAll(p)
			p.Abort()
		}), phase: rtmp.PhaseStream, says: "reset"},
		{name: "the server breaks off after it has said that it has all", scripts: publishing(func(p *rtmptest.Peer) {
			readAll(p)
			p.Status("status", "NetStream.Unpublish.Success")
			time.Sleep(time.Second) // a RST would undo what is still to be read
			p.Abort()
		})},
		{name: "the server stops reading", scripts: publishing(func(p *rtmptest.Peer) { time.Sleep(time.Minute) }),
			phase: rtmp.PhaseStream, took: 10 * time.Second, says: "no progress in sending within 10s"},
		{name: "the server stops reading, and less patience", client: rtmp.Client{WriteTimeout: 2 * time.Second},
			scripts: publishing(func(p *rtmptest.Peer) { time.Sleep(time.Minute) }),
			phase:   rtmp.PhaseStream, took: 2 * time.Second, says: "no progress in sending within 2s"},
		{name: "the server hangs up", scripts: publishing(func(p *rtmptest.Peer) { p.ReadMedia() }),
			phase: rtmp.PhaseStream, err: io.ErrUnexpectedEOF},
		{name: "the server breaks off", scripts: publishing(func(p *rtmptest.Peer) {
			p.ReadMedia()
			p.Abort()
		}), phase: rtmp.PhaseStream, says: "reset"},
		{name: "the server says why it closes its ears", scripts: publishing(func(p *rtmptest.Peer) {
			p.ReadMedia()
			p.CloseRead()
			time.Sleep(100 * time.Millisecond)
			p.Status("error", "NetStream.Publish.BadName")
			time.Sleep(time.Minute)
		}), phase: rtmp.PhaseStream, took: 100 * time.Millisecond, says: "BadName"},
		{name: "the server closes its ears and says nothing", scripts: publishing(func(p *rtmptest.Peer) {
			p.ReadMedia()
			p.CloseRead()
			time.Sleep(time.Minute)
		}), phase: rtmp.PhaseStream, took: 500 * time.Millisecond, err: io.ErrUnexpectedEOF},
		{name: "thrown out", scripts: publishing(func(p *rtmptest.Peer) {
			p.ReadMedia()
			p.Status("status", "NetStream.Unpublish.Success")
			time.Sleep(time.Minute)
		}), phase: rtmp.PhaseStream, err: session.ErrClosed},
		{name: "close", scripts: publishing(func(p *rtmptest.Peer) {
			p.ReadMedia()
			p.Command(0, "close", 0, nil)
			time.Sleep(time.Minute)
		}), phase: rtmp.PhaseStream, err: session.ErrClosed},
	})
}

// The last of a stream counts as much as the rest.
func TestPublishLosesTheEnd(t *testing.T) {
	for name, leave := range map[string]func(p *rtmptest.Peer){
		"with FIN":    func(*rtmptest.Peer) {},
		"with RST":    (*rtmptest.Peer).Abort,
		"by its ears": func(p *rtmptest.Peer) { p.CloseRead(); time.Sleep(time.Second) },
		"with a lie": func(p *rtmptest.Peer) {
			p.CloseRead()
			time.Sleep(time.Second)
			p.Status("status", "NetStream.Unpublish.Success")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := rtmp.Client{DialContext: rtmptest.Dial(t, publishing(func(p *rtmptest.Peer) {
					p.ReadMedia()
					leave(p)
				})[0])}
				p, err := c.Publish(t.Context(), target(t, "rtmp://host/live/show"))
				if err != nil {
					t.Fatal(err)
				}
				first, last := videoAt(0), videoAt(40)
				if err := errors.Join(p.Write(&first), p.Flush(), p.Write(&last)); err != nil {
					t.Log(err)
				}
				synctest.Wait()
				if err := p.Close(); err == nil {
					t.Error("Close says that all has arrived")
				}
			})
		})
	}
}

// A context that ends leaves time for a goodbye.
func TestPublishCancelled(t *testing.T) {
	why := errors.New("stopped")
	for _, test := range []struct {
		scheme string
		reads  bool
	}{{"rtmp", true}, {"rtmp", false}, {"rtmpe", true}, {"rtmpe", false}} {
		reads := test.reads
		t.Run(fmt.Sprintf("%s, the server reads: %v", test.scheme, reads), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var heard []string
				ended := make(chan struct{})
				c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
					defer close(ended)
					p.AcceptPublish()
					if !reads {
						time.Sleep(time.Minute)
						return
					}
					for p.ReadMedia() != nil {
					}
					heard = p.Heard()
					_, _ = io.Copy(io.Discard, p.Conn)
				})}
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				p, err := c.Publish(ctx, target(t, test.scheme+"://host/live/show"))
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				time.AfterFunc(time.Second, func() { cancel(why) })
				for m := videoAt(0); err == nil; m.Timestamp += 40 {
					m.Payload = make([]byte, 50_000)
					if err = p.Write(&m); err == nil && reads {
						select {
						case <-p.Done():
						case <-time.After(40 * time.Millisecond):
						}
					}
				}
				if err != why || p.Err() != why {
					t.Errorf("got %v and %v, want %v", err, p.Err(), why)
				}
				if err := p.Close(); err != why {
					t.Errorf("Close: %v, want %v", err, why)
				}
				if took := time.Since(start); took > 2*time.Second || took < time.Second {
					t.Errorf("took %v", took)
				}
				if <-ended; reads && !slices.Contains(heard, "deleteStream") {
					t.Errorf("the server heard %v, and no goodbye", heard)
				}
			})
		})
	}
}

// A context that has ended before there is anything to say.
func TestPublishCancelledBefore(t *testing.T) {
	why := errors.New("stopped")
	for range 20 {
		ctx, cancel := context.WithCancelCause(t.Context())
		dial := rtmptest.Dial(t, silent)
		c := rtmp.Client{DialContext: func(_ context.Context, network, addr string) (net.Conn, error) {
			go cancel(why)
			return dial(context.Background(), network, addr)
		}}
		if _, err := c.Publish(ctx, target(t, "rtmp://host/live/show")); err != why {
			t.Errorf("got %v, want %v", err, why)
		}
	}
}

// The same while Close is at work: with what was gathered, or waiting for the
// server's sign.
func TestCloseInterrupted(t *testing.T) {
	why := errors.New("stopped")
	for name, test := range map[string]struct {
		size   int // of two messages, of which the server reads nothing
		status string
		want   string
		took   time.Duration
	}{
		"by the caller, in the middle": {size: 60_000, want: "stopped", took: 1500 * time.Millisecond},
		"by the caller, at the end":    {size: 100, want: "stopped", took: time.Second},
		"by the server, in the middle": {size: 60_000, status: "NetStream.Publish.BadName", want: "BadName", took: time.Second},
		"by the server, at the end":    {size: 100, status: "NetStream.Publish.Denied", want: "Denied", took: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := rtmp.Client{DialContext: rtmptest.Dial(t, publishing(func(p *rtmptest.Peer) {
					time.Sleep(time.Second)
					if test.status != "" {
						p.Status("error", test.status)
					}
					time.Sleep(time.Minute)
				})[0])}
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				p, err := c.Publish(ctx, target(t, "rtmp://host/live/show"))
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if test.status == "" {
					time.AfterFunc(time.Second, func() { cancel(why) })
				}
				// The Pipe takes the first, and the second waits for Close.
				m := message.Message{Type: message.TypeVideo, Payload: make([]byte, test.size)}
				if err := errors.Join(p.Write(&m), p.Flush(), p.Write(&m)); err != nil {
					t.Fatal(err)
				}
				if err := p.Close(); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("Close: %v, want %s", err, test.want)
				}
				if took := time.Since(start); took > test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
			})
		})
	}
}

// A RST is heard however often the socket is looked at meanwhile.
func TestCloseHearsReset(t *testing.T) {
	for range 60 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
				p.AcceptPublish()
				time.Sleep(60 * time.Millisecond) // and closes with what came unread
			})
			c := rtmp.Client{WriteTimeout: 200 * time.Millisecond}
			p, err := c.Publish(t.Context(), target(t, s.URL("live/show")))
			if err != nil {
				t.Fatal(err)
			}
			m := message.Message{Type: message.TypeVideo, Payload: make([]byte, 5000)}
			if err := errors.Join(p.Write(&m), p.Close()); err == nil {
				t.Error("Close says that all has arrived at a server that has read nothing")
			}
		})
	}
}

// sips reads little at a time, and so no more than one of TLS's records.
type sips struct{ net.Conn }

func (s sips) Read(b []byte) (int, error) { return s.Conn.Read(b[:min(5, len(b))]) }

// TLS says goodbye itself, which a server need not read that has heard ours.
func TestCloseOverTLS(t *testing.T) {
	ca := newAuthority(t)
	cfg := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "127.0.0.1")}}
	for name, leave := range map[string]func(p *rtmptest.Peer){
		"and the server reads to the end": func(p *rtmptest.Peer) { _, _ = io.Copy(io.Discard, p.Conn) },
		"and the server hangs up":         func(p *rtmptest.Peer) { _ = p.Conn.Close() },
		"and the server hangs up without a word": func(p *rtmptest.Peer) {
			_ = p.Conn.(*tls.Conn).NetConn().Close()
		},
		"and the server asks something": func(p *rtmptest.Peer) {
			_, _ = p.Conn.Read(make([]byte, 1)) // close_notify
			p.UserControl(message.EventPingRequest, 1)
			time.Sleep(10 * time.Millisecond)
		},
		"and the server says that it has all": func(p *rtmptest.Peer) {
			p.Status("status", "NetStream.Unpublish.Success")
			_, _ = io.Copy(io.Discard, p.Conn)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
				q := p.On(tls.Server(sips{p.Conn}, cfg))
				q.AcceptPublish()
				for q.ReadMedia() != nil {
				}
				leave(q)
			})
			c := rtmp.Client{TLSConfig: &tls.Config{RootCAs: ca.pool}}
			url := strings.Replace(s.URL("live/show"), "rtmp:", "rtmps:", 1)
			if err, closing := publish(t, &c, target(t, url), videoAt(0)); err != nil || closing != nil {
				t.Error(err, closing)
			}
		})
	}
}
