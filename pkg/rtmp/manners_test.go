package rtmp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// A caller is the client's opening, as a server sees it.
type caller struct {
	*rtmptest.Peer
	opening string // usual, without list, cautious
}

// openings serves any number of connections, to each of which a server does what
// says, and notes by which openings they came.
type openings struct {
	mu   sync.Mutex
	seen []string
}

func (o *openings) dial(t *testing.T, says func(c caller)) rtmptest.DialFunc {
	script := func(p *rtmptest.Peer) {
		p.Handshake()
		connect := p.Expect("connect")
		object, _ := amf.AsObject(connect.Object)
		c := caller{p, "cautious"}
		switch {
		case object.Get("fourCcList") != nil:
			c.opening = "usual"
		case object.Get("capsEx") != nil:
			c.opening = "without list"
		}
		o.mu.Lock()
		o.seen = append(o.seen, c.opening)
		o.mu.Unlock()
		says(c)
	}
	return rtmptest.Dial(t, script, slices.Repeat([]rtmptest.Script{script}, 200)...)
}

// take is what was seen since the last take.
func (o *openings) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := strings.Join(o.seen, ", ")
	o.seen = nil
	return s
}

func (c caller) grant() {
	c.Command(0, "_result", 1, nil, rtmptest.Info("status", "NetConnection.Connect.Success", ""))
}

func (c caller) oneFrame() {
	c.grant()
	c.Result(c.Await("createStream"), amf.Number(rtmptest.StreamID))
	c.Await("play")
	c.Video(0, payload)
	stop(c.Peer)
}

// go2rtc passes over what has a list.
func go2rtc(c caller) {
	if c.opening == "usual" {
		c.Linger()
	}
	c.oneFrame()
}

// only hangs up on all openings but one.
func only(opening string) func(c caller) {
	return func(c caller) {
		if c.opening == opening {
			c.oneFrame()
		}
	}
}

// The openings by which a server is called, one stream after the other.
func TestManners(t *testing.T) {
	mediamtx := func(c caller) { c.grant() } // nobody publishes
	const usual, listless, cautious = "usual", "without list", "cautious"
	const both, all = usual + ", " + cautious, usual + ", " + listless + ", " + cautious
	tests := []struct {
		name   string
		server func(call int, c caller) // call counts the streams that are asked for
		want   []string
	}{
		{"a server that takes the usual one", func(_ int, c caller) { c.oneFrame() }, []string{usual, usual}},
		{"silence is believed at once", func(_ int, c caller) { go2rtc(c) }, []string{
			usual + ", " + listless, listless, listless,
		}},
		{"silence, and no such stream", func(_ int, c caller) {
			if c.opening != usual {
				c.grant()
				return
			}
			c.Linger()
		}, []string{all, listless, listless, listless, listless, listless + ", " + cautious, listless}},
		{"hanging up is believed the second time", func(_ int, c caller) { only(cautious)(c) }, []string{all, all, cautious, cautious}},
		{"... but not if it was by chance", func(call int, c caller) {
			if call == 1 { // it takes what comes
				c.oneFrame()
				return
			}
			only(cautious)(c)
		}, []string{all, usual, all, all, cautious}},
		{"a server that takes none is asked once, for a while", func(_ int, c caller) { mediamtx(c) }, []string{
			both, usual, usual, usual, usual, both, usual,
		}},
		{"and at once by the usual one when it works again", func(call int, c caller) {
			if call == 2 || call == 3 {
				c.oneFrame()
				return
			}
			mediamtx(c)
		}, []string{both, usual, usual, usual, both, usual}},
		{"a server that begins to work between two attempts", func(call int, c caller) {
			if call == 0 && c.opening == usual {
				mediamtx(c)
				return
			}
			c.oneFrame()
		}, []string{both, usual, usual}},
		{"a server that has become another one", func(call int, c caller) {
			if call < 2 {
				go2rtc(c)
				return
			}
			only(usual)(c)
		}, []string{usual + ", " + listless, listless, listless + ", " + cautious, usual, usual}},
		{"a refusal in words is an answer", func(_ int, c caller) {
			if c.opening == usual {
				c.Linger()
			}
			c.Command(0, "_error", 1, nil, rtmptest.Info("error", "NetConnection.Connect.InvalidApp", ""))
			c.Linger()
		}, []string{usual + ", " + listless, listless}},
	}
	for _, test := range tests {
		for _, remember := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, remembered %v", test.name, remember), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var o openings
					call := 0
					c := rtmp.Client{DialContext: o.dial(t, func(c caller) { test.server(call, c) })}
					if remember {
						c.Manners = new(rtmp.Manners)
					}
					for n, want := range test.want {
						call = n
						copied := c // as every stream may have a Trace of its own
						_, _ = pull(t, &copied, target(t, "rtmp://host/live/show"))
						if !remember {
							if got := o.take(); !strings.HasPrefix(got, usual) {
								t.Errorf("stream %d: called by %s", n, got)
							}
							continue
						}
						if got := o.take(); got != want {
							t.Errorf("stream %d: called by %s; want %s", n, got, want)
						}
					}
				})
			})
		}
	}
}

// A publisher goes down the same ladder.
func TestMannersOfPublisher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o openings
		c := rtmp.Client{Manners: new(rtmp.Manners), DialContext: o.dial(t, func(c caller) {
			if c.opening != "cautious" {
				c.Linger()
			}
			c.grant()
			c.GrantPublish()
			c.Linger()
		})}
		for n, want := range []time.Duration{20 * time.Second, 0} {
			start := time.Now()
			p, err := c.Publish(t.Context(), target(t, "rtmp://host/live/show"))
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != want {
				t.Errorf("stream %d: took %v, want %v", n, took, want)
			}
			_ = p.Close()
		}
		if got, want := o.take(), "usual, without list, cautious, cautious"; got != want {
			t.Errorf("called by %s, want %s", got, want)
		}
	})
}

// What is learned of one server is not said of another, and the ports of a host
// are servers of their own. Of very many some are forgotten, and nothing else
// happens. (Under the race detector this is also about many at once.)
func TestMannersOfManyServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o openings
		go2rtc, other := o.dial(t, go2rtc), o.dial(t, func(c caller) { c.oneFrame() })
		c := rtmp.Client{Manners: new(rtmp.Manners), DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == "host:1935" {
				return go2rtc(ctx, network, addr)
			}
			return other(ctx, network, addr)
		}}
		for _, call := range []struct{ url, want string }{
			{"rtmp://host/live/show", "usual, without list"},
			{"rtmp://host:1935/live/other", "without list"},
			{"rtmp://host:1936/live/show", "usual"},
			{"rtmp://other/live/show", "usual"},
			{"rtmp://host/live/show", "without list"},
		} {
			if _, err := pull(t, &c, target(t, call.url)); err != io.EOF {
				t.Errorf("%s: %v", call.url, err)
			}
			if got := o.take(); got != call.want {
				t.Errorf("%s: called by %s, want %s", call.url, got, call.want)
			}
		}
	})
	hangUp := func(ctx context.Context, network, addr string) (net.Conn, error) {
		client, server := rtmptest.Pipe()
		_ = server.Close()
		return client, nil
	}
	c := rtmp.Client{Manners: new(rtmp.Manners), DialContext: hangUp}
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			for i := range 200 {
				copied := c
				_, err := copied.Play(t.Context(), target(t, fmt.Sprintf("rtmp://h%d/live/show", (n*100+i)%600)))
				if e, ok := errors.AsType[*rtmp.Error](err); !ok || e.Phase != rtmp.PhaseHandshake {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	wait.Wait()
}

// The digest handshake is that of the cautious opening alone, and remembered with it.
func TestMannersOfHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var digests []bool
		script := func(p *rtmptest.Peer) {
			c := &first{Conn: p.Conn}
			p = p.On(c)
			c1 := make([]byte, 1537)
			_, _ = io.ReadFull(p.Conn, c1)
			digest := !bytes.Equal(c1[5:9], make([]byte, 4))
			digests = append(digests, digest)
			if !digest {
				return
			}
			c.again = c1
			p.AcceptPlay()
			p.Video(0, payload)
			stop(p)
		}
		c := rtmp.Client{Manners: new(rtmp.Manners), DialContext: rtmptest.Dial(t, script, script, script, script, script)}
		for range 3 {
			if _, err := pull(t, &c, target(t, "rtmp://host/live/show")); err != io.EOF {
				t.Fatal(err)
			}
		}
		if want := []bool{false, true, false, true, true}; !slices.Equal(digests, want) {
			t.Errorf("digests offered: %v, want %v", digests, want)
		}
	})
}

// first is a connection of which the first bytes are read again.
type first struct {
	net.Conn
	again []byte
}

func (c *first) Read(b []byte) (int, error) {
	if len(c.again) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.again)
	c.again = c.again[n:]
	return n, nil
}
