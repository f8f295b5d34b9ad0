package job

import (
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// A server that takes streams and does not read them is not tried for ever: that
// it does not is felt as late as a write may take, and no time that went well.
func TestPushNeverRead(t *testing.T) {
	list := short()
	for i := range list {
		if list[i].Type == videoTag {
			list[i].Body = append(list[i].Body, make([]byte, 20_000)...)
		}
	}
	for first, want := range map[bool]int{true: 3, false: 1} {
		synctest.Test(t, func(t *testing.T) {
			connections := 0
			deaf := func(p *rtmptest.Peer) {
				connections++
				p.AcceptPublish()
				time.Sleep(time.Minute)
			}
			p := toServer(t, flv(list...), deaf, deaf, deaf, deaf, deaf, deaf)
			p.Loop, p.Retry = -1, Retry{Attempts: 2, First: first, Delay: time.Second, MaxTime: time.Minute}
			r := p.Run(t.Context())
			if connections != want || r.Err == nil || r.Longest == 0 || r.Longest >= Brief {
				t.Errorf("first %v: %d connections, want %d; kept for %v: %v", first, connections, want, r.Longest, r.Err)
			}
		})
	}
}

// What counts as going well.
func TestPushKept(t *testing.T) {
	const s = time.Second
	hangUp := func(err error) func(*fakeSink) {
		return func(sink *fakeSink) { time.AfterFunc(12*s, func() { sink.hangUp(err) }) }
	}
	for name, test := range map[string]struct {
		lose func(*fakeSink)
		want time.Duration
	}{
		"a slow write that fails": {func(sink *fakeSink) {
			sink.broken = func(n int, _ *message.Message) error {
				if n == 1 {
					time.Sleep(10 * s)
					return io.ErrUnexpectedEOF
				}
				return nil
			}
		}, 9 * s},
		"a slow write that does not": {func(sink *fakeSink) {
			sink.broken = func(n int, _ *message.Message) error {
				switch n {
				case 1:
					time.Sleep(5 * s)
				case 2:
					return io.ErrUnexpectedEOF
				}
				return nil
			}
		}, 18 * s},
		"hangs up in a wait":  {hangUp(io.ErrUnexpectedEOF), 12 * s},
		"is late in a wait":   {hangUp(os.ErrDeadlineExceeded), 9 * s},
		"is late, in package": {hangUp(&rtmp.Error{Err: &rtmp.TimeoutError{}}), 9 * s},
	} {
		synctest.Test(t, func(t *testing.T) {
			sink := newSink()
			test.lose(sink)
			p := &Push{
				Input: from(flv(avcFrame(0, 0, true), avcFrame(9000, 1, true), avcFrame(18_000, 2, true))),
				Speed: 1, publish: server(sink),
			}
			if r := p.Run(t.Context()); r.Longest != test.want || r.Err == nil {
				t.Errorf("%s: kept for %v, want %v: %v", name, r.Longest, test.want, r.Err)
			}
		})
	}
}
