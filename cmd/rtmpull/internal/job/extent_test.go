package job

import (
	"io"
	"math"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// metadata is an onMetaData with a duration.
func metadata(seconds amf.Value) []amf.Value {
	o := &amf.Object{Kind: amf.ECMAArray}
	if seconds != nil {
		o.Set("duration", seconds)
	}
	return []amf.Value{amf.String("onMetaData"), o}
}

// TestExtent: how long a stream is, and where in it a recording is, by whichever
// clock the server has behind a seek.
func TestExtent(t *testing.T) {
	const s = time.Second
	for name, test := range map[string]struct {
		kind          session.Kind
		start, length uint32 // ms
		duration      amf.Value
		first         uint32 // timestamp, of 10 s of pictures
		want          Snapshot
	}{
		"whole":                   {kind: session.Recorded, duration: amf.Number(10.0404), want: Snapshot{Total: 10_040 * time.Millisecond, Position: 9960 * time.Millisecond, End: 10_040 * time.Millisecond}},
		"from the start":          {kind: session.FromStart, duration: amf.Number(20), want: Snapshot{Total: 20 * s, Position: 9960 * time.Millisecond, End: 20 * s}},
		"whatever there is":       {kind: session.Any, duration: amf.Number(20), want: Snapshot{Total: 20 * s, Position: 9960 * time.Millisecond, End: 20 * s}},
		"live":                    {kind: session.Live, duration: amf.Number(20)},
		"a part, by its own time": {kind: session.Recorded, start: 20_000, length: 30_000, duration: amf.Number(60), first: 18_000, want: Snapshot{Total: 60 * s, Position: 27_960 * time.Millisecond, Start: 20 * s, End: 50 * s}},
		"a part, by its own time, behind what is asked for": {kind: session.Recorded, start: 500, duration: amf.Number(60), first: 2000, want: Snapshot{Total: 60 * s, Position: 11_960 * time.Millisecond, Start: 500 * time.Millisecond, End: 60 * s}},
		"a part, by another clock":                          {kind: session.Recorded, start: 2000, duration: amf.Number(60), first: 1_000_000, want: Snapshot{Total: 60 * s, Position: 11_960 * time.Millisecond, Start: 2 * s, End: 60 * s}},
		"a part, from 0 on":                                 {kind: session.Recorded, start: 20_000, length: 30_000, duration: amf.Number(60), want: Snapshot{Total: 60 * s, Position: 29_960 * time.Millisecond, Start: 20 * s, End: 50 * s}},
		"a part longer than it is":                          {kind: session.Recorded, start: 20_000, length: 90_000, duration: amf.Number(60), want: Snapshot{Total: 60 * s, Position: 29_960 * time.Millisecond, Start: 20 * s, End: 60 * s}},
		"a part of who knows how long":                      {kind: session.Recorded, length: 30_000, want: Snapshot{Position: 9960 * time.Millisecond, End: 30 * s}},
		"begins late":                                       {kind: session.Recorded, first: 3000, duration: amf.Number(13), want: Snapshot{Total: 13 * s, Position: 9960 * time.Millisecond, End: 13 * s}},
		"a little longer than it says":                      {kind: session.Recorded, duration: amf.Number(9), want: Snapshot{Total: 9 * s, Position: 9 * s, End: 9 * s}},
		"no longer than it was":                             {kind: session.Recorded, start: 90_000, duration: amf.Number(9), want: Snapshot{Position: 99_960 * time.Millisecond, Start: 90 * s}},
		"of 0":                                              {kind: session.Recorded, duration: amf.Number(0), want: Snapshot{Position: 9960 * time.Millisecond}},
		"of less":                                           {kind: session.Recorded, duration: amf.Number(-5), want: Snapshot{Position: 9960 * time.Millisecond}},
		"of no number":                                      {kind: session.Recorded, duration: amf.Number(math.NaN()), want: Snapshot{Position: 9960 * time.Millisecond}},
		"without end":                                       {kind: session.Recorded, duration: amf.Number(math.Inf(1)), want: Snapshot{Position: 9960 * time.Millisecond}},
		"in words":                                          {kind: session.Recorded, duration: amf.String("10"), want: Snapshot{Position: 9960 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPull(t, io.Discard, func(p *rtmptest.Peer) {
				p.AcceptPlay()
				p.Data(0, amf.String("onCuePoint"), amf.Number(1))
				p.Data(0, metadata(test.duration)...)
				if test.want.Total > 0 {
					p.Data(0, metadata(amf.Number(1))...) // some tell how much is left
				}
				for i := range uint32(250) {
					p.Video(test.first+40*i, numbered(i%25 == 0, i))
				}
				p.UserControl(message.EventStreamEOF, rtmptest.StreamID)
			})
			c := &p.Target.Session
			c.Kind, c.Start, c.Length = test.kind, test.start, test.length
			r := p.Run(t.Context())
			got := p.Progress()
			if got = (Snapshot{Total: got.Total, Position: got.Position, Start: got.Start, End: got.End}); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			if r.Total != test.want.Total {
				t.Errorf("the result has %v", r.Total)
			}
		})
	}
}

// A server that begins at the beginning when a lost stream is asked for where it was:
// what comes then is not further into the stream than it is.
func TestExtentRestarted(t *testing.T) {
	r := reel{n: 1500, every: 40, says: 60, deaf: true}
	p := newPull(t, io.Discard, nil)
	p.Client.DialContext = rtmptest.Dial(t, r.visit(1000, false), r.visit(1100, false), r.visit(1100, false))
	p.Target.Session.Kind = session.Recorded
	p.Retry = Retry{Attempts: 2, Delay: 1}
	result := p.Run(t.Context())
	if got := p.Progress(); got.Total != time.Minute || got.Position != 43_960*time.Millisecond {
		t.Errorf("%v, at %v of %v", result.Err, got.Position, got.Total)
	}
}
