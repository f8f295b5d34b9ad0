package rtmp_test

import (
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// The ways in which servers announce the end of a live stream: nginx-rtmp in
// live, with publish_notify and with play_restart, node-media-server 2,
// crtmpserver, FMS and Wowza.
var announcements = map[string]func(p *rtmptest.Peer){
	"Stream EOF": streamEOF,
	"Stream EOF and UnpublishNotify": func(p *rtmptest.Peer) {
		streamEOF(p)
		unpublish(p)
	},
	"UnpublishNotify": unpublish,
	"UnpublishNotify, Play.Stop and Stream EOF": func(p *rtmptest.Peer) {
		unpublish(p)
		stop(p)
		streamEOF(p)
	},
	"Play.Stop": stop,
	"onFCUnsubscribe": func(p *rtmptest.Peer) {
		p.Command(0, "onFCUnsubscribe", 0, nil, rtmptest.Info("status", "NetStream.Play.Stop", ""))
	},
	"onPlayStatus": func(p *rtmptest.Peer) {
		p.Data(40, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Complete", ""))
	},
}

func streamEOF(p *rtmptest.Peer) { p.UserControl(message.EventStreamEOF, rtmptest.StreamID) }
func unpublish(p *rtmptest.Peer) { p.Status("status", "NetStream.Play.UnpublishNotify") }

func isRecorded(p *rtmptest.Peer) { p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID) }

// Rows 14, 24 and 30, live: the end that is announced is believed after the grace,
// however the server puts it, and whatever pings come meanwhile. A server that
// hangs up has said it before.
func TestAnnouncedEnd(t *testing.T) {
	for name, announce := range announcements {
		after := func(then func(p *rtmptest.Peer)) []rtmptest.Script {
			return playing(func(p *rtmptest.Peer) {
				p.Video(0, payload)
				announce(p)
				then(p)
			})
		}
		hear := func(event message.ControlEvent) func(p *rtmptest.Peer) {
			return func(p *rtmptest.Peer) { p.UserControl(event, rtmptest.StreamID) }
		}
		later := func(then func(p *rtmptest.Peer)) func(p *rtmptest.Peer) {
			return func(p *rtmptest.Peer) {
				time.Sleep(time.Second)
				then(p)
			}
		}
		// back is a publisher that comes back after 4 s, and has something to send
		// only a minute later.
		back := func(begin func(p *rtmptest.Peer)) []rtmptest.Script {
			return after(func(p *rtmptest.Peer) {
				time.Sleep(4 * time.Second)
				begin(p)
				time.Sleep(time.Minute)
				p.Video(40, payload)
				stop(p)
			})
		}
		tell(t, []story{
			{name: name, scripts: after((*rtmptest.Peer).Linger), got: 1, err: io.EOF, took: rtmp.DefaultEOFGrace},
			{name: name + ", and pings", client: rtmp.Client{EOFGrace: 2 * time.Second}, scripts: after(func(p *rtmptest.Peer) {
				for {
					p.UserControl(message.EventPingRequest, 1)
					time.Sleep(time.Second)
				}
			}), got: 1, err: io.EOF, took: 2 * time.Second},
			{name: name + ", with no grace", client: rtmp.Client{EOFGrace: -1}, scripts: after(func(p *rtmptest.Peer) {
				p.Video(40, payload)
				p.Linger()
			}), got: 1, err: io.EOF},
			{name: name + ", and FIN", scripts: after(later(func(*rtmptest.Peer) {})), got: 1, err: io.EOF, took: time.Second},
			{name: name + ", and RST", scripts: after(later((*rtmptest.Peer).Abort)), got: 1, err: io.EOF, took: time.Second},
			{name: name + ", and close", scripts: after(later(func(p *rtmptest.Peer) {
				p.Command(0, "close", 0, nil)
				p.Linger()
			})), got: 1, err: io.EOF, took: time.Second},
			{name: name + ", and Connect.Closed", scripts: after(later(func(p *rtmptest.Peer) {
				p.Status("status", "NetConnection.Connect.Closed")
				p.Linger()
			})), got: 1, err: io.EOF, took: time.Second},
			{name: name + ", and chunks that are none", scripts: after(func(p *rtmptest.Peer) {
				_, _ = p.Write([]byte{2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0})
				p.Linger()
			}), got: 1, phase: rtmp.PhaseStream, says: "chunk size of 0"},
			{name: name + ", and PublishNotify", scripts: back(func(p *rtmptest.Peer) { p.Status("status", "NetStream.Play.PublishNotify") }),
				got: 2, err: io.EOF, took: time.Minute + 4*time.Second},
			{name: name + ", and Play.Start", scripts: back(func(p *rtmptest.Peer) { p.Status("", "NetStream.Play.Start") }),
				got: 2, err: io.EOF, took: time.Minute + 4*time.Second},
			{name: name + ", and Stream Begin", scripts: back(hear(message.EventStreamBegin)),
				got: 2, err: io.EOF, took: time.Minute + 4*time.Second},
			{name: name + ", and media", scripts: back(func(p *rtmptest.Peer) { p.Audio(20, payload) }),
				got: 3, err: io.EOF, took: time.Minute + 4*time.Second},
		})
	}
}

// Row 24, recorded: Play.Stop is the end, whether the stream was asked for as a
// recorded one or the server says so, and Play.Complete is that of every stream.
func TestEndOfRecordedStream(t *testing.T) {
	completed := func(p *rtmptest.Peer) {
		complete(p)
		p.Linger()
	}
	stopped := func(p *rtmptest.Peer) {
		stop(p)
		p.Linger()
	}
	said := func(then rtmptest.Script) []rtmptest.Script {
		return playing(func(p *rtmptest.Peer) {
			isRecorded(p)
			p.Video(0, payload)
			then(p)
		})
	}
	frame := func(then rtmptest.Script) []rtmptest.Script {
		return playing(func(p *rtmptest.Peer) {
			p.Video(0, payload)
			then(p)
		})
	}
	live := func(to *rtmp.Target) { to.Session.Kind = session.Live }
	tell(t, []story{
		{name: "asked for, Play.Stop", kind: recorded, scripts: frame(stopped), got: 1, err: io.EOF},
		{name: "said, Play.Stop", scripts: said(stopped), got: 1, err: io.EOF},
		{name: "said of what was asked for as live, Play.Stop", kind: live, scripts: said(stopped),
			got: 1, err: io.EOF, took: rtmp.DefaultEOFGrace},
		{name: "Play.Stop behind onPlayStatus and Stream EOF", kind: recorded, scripts: frame(func(p *rtmptest.Peer) {
			streamEOF(p)
			announcements["onPlayStatus"](p)
			time.Sleep(time.Second)
			stopped(p)
		}), got: 1, err: io.EOF, took: time.Second},
		{name: "UnpublishNotify", kind: recorded, scripts: frame(func(p *rtmptest.Peer) {
			unpublish(p)
			p.Linger()
		}), got: 1, err: io.EOF, took: rtmp.DefaultEOFGrace},
		{name: "asked for, Play.Complete", kind: recorded, scripts: frame(completed), got: 1, err: io.EOF},
		{name: "live, Play.Complete", kind: live, scripts: frame(completed), got: 1, err: io.EOF},
		{name: "cut", kind: recorded, scripts: frame(func(*rtmptest.Peer) {}),
			got: 1, phase: rtmp.PhaseStream, err: io.ErrUnexpectedEOF},
	})
}

// TestEndedAt: what a caller knows of the end after each Next.
func TestEndedAt(t *testing.T) {
	const grace = 3 * time.Second
	tests := []struct {
		name  string
		kind  session.Kind
		then  func(p *rtmptest.Peer) // a second after a frame
		err   error
		after time.Duration // since that second; negative: zero
		took  time.Duration
	}{
		{"announced", session.Any, func(p *rtmptest.Peer) { unpublish(p); p.Linger() }, io.EOF, 0, grace},
		{"announced twice", session.Live, func(p *rtmptest.Peer) {
			streamEOF(p)
			time.Sleep(time.Second)
			unpublish(p)
			p.Linger()
		}, io.EOF, 0, grace},
		{"announced, and hung up", session.Any, func(p *rtmptest.Peer) {
			streamEOF(p)
			time.Sleep(time.Second)
		}, io.EOF, 0, time.Second},
		{"announced, taken back, announced", session.Any, func(p *rtmptest.Peer) {
			streamEOF(p)
			p.UserControl(message.EventStreamBegin, rtmptest.StreamID)
			time.Sleep(time.Minute)
			streamEOF(p)
			p.Linger()
		}, io.EOF, time.Minute, time.Minute + grace},
		{"announced, taken back, cut", session.Any, func(p *rtmptest.Peer) {
			streamEOF(p)
			p.Status("status", "NetStream.Play.PublishNotify")
			time.Sleep(time.Second)
			p.Abort()
		}, syscall.ECONNRESET, -1, time.Second},
		{"cut", session.Any, func(*rtmptest.Peer) {}, io.ErrUnexpectedEOF, -1, 0},
		{"over for good", session.Recorded, func(p *rtmptest.Peer) {
			streamEOF(p)
			time.Sleep(time.Second)
			stop(p)
			p.Linger()
		}, io.EOF, -1, time.Second},
		{"complete", session.Live, func(p *rtmptest.Peer) {
			unpublish(p)
			complete(p)
			p.Linger()
		}, io.EOF, -1, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := rtmp.Client{EOFGrace: grace, DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
					p.AcceptPlay()
					p.Video(0, payload)
					time.Sleep(time.Second)
					test.then(p)
				})}
				to := target(t, "rtmp://host/live/show")
				to.Session.Kind = test.kind
				p, err := c.Play(t.Context(), to)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				start := time.Now().Add(time.Second)
				if _, err := p.Next(); err != nil || !p.EndedAt().IsZero() {
					t.Fatalf("Next: %v, EndedAt %v; want media and no end", err, p.EndedAt())
				}
				_, err = p.Next()
				checkError(t, err, rtmp.PhaseStream, test.err, "")
				if took := time.Since(start); took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
				if at := p.EndedAt(); at.IsZero() != (test.after < 0) || !at.IsZero() && at.Sub(start) != test.after {
					t.Errorf("EndedAt is %v behind, zero %v; want %v", at.Sub(start), at.IsZero(), test.after)
				}
			})
		})
	}
}

// Row 26: a Stream EOF that answers the pause which wakes a silent stream is no
// end of it.
func TestStreamEOFAfterBounce(t *testing.T) {
	watch := rtmp.Client{IdleTimeout: 30 * time.Second}
	tell(t, []story{
		{name: "it goes on", client: watch, kind: recorded, scripts: playing(func(p *rtmptest.Peer) {
			p.Video(100, payload)
			p.Await("pause")
			p.Status("status", "NetStream.Pause.Notify")
			p.Expect("pause") // it is to be resumed at once
			streamEOF(p)
			time.Sleep(10 * time.Second) // longer than the grace
			p.Video(140, payload)
			stop(p)
		}), got: 2, err: io.EOF, took: 40 * time.Second},
		{name: "it stays silent", client: watch, kind: recorded, scripts: playing(func(p *rtmptest.Peer) {
			p.Video(100, payload)
			p.Await("pause")
			p.Status("status", "NetStream.Pause.Notify")
			streamEOF(p)
			p.Linger()
		}), got: 1, phase: rtmp.PhaseStream, err: rtmp.ErrIdle, took: 60 * time.Second},
		{name: "and the end after it", client: watch, kind: recorded, scripts: playing(func(p *rtmptest.Peer) {
			p.Video(100, payload)
			p.Await("pause")
			p.Status("status", "NetStream.Pause.Notify")
			streamEOF(p)
			streamEOF(p)
			p.Linger()
		}), got: 1, err: io.EOF, took: 30*time.Second + rtmp.DefaultEOFGrace},
	})
}
