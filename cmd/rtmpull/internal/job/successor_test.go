package job

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// pictures checks that a recording has the pictures from 0 to n once, on one time line.
func pictures(t *testing.T, recorded []byte, n uint32) {
	t.Helper()
	i := uint32(0)
	for _, tg := range only(tags(t, recorded), videoTag) {
		if !bytes.Equal(tg.Body, numbered(i%25 == 0, i)) || tg.Timestamp != 40*i {
			t.Fatalf("picture %d, at %d ms, is not the one", i, tg.Timestamp)
		}
		i++
	}
	if i != n {
		t.Errorf("%d pictures, want %d", i, n)
	}
}

// then plays a script and goes on with another.
func then(first, next rtmptest.Script) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		first(p)
		next(p)
	}
}

// complete ends a stream for good.
func complete(p *rtmptest.Peer) {
	p.Status("status", "NetStream.Play.Complete")
	p.Linger()
}

// group sends pictures in one go, as a server does that has kept them.
func group(from, to uint32) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		p.AcceptPlay()
		for i := from; i < to; i++ {
			p.Video(40*i, numbered(i%25 == 0, i))
		}
	}
}

// TestSuccessor: the connection that a server leads to takes over if it is good, and
// only then; a bad one costs nothing.
func TestSuccessor(t *testing.T) {
	const other = "rtmp://other/live"
	silent := func(p *rtmptest.Peer) { p.Linger() }
	mute := then((*rtmptest.Peer).Handshake, silent)
	for name, test := range map[string]struct {
		old       func(g *programme) rtmptest.Script
		new       func(g *programme) []rtmptest.Script
		pictures  uint32
		reconnect int
		told      int // requests that were heeded
		failed    bool
	}{
		"dies within the overlap": {
			old: func(g *programme) rtmptest.Script {
				return then(g.from(0, 0, 1500, false, reconnect(210, other)), complete)
			},
			new: func(*programme) []rtmptest.Script {
				return []rtmptest.Script{then(group(200, 215), func(*rtmptest.Peer) { time.Sleep(time.Second) })}
			},
			pictures: 1500, told: 1,
		},
		"dies, and another is asked for": {
			old: func(g *programme) rtmptest.Script {
				return g.from(0, 0, 1500, false, func(p *rtmptest.Peer, i uint32) {
					reconnect(210, other)(p, i)
					reconnect(810, other)(p, i)
				})
			},
			new: func(g *programme) []rtmptest.Script {
				return []rtmptest.Script{group(200, 215), then(g.from(0, 0, 1400, true, nil), complete)}
			},
			pictures: 1400, told: 2, reconnect: 1,
		},
		"falls silent": {
			old: func(g *programme) rtmptest.Script {
				return then(g.from(0, 0, 1500, false, reconnect(210, other)), complete)
			},
			new:      func(*programme) []rtmptest.Script { return []rtmptest.Script{then(group(200, 211), silent)} },
			pictures: 1500, told: 1,
		},
		"does not keep up": {
			old: func(g *programme) rtmptest.Script {
				return then(g.from(0, 0, 1000, false, reconnect(210, other)), complete)
			},
			new: func(*programme) []rtmptest.Script {
				return []rtmptest.Script{func(p *rtmptest.Peer) {
					group(200, 211)(p)
					for i := uint32(211); i < 1000; i++ {
						p.Video(40*i, numbered(i%25 == 0, i))
						time.Sleep(80 * time.Millisecond)
					}
				}}
			},
			pictures: 1000, told: 1,
		},
		"is late and good": {
			old: func(g *programme) rtmptest.Script { return g.from(0, 0, 1500, false, reconnect(210, other)) },
			new: func(g *programme) []rtmptest.Script {
				return []rtmptest.Script{func(p *rtmptest.Peer) {
					time.Sleep(5 * time.Second)
					then(g.from(0, 0, 600, true, nil), complete)(p)
				}}
			},
			pictures: 600, told: 1, reconnect: 1,
		},
		"is asked for in the last word": {
			old: func(g *programme) rtmptest.Script {
				return then(g.from(0, 0, 300, false, nil), func(p *rtmptest.Peer) { reconnect(0, other)(p, 0) })
			},
			new: func(g *programme) []rtmptest.Script {
				return []rtmptest.Script{then(g.from(0, 0, 600, true, nil), complete)}
			},
			pictures: 600, told: 1, reconnect: 1,
		},
		"is asked for behind the end": {
			old: func(g *programme) rtmptest.Script {
				return then(g.from(0, 0, 300, false, nil), func(p *rtmptest.Peer) {
					p.Status("status", "NetStream.Play.UnpublishNotify")
					reconnect(0, other)(p, 0)
				})
			},
			new: func(g *programme) []rtmptest.Script {
				return []rtmptest.Script{then(g.from(0, 0, 600, true, nil), complete)}
			},
			pictures: 600, told: 1, reconnect: 1,
		},
		"is asked for in vain behind the end": {
			old: func(g *programme) rtmptest.Script {
				return then(g.from(0, 0, 300, false, nil), func(p *rtmptest.Peer) {
					p.Status("status", "NetStream.Play.UnpublishNotify")
					reconnect(0, other)(p, 0)
				})
			},
			pictures: 300, told: 1,
		},
		"is asked for by a server that says nothing more": {
			old: func(g *programme) rtmptest.Script {
				return then(g.from(0, 0, 300, false, nil), func(p *rtmptest.Peer) {
					reconnect(0, other)(p, 0)
					p.Linger()
				})
			},
			new: func(g *programme) []rtmptest.Script {
				return []rtmptest.Script{then(g.from(0, 0, 600, true, nil), complete)}
			},
			pictures: 600, told: 1, reconnect: 1,
		},
		"is there in time": {
			old: func(g *programme) rtmptest.Script { return g.from(0, 0, 300, false, reconnect(299, other)) },
			new: func(g *programme) []rtmptest.Script {
				return []rtmptest.Script{func(p *rtmptest.Peer) {
					time.Sleep(moveWithin / 2)
					p.AcceptPlay()
					for i := uint32(300); i < 600; i++ {
						p.Video(40*i, numbered(i%25 == 0, i))
					}
					complete(p)
				}}
			},
			pictures: 600, told: 1, reconnect: 1,
		},
		"never answers": {
			old:      func(g *programme) rtmptest.Script { return g.from(0, 0, 300, false, reconnect(250, other)) },
			new:      func(*programme) []rtmptest.Script { return []rtmptest.Script{mute} },
			pictures: 300, told: 1, failed: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &programme{time.Now()}
				var out bytes.Buffer
				p := newPull(t, &out, nil)
				var more []rtmptest.Script
				if test.new != nil {
					more = test.new(g)
				}
				p.Client.DialContext = rtmptest.Dial(t, test.old(g), more...)
				p.Client.IdleTimeout = 30 * time.Second
				p.Retry = Retry{}
				var told events
				p.Report = told.add
				r := p.Run(t.Context())
				if (r.Err != nil) != test.failed || r.Reconnects != test.reconnect || r.Gaps != 0 {
					t.Errorf("%v, %d connections again, %d gaps", r.Err, r.Reconnects, r.Gaps)
				}
				heeded := 0
				for _, e := range told.of(Moving) {
					if e.Err == nil {
						heeded++
					}
				}
				if heeded != test.told {
					t.Errorf("%d requests heeded", heeded)
				}
				if late := r.Took - time.Duration(test.pictures)*40*time.Millisecond; late > moveWithin+time.Second {
					t.Errorf("over %v late", late)
				}
				pictures(t, out.Bytes(), test.pictures)
			})
		})
	}
}

// TestMoveRecorded: a recorded stream is not played anew from its beginning because
// a server asks to connect anew; when that hangs up the rest comes from the other.
func TestMoveRecorded(t *testing.T) {
	film := func(to uint32, starts *[]float64) rtmptest.Script {
		return func(p *rtmptest.Peer) {
			play := p.AcceptPlay()
			start := 0.0
			if len(play.Args) > 1 {
				start = max(0, float64(play.Args[1].(amf.Number)))
			}
			*starts = append(*starts, start)
			p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
			i := uint32(start) / 40
			for i -= i % 25; i < to; i++ {
				reconnect(0, "rtmp://other/live")(p, i%100)
				p.Video(40*i, numbered(i%25 == 0, i))
				time.Sleep(time.Millisecond)
			}
			if to == 2000 {
				complete(p)
			}
		}
	}
	for name, test := range map[string]struct {
		kind session.Kind
		ends uint32 // the first server, with this picture
		want []string
	}{
		"asked for":           {session.Recorded, 2000, []string{"h:1935"}},
		"told so":             {session.Any, 2000, []string{"h:1935"}},
		"asked for, hangs up": {session.Recorded, 1100, []string{"h:1935", "other:1935"}},
		"told so, hangs up":   {session.Any, 1100, []string{"h:1935", "other:1935"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				var starts []float64
				p := newPull(t, &out, nil)
				p.Target.Session.Kind = test.kind
				dial := rtmptest.Dial(t, film(test.ends, &starts), film(2000, &starts))
				var dialled []string
				p.Client.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
					dialled = append(dialled, addr)
					return dial(ctx, network, addr)
				}
				r := p.Run(t.Context())
				if r.Err != nil || r.Gaps != 0 || !slices.Equal(dialled, test.want) {
					t.Errorf("%v, %d gaps, dialled %v, from %v", r.Err, r.Gaps, dialled, starts)
				}
				pictures(t, out.Bytes(), 2000)
			})
		})
	}
}

// TestMoveNoWait: nothing waits for a connection that is not wanted any more.
func TestMoveNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPull(t, new(bytes.Buffer), nil)
		p.Splice = flvout.SplicerOptions{OnChange: flvout.ChangeExit}
		p.Client.DialContext = rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			send := func(tg flvout.Tag) { p.Video(tg.Timestamp, tg.Body) }
			send(avcConfig(0, 1))
			for i := range uint32(100) {
				reconnect(50, "rtmp://other/live")(p, i)
				send(avcFrame(40*i, byte(i), i%25 == 0))
				time.Sleep(40 * time.Millisecond)
			}
			send(avcConfig(4000, 2))
			send(avcFrame(4000, 1, true))
			p.Linger()
		}, then((*rtmptest.Peer).Handshake, (*rtmptest.Peer).Linger))
		if r := p.Run(t.Context()); r.Reason != Changed || r.Took > 4100*time.Millisecond {
			t.Errorf("%q, %v, after %v", r.Reason, r.Err, r.Took)
		}
	})
	stopped := errors.New("stopped")
	for name, after := range map[string]time.Duration{"beside the old one": 9 * time.Second, "behind its end": 13 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &programme{time.Now()}
				p := newPull(t, new(bytes.Buffer), nil)
				p.Client.DialContext = rtmptest.Dial(t, g.from(0, 0, 300, false, reconnect(200, "rtmp://other/live")),
					then((*rtmptest.Peer).Handshake, (*rtmptest.Peer).Linger))
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(after, func() { cancel(stopped) })
				if r := p.Run(ctx); !errors.Is(r.Err, stopped) || r.Took != after {
					t.Errorf("%v after %v", r.Err, r.Took)
				}
			})
		})
	}
}

// TestSuccessorKeeps: what is kept of a connection that does not take over is
// bounded, whatever it sends.
func TestSuccessorKeeps(t *testing.T) {
	video := func(ts uint32, key bool) *message.Message {
		return &message.Message{Type: message.TypeVideo, Timestamp: ts, Payload: numbered(key, ts)}
	}
	audio := &message.Message{Type: message.TypeAudio, Payload: []byte{0x2F, 1}}
	empty := &message.Message{Type: message.TypeAudio}
	begun := func(s *successor) { _ = s.keep(video(0, true)) }
	for name, test := range map[string]struct {
		first   func(s *successor)
		message *message.Message
		kept    int // messages at most
		err     error
	}{
		"nothing before the key frame":  {message: empty},
		"pictures before the key frame": {message: video(0, false)},
		"sound before the key frame":    {message: audio, kept: maxMovePrelude/keptMessage + 1, err: errNoKeyFrame},
		"nothing behind it":             {first: begun, message: empty, kept: maxMoveQueue/keptMessage + 2, err: errUnsteady},
		"sound behind it":               {first: begun, message: audio, kept: maxMoveQueue/keptMessage + 2, err: errUnsteady},
	} {
		t.Run(name, func(t *testing.T) {
			cut := false
			s := &successor{video: true, cut: func() { cut = true }, over: make(chan struct{})}
			close(s.over)
			if test.first != nil {
				test.first(s)
				s.gone.media = time.Minute // on the old connection
			}
			var err error
			for n := 0; n < 200_000 && err == nil; n++ {
				err = s.keep(test.message)
			}
			if !errors.Is(err, test.err) || len(s.queue) > test.kept || cut {
				t.Errorf("%v, %d messages kept", err, len(s.queue))
			}
		})
	}
}
