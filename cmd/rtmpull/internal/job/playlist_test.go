package job

import (
	"bytes"
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
