package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// numbered is a picture that is like no other.
func numbered(key bool, n uint32) []byte {
	b := bytes.Repeat([]byte{byte(n), byte(n >> 8)}, 500)
	b[0] = 0x22
	if key {
		b[0] = 0x12
	}
	return b
}

// live plays a stream from the picture with number from on, of which there are 25
// a second and a key frame each second, and hangs up after n of them.
func live(from, n uint32, ts func(i uint32) uint32) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		p.AcceptPlay()
		for i := from; i < from+n; i++ {
			p.Video(ts(i), numbered(i%25 == 0, i))
			time.Sleep(40 * time.Millisecond)
		}
	}
}

// TestReconnect: a connection that is lost is taken up again, by the rules of a
// Retry, and the recording has each picture once, on one time line.
func TestReconnect(t *testing.T) {
	own := func(i uint32) uint32 { return 40 * i }
	anew := func(from uint32) func(uint32) uint32 { return func(i uint32) uint32 { return 40 * (i - from) } }
	for name, test := range map[string]struct {
		scripts  []rtmptest.Script
		retry    Retry
		err      error
		again    int
		pictures int64
		missing  [2]time.Duration // about
		attempts []int
	}{
		"not asked for": {
			scripts: []rtmptest.Script{live(0, 100, own)},
			err:     io.ErrUnexpectedEOF, pictures: 100,
		},
		"nothing is missing": { // the server sends from the last key frame on
			scripts: []rtmptest.Script{live(0, 140, own), live(125, 75, own)},
			retry:   Retry{Attempts: 1, First: true, Delay: time.Second},
			err:     io.ErrUnexpectedEOF, again: 1, pictures: 200, attempts: []int{1},
		},
		"some is": {
			scripts: []rtmptest.Script{live(0, 100, own), live(150, 50, own)},
			retry:   Retry{Attempts: 1, First: true, Delay: time.Second},
			err:     io.ErrUnexpectedEOF, again: 1, pictures: 150, attempts: []int{1},
			missing: [2]time.Duration{500 * time.Millisecond, 2100 * time.Millisecond},
		},
		"its clock begins anew": {
			scripts: []rtmptest.Script{live(0, 100, own), live(150, 50, anew(150))},
			retry:   Retry{Attempts: 1, First: true, Delay: time.Second},
			err:     io.ErrUnexpectedEOF, again: 1, pictures: 150, attempts: []int{1},
			missing: [2]time.Duration{500 * time.Millisecond, 2100 * time.Millisecond},
		},
		"nobody is there any more": {
			scripts: []rtmptest.Script{live(0, 100, own)},
			retry:   Retry{Attempts: 3, First: true, Delay: time.Second},
			err:     syscall.ECONNREFUSED, pictures: 100, attempts: []int{1, 2, 3},
		},
		"a stretch that goes well is a new beginning": {
			scripts: []rtmptest.Script{live(0, 100, own), live(125, 300, own), live(450, 25, own)},
			retry:   Retry{Attempts: 1, First: true, Delay: time.Second},
			err:     io.ErrUnexpectedEOF, again: 2, pictures: 425, attempts: []int{1, 1},
			missing: [2]time.Duration{time.Second, 4 * time.Second},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				p := newPull(t, &out, test.scripts[0])
				p.Client.DialContext = rtmptest.Dial(t, test.scripts[0], test.scripts[1:]...)
				p.Retry = test.retry
				var told events
				p.Report = told.add
				r := p.Run(t.Context())
				if !errors.Is(r.Err, test.err) || r.Reconnects != test.again || r.Stats.Frames != test.pictures {
					t.Errorf("%v, %d connections again, %d pictures", r.Err, r.Reconnects, r.Stats.Frames)
				}
				if m := r.Mended.Missing; m < test.missing[0] || m > test.missing[1] {
					t.Errorf("%v are missing, want %v", m, test.missing)
				}
				var attempts []int
				for _, e := range told.of(Reconnect) {
					attempts = append(attempts, e.Attempt)
				}
				if !slices.Equal(attempts, test.attempts) {
					t.Errorf("attempts %v, want %v", attempts, test.attempts)
				}
				if gaps := len(told.of(Gap)); int64(gaps) != r.Gaps || (gaps > 0) != (test.missing[1] > 0) {
					t.Errorf("%d gaps are told, %d counted", gaps, r.Gaps)
				}
				last := int64(-40)
				for i, tg := range tags(t, out.Bytes()) {
					if tg.Type != videoTag {
						continue
					}
					if step := int64(tg.Timestamp) - last; step <= 0 || step > 3000 {
						t.Errorf("tag %d is %d ms behind the one before", i, step)
					}
					last = int64(tg.Timestamp)
				}
			})
		})
	}
}

// What nobody can mend is not tried again.
func TestReconnectNot(t *testing.T) {
	full := errors.New("full")
	for name, test := range map[string]struct {
		script rtmptest.Script
		room   int
		err    error
	}{
		"output": {video(50), 10_000, full},
		"ended":  {video(50), 1 << 20, nil},
		"refused": {func(p *rtmptest.Peer) {
			p.Handshake()
			p.Error(p.Expect("connect"), "NetConnection.Connect.InvalidApp", "")
		}, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPull(t, &failing{test.room, full}, test.script)
			p.Retry = Retry{Attempts: Unlimited, First: true}
			var told events
			p.Report = told.add
			r := p.Run(t.Context())
			var refused *session.StatusError
			if !errors.Is(r.Err, test.err) && !errors.As(r.Err, &refused) || len(told.of(Reconnect)) > 0 {
				t.Errorf("%v, after %+v", r.Err, told.of(Reconnect))
			}
		})
	}
}

// To wait for the next attempt ends with the context.
func TestReconnectCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("cause")
		ctx, cancel := context.WithCancelCause(t.Context())
		p := newPull(t, io.Discard, live(0, 10, func(i uint32) uint32 { return 40 * i }))
		p.Retry = Retry{Attempts: Unlimited, First: true, Delay: time.Hour}
		time.AfterFunc(time.Minute, func() { cancel(cause) })
		if r := p.Run(ctx); !errors.Is(r.Err, cause) || r.Took != time.Minute || r.Stats.Frames != 10 {
			t.Errorf("%v after %v, %d pictures", r.Err, r.Took, r.Stats.Frames)
		}
	})
}

// A stream that changes ends the recording if that was asked for.
func TestChanged(t *testing.T) {
	p := newPull(t, io.Discard, func(p *rtmptest.Peer) {
		p.AcceptPlay()
		for i, n := range []byte{1, 1, 2} {
			ts := uint32(i) * 40
			config, frame := avcConfig(ts, n), avcFrame(ts, byte(i), true)
			p.Video(config.Timestamp, config.Body)
			p.Video(frame.Timestamp, frame.Body)
		}
		p.Linger()
	})
	p.Splice = flvout.SplicerOptions{OnChange: flvout.ChangeExit}
	if r := p.Run(t.Context()); r.Err != nil || r.Reason != Changed || r.Stats.Frames != 2 {
		t.Errorf("%+v", r)
	}
}

// A stream that is said to be recorded comes faster than by the clock: a hole in it
// is no jump.
func TestRecorded(t *testing.T) {
	for _, recorded := range []bool{true, false} {
		p := newPull(t, io.Discard, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			if recorded {
				p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
			}
			p.Video(0, key)
			p.Video(40, inter)
			p.Video(20_040, inter)
			p.Status("status", "NetStream.Play.Complete")
			p.Linger()
		})
		var told []session.EventKind
		p.Client.Trace = &rtmp.Trace{Event: func(e *session.Event) { told = append(told, e.Kind) }}
		r := p.Run(t.Context())
		if (r.Duration > 20*time.Second) != recorded || len(told) == 0 {
			t.Errorf("recorded %v: %v of media, %+v", recorded, r.Duration, r.Mended)
		}
	}
}
