package job

import (
	"bytes"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// TestFetchHeaders: a part of a recorded stream from a server that begins in the middle
// of the file, without the headers, has those of its beginning, once.
func TestFetchHeaders(t *testing.T) {
	f := newFilm(9, 20*time.Second)
	send := func(p *rtmptest.Peer, from uint32, headers bool) {
		for _, tg := range f {
			if header := tg.Type == scriptTag || tg.Body[1] == 0; header && headers || !header && tg.Timestamp >= from {
				p.Send(message.Message{
					ChunkStreamID: uint32(tg.Type), Type: message.Type(tg.Type), StreamID: rtmptest.StreamID,
					Timestamp: max(from, tg.Timestamp), Payload: tg.Body,
				})
			}
		}
		complete(p)
	}
	for name, headers := range map[string]bool{"without": false, "with": true} {
		t.Run(name, func(t *testing.T) {
			var starts []float64
			visit := func(p *rtmptest.Peer) {
				start, _ := amf.AsNumber(p.AcceptPlay().Args[1])
				starts = append(starts, start)
				send(p, uint32(start), headers || start == 0)
			}
			var out bytes.Buffer
			p := newPull(t, &out, nil)
			p.Client.DialContext = rtmptest.Dial(t, visit, visit)
			p.Target.Session.Kind, p.Target.Session.Start = session.Recorded, 10_000
			r := p.Run(t.Context())
			want := 2
			if headers {
				want = 1
			}
			if r.Err != nil || len(starts) != want || starts[0] != 10_000 || r.Stats.Frames != 250 {
				t.Fatalf("%v, asked for %v, %d pictures", r.Err, starts, r.Stats.Frames)
			}
			var found int
			got := tags(t, out.Bytes())
			for _, tg := range got {
				if tg.Type != scriptTag && tg.Body[1] == 0 {
					found++
				}
			}
			first := only(got, videoTag)
			if found != 2 || !bytes.Equal(first[0].Body, f[1].Body) || first[1].Body[0] != 0x17 {
				t.Errorf("%d headers", found)
			}
		})
	}
}
