package job

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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

// TestPlaylist: the items of a playlist, each with timestamps from 0 on, are recorded on
// one time line; other parameters are a change like any.
func TestPlaylist(t *testing.T) {
	items := []film{newFilm(1, 20*time.Second), newFilm(2, 4*time.Second), newFilm(3, 30*time.Second)}
	changed := append(film{}, items[1]...)
	changed[1] = avcConfig(0, 2)
	for name, test := range map[string]struct {
		kind   session.Kind
		list   []film
		change flvout.Change
		reason Reason
		frames int64
	}{
		"alike":            {session.Recorded, items, 0, StreamEnded, 1350},
		"from the start":   {session.FromStart, items, 0, StreamEnded, 1350},
		"another picture":  {session.Recorded, []film{items[0], changed, items[2]}, flvout.ChangeKeep, StreamEnded, 1350},
		"until it changes": {session.Recorded, []film{items[0], changed}, flvout.ChangeExit, Changed, 500},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				p := newPull(t, &out, func(p *rtmptest.Peer) {
					p.AcceptPlay()
					p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
					for n, item := range test.list {
						if n > 0 {
							p.Status("status", "NetStream.Play.Stop")
							time.Sleep(500 * time.Millisecond)
							p.Data(0, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Switch", ""))
							p.Status("status", "NetStream.Play.Start")
						}
						p.Data(0, metadata(amf.Number(20))...)
						for _, tg := range item[1:] {
							p.Send(message.Message{
								ChunkStreamID: uint32(tg.Type), Type: message.Type(tg.Type), StreamID: rtmptest.StreamID,
								Timestamp: tg.Timestamp, Payload: tg.Body,
							})
						}
					}
					p.Data(0, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Complete", ""))
					p.Status("status", "NetStream.Play.Stop")
					p.Linger()
				})
				c := &p.Target.Session
				c.Kind, c.Playlist = test.kind, true
				p.Splice.OnChange = test.change
				p.Retry = Retry{Attempts: Unlimited, MaxTime: time.Minute}
				r := p.Run(t.Context())
				if r.Err != nil || r.Reason != test.reason || r.Stats.Frames != test.frames || r.Reconnects > 0 {
					t.Fatalf("%q, %v, %d pictures, %d connections", r.Reason, r.Err, r.Stats.Frames, r.Reconnects)
				}
				if want := time.Duration(test.frames) * 40 * time.Millisecond; (r.Duration - want).Abs() > 200*time.Millisecond {
					t.Errorf("%v, want %v", r.Duration, want)
				}
				last := uint32(0)
				for _, tg := range only(tags(t, out.Bytes()), videoTag) {
					if tg.Timestamp < last || tg.Timestamp > last+200 {
						t.Errorf("a picture at %d ms follows one at %d", tg.Timestamp, last)
					}
					last = tg.Timestamp
				}
			})
		})
	}
}

// playlist plays items one after the other as fast as it can, the first from where it is
// asked to, and hangs up after n messages; below 0: all.
func playlist(items []film, n int) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		start, _ := amf.AsNumber(p.AcceptPlay().Args[1])
		p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
		for i, item := range items {
			if i > 0 {
				p.Data(0, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Switch", ""))
				p.Status("status", "NetStream.Play.Start")
				start = 0
			}
			length := item[len(item)-1].Timestamp + 40
			p.Data(0, metadata(amf.Number(float64(length)/1000))...)
			for _, tg := range item[1:] {
				if flvout.Classify(tg).Kind == flvout.KindFrame && float64(tg.Timestamp) < start {
					continue
				}
				if n--; n == 0 {
					return
				}
				p.Send(message.Message{
					ChunkStreamID: uint32(tg.Type), Type: message.Type(tg.Type), StreamID: rtmptest.StreamID,
					Timestamp: tg.Timestamp, Payload: tg.Body,
				})
			}
			p.Status("status", "NetStream.Play.Stop")
		}
		p.Data(0, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Complete", ""))
		p.Status("status", "NetStream.Play.Stop")
		p.Linger()
	}
}

// Where what comes twice would be recorded twice, a playlist is not taken up behind its
// first item.
func TestPlaylistLostRaw(t *testing.T) {
	items := []film{newFilm(1, 20*time.Second), newFilm(2, 20*time.Second)}
	p := newPull(t, new(bytes.Buffer), playlist(items, len(items[0])*3/2))
	c := &p.Target.Session
	c.Kind, c.Playlist, p.Splice.Raw = session.Recorded, true, true
	p.Retry = Retry{Attempts: 1, Delay: 1}
	if r := p.Run(t.Context()); !errors.Is(r.Err, errItem) || !errors.Is(r.Err, io.ErrUnexpectedEOF) || r.Reconnects > 0 {
		t.Errorf("%q, %v, %d connections", r.Reason, r.Err, r.Reconnects)
	}
}

// TestPlaylistLost: a playlist is taken up where it was lost, also if it has an item
// twice, and nothing is recorded twice for that.
func TestPlaylistLost(t *testing.T) {
	// The last item is the first one again.
	items := []film{newFilm(1, 50*time.Second), newFilm(2, 40*time.Second), newFilm(1, 50*time.Second)}
	one, two := len(items[0])-1, len(items[1])-1
	for name, after := range map[string]int{
		"in the first item":      one / 2,
		"at the end of it":       one,
		"in the second item":     one + two/2,
		"at the end of that":     one + two,
		"in the last item":       one + two + one/2,
		"early in the last item": one + two + 100,
	} {
		for _, kind := range []session.Kind{session.Recorded, session.FromStart} {
			t.Run(fmt.Sprintf("%s, kind %d", name, kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var out bytes.Buffer
					p := newPull(t, &out, nil)
					p.Client.DialContext = rtmptest.Dial(t, playlist(items, after), playlist(items, -1))
					c := &p.Target.Session
					c.Kind, c.Playlist = kind, true
					p.Retry = Retry{Attempts: 1, Delay: 1}
					r := p.Run(t.Context())
					var want []string
					frames := func(list []flvout.Tag) (bodies []string) {
						for _, tg := range only(list, videoTag) {
							if flvout.Classify(tg).Kind == flvout.KindFrame {
								bodies = append(bodies, string(tg.Body))
							}
						}
						return bodies
					}
					for _, item := range items {
						want = append(want, frames(item)...)
					}
					got := frames(tags(t, out.Bytes()))
					if r.Err != nil || r.Reconnects != 1 || !slices.Equal(got, want) {
						t.Errorf("%q, %v, %d connections, %d pictures, want %d", r.Reason, r.Err, r.Reconnects, len(got), len(want))
					}
				})
			})
		}
	}
}
