package job

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// play plays a film as a recorded stream, as fast as it can, from where it is asked to,
// with its own timestamps or from 0 on, n messages of it; or all, and then says so.
func (f film) play(n int, rebased bool) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		args := p.AcceptPlay().Args
		start, _ := amf.AsNumber(args[1])
		p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
		at := 0
		for i, t := range f {
			if t.Type == videoTag && t.Body[0] == 0x17 && float64(t.Timestamp) <= start {
				at = i
			}
		}
		base := uint32(0)
		if rebased {
			base = f[at].Timestamp
		}
		for i, t := range f {
			if i > 2 && i < at { // headers go first
				continue
			}
			if n--; n < 0 {
				return
			}
			p.Send(message.Message{
				ChunkStreamID: uint32(t.Type), Type: message.Type(t.Type), StreamID: rtmptest.StreamID,
				Timestamp: max(t.Timestamp, base) - base, Payload: t.Body,
			})
		}
		p.Data(0, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Complete", ""))
		p.Status("status", "NetStream.Play.Stop")
		p.Linger()
	}
}

// TestReplaced: the stream is another one when it is asked for again. Nothing of that is
// recorded, and the recording is not said to be complete.
func TestReplaced(t *testing.T) {
	first := newFilm(5, 45*time.Second)
	for name, other := range map[string]film{
		"another":               newFilm(6, 3*time.Minute),
		"a short one":           newFilm(6, 32*time.Second),
		"the same, and shorter": first[:len(first)/3],
		"sound alone":           newFilm(6, 3*time.Minute).without(videoTag),
	} {
		for _, kind := range []session.Kind{session.Recorded, session.FromStart} {
			for _, rebased := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, kind %d, rebased %t", name, kind, rebased), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						var out bytes.Buffer
						p := newPull(t, &out, nil)
						n := len(first) * 2 / 3
						p.Client.DialContext = rtmptest.Dial(t, first.play(n, false), other.play(len(other), rebased), other.play(len(other), rebased))
						p.Target.Session.Kind = kind
						p.Retry = Retry{Attempts: Unlimited, MaxTime: time.Minute}
						r := p.Run(t.Context())
						var lost *LostError
						if !errors.Is(r.Err, ErrAstray) || !errors.As(r.Err, &lost) || lost.Lost == nil {
							t.Errorf("%q, %v", r.Reason, r.Err)
						}
						known := map[string]bool{}
						for _, tg := range first[:n] {
							known[string(tg.Body)] = true
						}
						for _, tg := range tags(t, out.Bytes()) {
							if flvout.Classify(tg).Kind == flvout.KindFrame && !known[string(tg.Body)] {
								t.Fatalf("a frame of the other at %d ms", tg.Timestamp)
							}
						}
						if r.Duration < 29*time.Second || r.Duration > 31*time.Second {
							t.Errorf("%v are recorded", r.Duration)
						}
					})
				})
			}
		}
	}
}
