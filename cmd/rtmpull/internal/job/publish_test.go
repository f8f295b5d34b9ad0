package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A taker is a server that keeps what is published to it: as tags, since that is
// what it should be.
type taker struct {
	tags  []flvout.Tag
	heard []string
	left  bool // the client took leave
}

// take takes n messages, or all until the client takes leave.
func (s *taker) take(n int) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		p.AcceptPublish()
		for n < 0 || len(s.tags) < n {
			m := p.ReadMedia()
			if m == nil {
				s.left = true
				p.Status("status", "NetStream.Unpublish.Success")
				s.heard = p.Heard()
				p.Linger()
			}
			b := slices.Clone(m.Payload)
			if m.Type == message.TypeData {
				values, err := amf.Decode(b)
				if name, _ := amf.AsString(values[0]); err == nil && name == "@setDataFrame" {
					b, _ = amf.Append(nil, values[1:]...)
				}
			}
			s.tags = append(s.tags, flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: b})
		}
	}
}

func toServer(t *testing.T, b []byte, scripts ...rtmptest.Script) *Push {
	return &Push{
		Client: &rtmp.Client{DialContext: rtmptest.Dial(t, scripts[0], scripts[1:]...)},
		Target: &rtmp.Target{Scheme: "rtmp", Host: "h", Session: session.Config{App: "live", PlayPath: "show"}},
		Input:  from(b), Speed: 1,
		Retry: Retry{Attempts: 3, First: true, Delay: time.Second},
	}
}

// Over a connection, and over a second one when the first is lost.
func TestPublish(t *testing.T) {
	b := sample(t, "bars.flv")
	list := tags(t, b)
	synctest.Test(t, func(t *testing.T) {
		var s taker
		start := time.Now()
		r := toServer(t, b, s.take(-1)).Run(t.Context())
		if r.Err != nil || r.Reason != InputEnded || !s.left || r.Sent.Video != r.Video || r.Sent.Audio != r.Audio {
			t.Errorf("%+v", r)
		}
		if took := time.Since(start); took < 10*time.Second || took > 11*time.Second {
			t.Errorf("took %v", took)
		}
		same(t, s.tags, list)
	})
	synctest.Test(t, func(t *testing.T) {
		var first, second taker
		r := toServer(t, b, first.take(100), second.take(-1)).Run(t.Context())
		if r.Err != nil || r.Reason != InputEnded || !second.left || r.Reconnects != 1 || r.Skipped.Frames == 0 {
			t.Errorf("%+v", r)
		}
		same(t, first.tags, list[:100])
		key := slices.IndexFunc(list[100:], func(t flvout.Tag) bool { return flvout.Classify(t).Key }) + 100
		ts := list[key].Timestamp
		same(t, second.tags, append([]flvout.Tag{at(list[0], ts), at(list[1], ts), at(list[2], ts)}, list[key:]...))
	})
}

// A server is taken leave of when the user ends the stream.
func TestPublishCancelled(t *testing.T) {
	cause := errors.New("cause")
	synctest.Test(t, func(t *testing.T) {
		var s taker
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2*time.Second, func() { cancel(cause) })
		r := toServer(t, sample(t, "bars.flv"), s.take(-1)).Run(ctx)
		if !errors.Is(r.Err, cause) || !s.left || !slices.Contains(s.heard, "FCUnpublish") {
			t.Errorf("%+v, heard %v", r, s.heard)
		}
		if last := s.tags[len(s.tags)-1].Timestamp; last < 1900 || last > 2000 || int64(len(s.tags)) != r.Audio+r.Video+1 {
			t.Errorf("%d tags until %d ms", len(s.tags), last)
		}
	})
}

// What servers say against it.
func TestPublishRefused(t *testing.T) {
	refuse := func(code string) rtmptest.Script {
		return func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("publish")
			p.Status("error", code)
			p.Linger()
		}
	}
	var s taker
	for name, test := range map[string]struct {
		scripts []rtmptest.Script
		first   bool
		err     string // "" is success
		again   int
	}{
		"taken":                 {[]rtmptest.Script{refuse("NetStream.Publish.BadName")}, false, "NetStream.Publish.BadName", 0},
		"taken for now":         {[]rtmptest.Script{refuse("NetStream.Publish.BadName"), new(taker).take(-1)}, true, "", 0},
		"for now":               {[]rtmptest.Script{refuse("NetStream.Failed"), s.take(-1)}, true, "", 0},
		"its own ghost":         {[]rtmptest.Script{new(taker).take(250), refuse("NetStream.Publish.BadName"), new(taker).take(-1)}, false, "", 1},
		"a ghost too long":      {slices.Concat([]rtmptest.Script{new(taker).take(250)}, slices.Repeat([]rtmptest.Script{refuse("NetStream.Publish.BadName")}, 3)), false, "NetStream.Publish.BadName", 0},
		"granted, and then not": {[]rtmptest.Script{new(taker).take(100), new(taker).take(-1)}, false, "rtmp: stream h:1935: unexpected EOF", 0},
		"while it streams": {[]rtmptest.Script{func(p *rtmptest.Peer) {
			p.AcceptPublish()
			p.ReadMedia()
			p.Status("error", "NetStream.Publish.Denied")
			p.Linger()
		}}, true, "NetStream.Publish.Denied", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := toServer(t, sample(t, "bars.flv"), test.scripts...)
				p.Retry.First = test.first
				r := p.Run(t.Context())
				got := ""
				if e, ok := errors.AsType[*session.StatusError](r.Err); ok {
					got = e.Code
				} else if r.Err != nil {
					got = fmt.Sprint(r.Err)
				}
				if got != test.err || r.Reconnects != test.again {
					t.Errorf("got %+v", r)
				}
			})
		})
	}
}

// A server that is always lost is given up, in bounded time.
func TestPublishLostForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scripts := make([]rtmptest.Script, 100)
		for i := range scripts {
			scripts[i] = new(taker).take(10)
		}
		p := toServer(t, sample(t, "bars.flv"), scripts...)
		p.Loop = -1
		p.Retry = Retry{Attempts: Unlimited, First: true, Delay: time.Second, MaxDelay: 30 * time.Second, MaxTime: time.Minute}
		start := time.Now()
		r := p.Run(t.Context())
		took := time.Since(start)
		if !errors.Is(r.Err, io.ErrUnexpectedEOF) || !r.Media || r.Reconnects > 10 || took < time.Minute || took > 2*time.Minute {
			t.Errorf("after %v: %+v", took, r)
		}
	})
}
