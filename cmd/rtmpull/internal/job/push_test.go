package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// from is an input that can seek.
func from(b []byte) Input { return Input{"a.flv", bytes.NewReader(b)} }

// piped is an input that cannot.
func piped(b []byte) Input { return Input{"-", io.MultiReader(bytes.NewReader(b))} }

// A file goes out as it is, each frame at its time and at once.
func TestPushInTime(t *testing.T) {
	for _, name := range []string{"bars.flv", "audio.flv", "video.flv"} {
		for _, open := range []func([]byte) Input{from, piped} {
			for _, speed := range []float64{0, 0.5, 1, 4} {
				b := sample(t, name)
				synctest.Test(t, func(t *testing.T) {
					sink := newSink()
					p := &Push{Input: open(b), Speed: speed, publish: server(sink)}
					r := p.Run(t.Context())
					if r.Err != nil || r.Reason != InputEnded || !r.Media || sink.closed != 1 {
						t.Fatalf("%s: %+v, closed %d times", name, r, sink.closed)
					}
					same(t, sink.tags(), tags(t, b))
					latest := uint32(0) // the file's order counts, also where it is not that of time
					for i, m := range sink.got {
						latest = max(latest, m.Timestamp)
						want := time.Duration(0)
						if speed > 0 {
							want = time.Duration(float64(latest) / speed * float64(time.Millisecond))
						}
						if m.at < want || m.at > want+time.Millisecond {
							t.Fatalf("%s at %v: message %d of %d ms came after %v, want %v", name, speed, i, m.Timestamp, m.at, want)
						}
					}
				})
			}
		}
	}
}

// What is sent leaves before the next frame is waited for, and else when there
// is much of it.
func TestPushFlushes(t *testing.T) {
	for speed, want := range map[float64]bool{1: true, 0: false} {
		synctest.Test(t, func(t *testing.T) {
			sink := newSink()
			held := 0
			sink.broken = func(n int, m *message.Message) error {
				if n > 0 && m.Timestamp > sink.got[n-1].Timestamp && !sink.got[n-1].flushed {
					held++
				}
				return nil
			}
			p := &Push{Input: from(flv(short()...)), Speed: speed, publish: server(sink)}
			if r := p.Run(t.Context()); r.Err != nil || (held == 0) != want {
				t.Errorf("speed %v: %v, %d messages were held back", speed, r.Err, held)
			}
		})
	}
}

// An input that is no stream is found out before anybody is asked to take it.
func TestPushBadInput(t *testing.T) {
	inter := []flvout.Tag{script(0, "onMetaData"), avcConfig(0, 1), avcFrame(0, 0, false), avcFrame(40, 1, false)}
	encrypted := avcFrame(0, 1, true)
	encrypted.Type |= 0x20
	whole := flv(short()...)
	for name, test := range map[string]struct {
		input []byte
		err   error // nil: any
		text  string
	}{
		"empty":         {nil, errEmpty, "x: it is empty"},
		"no FLV":        {[]byte("RIFF and so on"), nil, "x: not an FLV file: no signature at offset 0"},
		"short header":  {[]byte("FLV\x01"), nil, "x: it ends in the middle: what begins at offset 0 is cut off at 4"},
		"no tag":        {flv(), errNoMedia, "x: it has neither audio nor video"},
		"headers alone": {flv(short()[:3]...), errNoMedia, "x: it has neither audio nor video"},
		"no key frame":  {flv(inter...), errNoKey, "x: its video has no key frame to begin with"},
		"encrypted":     {flv(encrypted), errEncrypted, "x: it is encrypted"},
		"torn early":    {whole[:60], nil, "x: it ends in the middle: what begins at offset 49 is cut off at 60"},
		"garbage":       {append(flv(short()[0]), make([]byte, 100)...), nil, "x: no tag, but type 0 at offset 49"},
	} {
		for _, open := range []func([]byte) Input{from, piped} {
			in := open(test.input)
			in.Name = "x"
			p := &Push{Input: in, publish: func(context.Context) (Sink, error) {
				t.Errorf("%s: a server was connected", name)
				return nil, errNoServer
			}}
			r := p.Run(t.Context())
			e, ok := errors.AsType[*InputError](r.Err)
			if !ok || e.Error() != test.text || test.err != nil && !errors.Is(r.Err, test.err) || r.Media {
				t.Errorf("%s: got %+v, want %q", name, r, test.text)
			}
		}
	}
}

// What is before the damage is sent.
func TestPushDamagedInput(t *testing.T) {
	list := short()
	whole := flv(list...)
	torn := int64(len(whole) - 5 - 4)
	for name, test := range map[string]struct {
		input []byte
		sent  int
		err   string
	}{
		"torn":    {whole[:torn], len(list) - 1, "a.flv: it ends in the middle: what begins at offset 993 is cut off at 1004"},
		"garbage": {append(slices.Clone(whole), "this is no tag, is it?"...), len(list), "a.flv: no tag, but type 116 at offset 1013"},
		"no end":  {whole[:len(whole)-4], len(list), ""},
	} {
		sink := newSink()
		p := &Push{Input: from(test.input), Loop: 3, Retry: Retry{Attempts: Unlimited, First: true}, publish: server(sink, newSink())}
		if test.err == "" {
			p.Loop = 1
		}
		r := p.Run(t.Context())
		got := ""
		if r.Err != nil {
			got = r.Err.Error()
		}
		if got != test.err || !r.Media || sink.closed != 1 || r.Reconnects != 0 {
			t.Errorf("%s: got %+v", name, r)
		}
		same(t, sink.tags(), list[:test.sent])
	}
}

// A stream that is lost goes on at the next key frame, with what that needs.
func TestPushReconnects(t *testing.T) {
	list := short()
	lost := errors.New("lost")
	headers := []flvout.Tag{script(1000, "onMetaData"), avcConfig(1000, 1), aacConfig(1000)}
	rest := list[3+2*10:]
	for name, test := range map[string]struct {
		broken func(n int, m *message.Message) error
		first  []flvout.Tag
		gap    Skipped
	}{
		"between key frames": {func(_ int, m *message.Message) error {
			if m.Timestamp == 600 {
				return lost
			}
			return nil
		}, list[:3+2*6], Skipped{8, 400 * time.Millisecond}},
		"at a key frame": {func(_ int, m *message.Message) error {
			if m.Timestamp == 1000 {
				return lost
			}
			return nil
		}, list[:3+2*10], Skipped{}},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, b, c := newSink(), newSink(), newSink()
			a.broken = test.broken
			b.broken = func(n int, _ *message.Message) error { // in the middle of the headers
				if n == 1 {
					return lost
				}
				return nil
			}
			var events []Event
			p := &Push{
				Input: from(flv(list...)), Speed: 1, publish: server(a, b, c),
				Retry:  Retry{Attempts: Unlimited, First: true, Delay: 4 * time.Second, MaxTime: time.Minute},
				random: func() float64 { return 0 },
				Report: func(e Event) { events = append(events, e) },
			}
			r := p.Run(t.Context())
			if r.Err != nil || r.Reconnects != 2 || r.Skipped != test.gap {
				t.Errorf("%s: %+v", name, r)
			}
			same(t, a.tags(), test.first)
			same(t, b.tags(), headers[:1])
			same(t, c.tags(), append(slices.Clone(headers), rest...))
			if last := c.got[len(c.got)-1]; last.at != 910*time.Millisecond {
				t.Errorf("%s: the last frame came after %v", name, last.at)
			}
			want := []Event{
				{Kind: FirstMedia, Media: "Video"}, {Kind: FirstMedia, Media: "Audio"},
				{Kind: Reconnect, Err: lost, Wait: 2 * time.Second, Attempt: 1},
				{Kind: Gap, Frames: test.gap.Frames, Duration: test.gap.Time},
				{Kind: Reconnect, Err: lost, Wait: 4 * time.Second, Attempt: 2},
			}
			if test.gap.Frames == 0 {
				want = slices.Delete(want, 3, 4)
			}
			if !slices.Equal(events, want) {
				t.Errorf("%s: events %+v", name, events)
			}
			if s := p.Progress(); s.Reconnects != 2 || s.Video != r.Video || s.Size != r.Size || s.Duration != r.Duration || s.LastKey.IsZero() {
				t.Errorf("%s: progress %+v of %+v", name, s, r)
			}
		})
	}
}

// The stream is incomplete if there is no key frame to go on with, or if the
// server does not take the end of it.
func TestPushIncomplete(t *testing.T) {
	lost := errors.New("lost")
	list := short()
	a := newSink()
	a.broken = func(_ int, m *message.Message) error {
		if m.Timestamp == 1900 {
			return lost
		}
		return nil
	}
	p := &Push{Input: from(flv(list...)), publish: server(a, newSink()), Retry: Retry{Attempts: Unlimited, First: true}}
	if r := p.Run(t.Context()); !errors.Is(r.Err, lost) || r.Reason != "" || !r.Media || r.Skipped.Frames != 2 {
		t.Errorf("no key frame: %+v", r)
	}
	a = newSink()
	a.part = lost
	p = &Push{Input: from(flv(list...)), publish: server(a, newSink()), Retry: Retry{Attempts: Unlimited, First: true}}
	if r := p.Run(t.Context()); !errors.Is(r.Err, lost) || r.Reason != "" || !r.Media || r.Reconnects != 0 {
		t.Errorf("close: %+v", r)
	}
}

// A server that hangs up is noticed while the next frame is waited for, be it by
// the clock or by a pipe.
func TestPushNoticesTheEnd(t *testing.T) {
	for _, kind := range []string{"file", "pipe"} {
		synctest.Test(t, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			near, far := rtmptest.Pipe()
			defer far.Close()
			start := time.Now()
			in := from(flv(avcFrame(0, 0, true), avcFrame(9000, 1, true)))
			if kind == "pipe" {
				in = Input{"-", near}
				if _, err := far.Write(flv(avcFrame(0, 0, true))); err != nil {
					t.Fatal(err)
				}
			}
			sink := newSink()
			time.AfterFunc(3*time.Second, func() { sink.hangUp(io.ErrUnexpectedEOF) })
			p := &Push{Input: in, Speed: 1, publish: server(sink)}
			r := p.Run(t.Context())
			if !errors.Is(r.Err, io.ErrUnexpectedEOF) || !r.Media || time.Since(start) != 3*time.Second {
				t.Errorf("%s: after %v: %+v", kind, time.Since(start), r)
			}
			if !sink.got[0].flushed {
				t.Errorf("%s: the frame was held back", kind)
			}
		})
	}
}

// A pipe is taken up again where the stream is, tag for tag.
func TestPushPipeReconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := rtmptest.Pipe()
		list := short()
		a, b := newSink(), newSink()
		go func() {
			whole := flv(list...)
			half := len(flv(list[:20]...)) + 7 // within a tag
			_, _ = far.Write(whole[:half])
			time.Sleep(5 * time.Second)
			a.hangUp(io.ErrUnexpectedEOF)
			time.Sleep(5 * time.Second)
			_, _ = far.Write(whole[half:])
			_ = far.CloseWrite()
		}()
		p := &Push{Input: Input{"-", near}, Speed: 1, Retry: Retry{Attempts: 1, First: true, Delay: time.Second}, publish: server(a, b)}
		r := p.Run(t.Context())
		if r.Err != nil || r.Reconnects != 1 || r.Skipped.Frames != 3 {
			t.Errorf("%+v", r)
		}
		same(t, a.tags(), list[:20])
		same(t, b.tags(), append([]flvout.Tag{script(1000, "onMetaData"), avcConfig(1000, 1), aacConfig(1000)}, list[23:]...))
	})
}

// An encoder does not wait for an outage to end: what it has made meanwhile goes
// out at once, and after that the stream is as late as it was before. A pipe that
// is filled faster than in real time is late by nothing, and goes on in time.
func TestPushPipeAfterOutage(t *testing.T) {
	const (
		media, lost, outage = 40 * time.Second, 5 * time.Second, 8 * time.Second
		frame               = 40 * time.Millisecond
	)
	for name, test := range map[string]struct {
		live bool
		gop  int // frames
		took time.Duration
	}{
		"live":                      {true, 25, media},
		"live, with few key frames": {true, 15 * 25, media},
		"from a file":               {false, 25, media + outage/2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := rtmptest.Pipe()
				a, b := newSink(), newSink()
				go func() {
					defer far.Close()
					_, _ = far.Write(flv(avcConfig(0, 1)))
					for i := range int(media / frame) {
						_, _ = far.Write(flv(avcFrame(uint32(40*i), byte(i), i%test.gop == 0))[13:])
						if test.live {
							time.Sleep(frame)
						}
					}
				}()
				time.AfterFunc(lost, func() { a.hangUp(io.ErrUnexpectedEOF) })
				var jumps int
				p := &Push{
					Input: Input{"-", near}, Speed: 1, Retry: Retry{Attempts: 1, Delay: outage},
					publish: server(a, b), random: func() float64 { return 0 },
					Report: func(e Event) {
						if e.Kind == Jump {
							jumps++
						}
					},
				}
				start := time.Now()
				r := p.Run(t.Context())
				took := time.Since(start) + r.Skipped.Time
				if test.live {
					took -= r.Skipped.Time
				}
				if r.Err != nil || r.Reconnects != 1 || jumps != 0 || (took-test.took).Abs() > time.Second {
					t.Errorf("took %v, want %v; %d jumps; %+v", took, test.took, jumps, r)
				}
				if sum := r.Duration + r.Skipped.Time; (sum - media).Abs() > time.Second {
					t.Errorf("%v of media and %v passed over; there were %v", r.Duration, r.Skipped.Time, media)
				}
			})
		})
	}
}

// Who ends it from outside gets the cause, and the server is taken leave of.
func TestPushCancelled(t *testing.T) {
	cause := errors.New("cause")
	for _, when := range []time.Duration{0, 500 * time.Millisecond, 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			near, far := rtmptest.Pipe()
			defer far.Close()
			if when > 0 {
				_, _ = far.Write(flv(short()...))
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(when, func() { cancel(cause) })
			start := time.Now()
			sink := newSink()
			p := &Push{Input: Input{"-", near}, Speed: 1, Retry: Retry{Attempts: Unlimited, First: true}, publish: server(sink)}
			r := p.Run(ctx)
			if !errors.Is(r.Err, cause) || r.Reason != "" || time.Since(start) != when || r.Media != (when > 0) || r.Media != (sink.closed == 1) {
				t.Errorf("after %v: %+v", time.Since(start), r)
			}
		})
	}
}

// A server that does not let itself be taken leave of is left all the same.
func TestPushLeavesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("cause")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		start := time.Now()
		p := &Push{Input: from(flv(short()...)), Speed: 1}
		p.publish = func(ctx context.Context) (Sink, error) {
			sink := newSink()
			sink.broken = func(n int, _ *message.Message) error { // reads no more
				if n < 3 {
					return nil
				}
				<-ctx.Done()
				return context.Cause(ctx)
			}
			return sink, nil
		}
		if r := p.Run(ctx); !errors.Is(r.Err, cause) || time.Since(start) != time.Second+leaveTime {
			t.Errorf("after %v: %v", time.Since(start), r.Err)
		}

		ctx, cancel = context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		start = time.Now()
		p = &Push{Input: from(flv(short()...)), publish: func(ctx context.Context) (Sink, error) { // never answers
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}}
		if r := p.Run(ctx); !errors.Is(r.Err, cause) || time.Since(start) != time.Second {
			t.Errorf("before the stream: after %v: %v", time.Since(start), r.Err)
		}
	})
}

func TestPushLimits(t *testing.T) {
	list := short()
	for _, test := range []struct {
		limits Limits
		loop   int
		reason Reason
		sent   int
	}{
		{Limits{}, 1, InputEnded, len(list)},
		{Limits{Duration: time.Second}, 1, DurationReached, 3 + 2*10},
		{Limits{Duration: time.Second}, -1, DurationReached, 3 + 2*10},
		{Limits{Duration: 3 * time.Second}, -1, DurationReached, 3 + 2*30},
		{Limits{Duration: time.Hour}, 2, InputEnded, 3 + 2*40},
		{Limits{Size: 100}, 1, SizeReached, 11},
	} {
		sink := newSink()
		p := &Push{Input: from(flv(list...)), Loop: test.loop, Limits: test.limits, publish: server(sink)}
		if r := p.Run(t.Context()); r.Err != nil || r.Reason != test.reason || len(sink.got) != test.sent || sink.closed != 1 {
			t.Errorf("%+v: %d sent, %+v", test, len(sink.got), r)
		}
	}
}

// A server that cannot be reached is tried again only if that was asked for.
func TestPushNoServer(t *testing.T) {
	for want, retry := range map[int]Retry{
		1: {Attempts: Unlimited, Delay: time.Second},
		4: {Attempts: 3, First: true, Delay: time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			p := &Push{Input: from(flv(short()...)), Retry: retry, publish: func(context.Context) (Sink, error) {
				n++
				return nil, errNoServer
			}}
			r := p.Run(t.Context())
			if e, ok := errors.AsType[*rtmp.Error](r.Err); !ok || e.Phase != rtmp.PhaseDial || n != want || r.Media || r.Reconnects != 0 {
				t.Errorf("%d attempts, want %d: %+v", n, want, r)
			}
		})
	}
}
