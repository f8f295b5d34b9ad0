package job

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

var (
	errUnreached = &rtmp.Error{Phase: rtmp.PhaseDial, Err: errors.New("refused")}
	errNotFound  = &rtmp.Error{Phase: rtmp.PhasePlay, Err: &session.StatusError{Code: "NetStream.Play.StreamNotFound"}}
	errCut       = &rtmp.Error{Phase: rtmp.PhaseStream, Err: io.ErrUnexpectedEOF}
	errFraming   = &rtmp.Error{Phase: rtmp.PhaseStream, Err: &chunk.FramingError{}}
	errNoApp     = &rtmp.Error{Phase: rtmp.PhaseConnect, Err: &session.StatusError{Code: "NetConnection.Connect.InvalidApp"}}
	errNoTunnel  = &rtmp.Error{Phase: rtmp.PhaseTunnel, Err: &tunnel.StatusError{Status: 404}}
	errPassword  = &rtmp.Error{Phase: rtmp.PhaseConnect, Err: &rtmp.AuthError{}}
)

// TestSurvivor: what is done about a row of setbacks, and when.
func TestSurvivor(t *testing.T) {
	const s = time.Second
	usual := Retry{Attempts: Unlimited, Delay: s, MaxDelay: 8 * s, MaxTime: time.Minute}
	type blow struct {
		after time.Duration // since the course before was begun, wait included
		setback
		ended time.Duration // ago, if not 0
		want  course
	}
	again := func(wait, left time.Duration, source int) course { return course{tryAgain, wait, left, source} }
	lost := func(live time.Duration) setback { return setback{err: errCut, live: live, gain: live} }
	stale := func(live time.Duration) setback { return setback{err: errCut, live: live} } // with nothing new
	gone := course{do: giveUp}
	over := course{do: finish}
	for name, test := range map[string]struct {
		survivor survivor
		blows    []blow
	}{
		"not there, by default": {survivor{Retry: usual}, []blow{{s, setback{err: errUnreached}, 0, gone}}},
		"not live, by default":  {survivor{Retry: usual}, []blow{{s, setback{err: errNotFound}, 0, gone}}},
		"not there, asked for": {survivor{Retry: Retry{Attempts: 2, First: true, Delay: s}}, []blow{
			{0, setback{err: errUnreached}, 0, again(s, 0, 0)},
			{0, setback{err: errUnreached}, 0, again(2*s, 0, 0)},
			{0, setback{err: errUnreached}, 0, gone},
		}},
		"lost": {survivor{Retry: usual}, []blow{
			{time.Hour, lost(time.Hour), 0, again(s, 59*s, 0)},
			{0, setback{err: errUnreached}, 0, again(2*s, 57*s, 0)},
			{0, setback{err: errNotFound}, 0, again(4*s, 53*s, 0)},
			{0, setback{err: errUnreached}, 0, again(8*s, 45*s, 0)},
			{30 * s, setback{err: errUnreached, took: 30 * s}, 0, again(minRetryDelay/2, 15*s-minRetryDelay/2, 0)},
			{15 * s, setback{err: errUnreached, took: 15 * s}, 0, gone},
		}},
		"lost soon, and again": { // a server that starts and closes
			survivor{Retry: usual}, []blow{
				{2 * s, lost(2 * s), 0, again(s, 59*s, 0)},
				{2 * s, lost(2 * s), 0, again(2*s, 55*s, 0)},
				{2 * s, lost(2 * s), 0, again(4*s, 49*s, 0)},
				{2 * s, lost(2 * s), 0, again(8*s, 39*s, 0)},
				{34 * s, lost(2 * s), 0, again(5*s, s, 0)},
				{s, lost(s), 0, gone},
			}},
		"every time with a little more": {survivor{Retry: usual}, []blow{
			{5 * s, lost(5 * s), 0, again(s, 59*s, 0)},
			{5 * s, lost(5 * s), 0, again(2*s, 58*s, 0)},
			{5 * s, lost(5 * s), 0, again(4*s, 56*s, 0)},
			{5 * s, lost(5 * s), 0, again(8*s, 52*s, 0)},
			{5 * s, lost(5 * s), 0, again(8*s, 52*s, 0)},
		}},
		"but not so often as that": {survivor{Retry: Retry{Attempts: 1, Delay: s}}, []blow{
			{5 * s, lost(5 * s), 0, again(s, 0, 0)},
			{5 * s, lost(5 * s), 0, gone},
		}},
		"for long, with nothing new": {survivor{Retry: usual}, []blow{
			{time.Minute, lost(time.Minute), 0, again(s, 59*s, 0)},
			{30 * s, stale(30 * s), 0, again(2*s, 27*s, 0)},
			{30 * s, stale(30 * s), 0, gone},
		}},
		"little time, and much media": {survivor{Retry: usual}, []blow{
			{s, setback{err: errCut, live: s, gain: time.Minute}, 0, again(s, 59*s, 0)},
			{s, setback{err: errCut, live: s, gain: time.Minute}, 0, again(s, 59*s, 0)},
		}},
		"a healthy stretch": {survivor{Retry: usual}, []blow{
			{5 * s, lost(5 * s), 0, again(s, 59*s, 0)},
			{5 * s, lost(5 * s), 0, again(2*s, 58*s, 0)},
			{healthy, lost(healthy), 0, again(s, 59*s, 0)},
		}},
		"no retry": {survivor{}, []blow{{time.Hour, lost(time.Hour), 0, gone}}},
		"waited for": {survivor{wait: 20 * s, Retry: usual}, []blow{
			{0, setback{err: errNotFound}, 0, again(s, 19*s, 0)},
			{0, setback{err: errUnreached}, 0, again(2*s, 17*s, 0)},
			{0, setback{err: errNotFound}, 0, again(4*s, 13*s, 0)},
			{0, setback{err: errNotFound}, 0, again(8*s, 5*s, 0)},
			{0, setback{err: errNotFound}, 0, again(5*s, minAttempt, 0)},
			{0, setback{err: errNotFound}, 0, gone},
		}},
		"waited for, and lost": {survivor{wait: time.Hour, Retry: usual}, []blow{
			{30 * s, setback{err: ErrNeverLive, took: 30 * s}, 0, again(minRetryDelay/2, time.Hour-30*s-minRetryDelay/2, 0)},
			{time.Hour, lost(time.Hour - 40*s), 0, again(s, 59*s, 0)},
		}},
		"waited for, whatever the retries": {survivor{wait: time.Hour, Retry: Retry{Attempts: 1, First: true, Delay: s}}, []blow{
			{0, setback{err: errNotFound}, 0, again(s, time.Hour-s, 0)},
			{0, setback{err: errNotFound}, 0, again(2*s, time.Hour-3*s, 0)},
			{0, setback{err: errUnreached}, 0, again(4*s, time.Hour-7*s, 0)},
			{10 * s, lost(4 * s), 0, again(s, 0, 0)},
			{0, setback{err: errUnreached}, 0, gone},
		}},
		"waited for, with no end of retries": {survivor{wait: s, Retry: Retry{Attempts: Unlimited, First: true, Delay: s}}, []blow{
			{0, setback{err: errUnreached}, 0, again(s, minAttempt, 0)},
			{0, setback{err: errUnreached}, 0, gone},
		}},
		"an application that restarts": {survivor{Retry: usual}, []blow{
			{time.Hour, lost(time.Hour), 0, again(s, 59*s, 0)},
			{0, setback{err: errNoApp}, 0, again(2*s, 57*s, 0)},
		}},
		"an application behind HTTP that restarts": {survivor{Retry: usual}, []blow{
			{time.Hour, lost(time.Hour), 0, again(s, 59*s, 0)},
			{0, setback{err: errNoTunnel}, 0, again(2*s, 57*s, 0)},
		}},
		"a web server":           {survivor{wait: time.Hour, Retry: usual}, []blow{{0, setback{err: errNoTunnel}, 0, gone}}},
		"an unknown application": {survivor{wait: time.Hour, Retry: usual}, []blow{{0, setback{err: errNoApp}, 0, gone}}},
		"ended again and again": {survivor{Retry: usual, grace: 5 * s}, []blow{
			{time.Minute, setback{live: time.Minute, gain: time.Minute}, 1, again(s, 4*s, 0)},
			{s, setback{live: s, gain: s}, 1, again(2*s, s, 0)},
			{s, setback{live: s, gain: s}, 1, over},
		}},
		"a wrong password": {survivor{wait: time.Hour, Retry: usual}, []blow{{0, setback{err: errPassword}, 0, gone}}},
		"the protocol is broken, twice": {survivor{Retry: usual}, []blow{
			{time.Minute, setback{err: errFraming, live: time.Minute, gain: time.Minute}, 0, again(s, 59*s, 0)},
			{time.Minute, setback{err: errFraming, live: time.Minute, gain: time.Minute}, 0, gone},
		}},
		"ended": {survivor{Retry: usual, grace: 5 * s}, []blow{
			{time.Minute, setback{live: time.Minute, gain: time.Minute}, 1, again(s, 4*s, 0)},
			{0, setback{err: errNotFound}, 0, again(2*s, 2*s, 0)},
			{0, setback{err: errNotFound}, 0, again(2*s, minAttempt, 0)},
			{0, setback{err: errNotFound}, 0, over},
		}},
		"ended, and waited for there": {survivor{Retry: usual, grace: 5 * s}, []blow{
			{time.Minute, setback{live: time.Minute, gain: time.Minute}, 5 * s, over},
		}},
		"ended, and no retry": {survivor{grace: 5 * s}, []blow{
			{time.Minute, setback{live: time.Minute, gain: time.Minute}, 1, again(minRetryDelay, 5*s-minRetryDelay, 0)},
			{5 * s, setback{err: errNotFound}, 0, over},
		}},
		"ended, back, and lost": {survivor{Retry: usual, grace: 5 * s}, []blow{
			{time.Minute, setback{live: time.Minute, gain: time.Minute}, 1, again(s, 4*s, 0)},
			{10 * s, lost(9 * s), 0, again(2*s, 58*s, 0)},
		}},
		"two sources": {survivor{Retry: usual, sources: 2}, []blow{
			{time.Minute, lost(time.Minute), 0, again(0, time.Minute, 1)},
			{time.Minute, lost(time.Minute), 0, again(0, time.Minute, 0)},
			{0, lost(1), 0, again(s, 59*s, 1)},
			{0, setback{err: errUnreached}, 0, again(0, 59*s, 0)},
			{0, setback{err: errUnreached}, 0, again(2*s, 57*s, 1)},
		}},
		"two sources that start and close": {survivor{Retry: usual, sources: 2}, []blow{
			{0, lost(1), 0, again(0, time.Minute, 1)},
			{0, lost(1), 0, again(s, 59*s, 0)},
			{0, lost(1), 0, again(0, 59*s, 1)},
			{0, lost(1), 0, again(2*s, 57*s, 0)},
		}},
		"two sources, one there later": {survivor{Retry: usual, sources: 2}, []blow{
			{0, setback{err: errNotFound}, 0, again(0, 0, 1)},
			{time.Hour, lost(time.Hour), 0, again(0, time.Minute, 0)},
		}},
		"two sources, neither there": {survivor{Retry: usual, sources: 2}, []blow{
			{0, setback{err: errUnreached}, 0, again(0, 0, 1)},
			{0, setback{err: errUnreached}, 0, gone},
		}},
		"two sources, one forbidden": {survivor{Retry: usual, sources: 2}, []blow{
			{0, setback{err: errPassword}, 0, again(0, 0, 1)},
			{time.Minute, lost(time.Minute), 0, again(s, 59*s, 1)},
			{0, setback{err: errPassword}, 0, gone},
		}},
		"two sources, one ended": {survivor{Retry: usual, sources: 2, grace: 5 * s}, []blow{
			{time.Minute, setback{live: time.Minute, gain: time.Minute}, 6 * s, again(0, minOther, 1)},
			{3 * s, setback{err: errNotFound}, 0, over},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			v := test.survivor
			v.sources = max(v.sources, 1)
			now := time.Unix(1e9, 0)
			v.since = now
			for i, b := range test.blows {
				now = now.Add(b.after)
				if b.ended > 0 {
					b.setback.ended = now.Add(-b.ended + 1).Add(-1)
					if b.ended == 1 { // just now
						b.setback.ended = now
					}
				}
				got := v.next(b.setback, now, 1)
				if got != b.want {
					t.Fatalf("setback %d: %+v, want %+v", i, got, b.want)
				}
				now = now.Add(got.wait)
			}
		})
	}
}

// What is told in the end is not a time-out that is short because of the budget, but
// where there is nothing else to tell.
func TestVerdict(t *testing.T) {
	silent := &rtmp.Error{Phase: rtmp.PhaseHandshake, Err: &rtmp.TimeoutError{For: "RTMP handshake", After: 10 * time.Second}}
	hasty := &rtmp.Error{Phase: rtmp.PhaseHandshake, Err: &rtmp.TimeoutError{For: "RTMP handshake", After: time.Second}}
	for _, test := range []struct {
		after []setback
		last  error
	}{
		{[]setback{{err: silent}, {err: hasty, brief: true}}, silent},
		{[]setback{{err: hasty, brief: true}}, hasty},
	} {
		s := survivor{Retry: Retry{Attempts: len(test.after), Delay: time.Second}, sources: 1}
		now := time.Unix(1e9, 0)
		for i, b := range append([]setback{{err: errCut, live: time.Minute, gain: time.Minute}}, test.after...) {
			if c := s.next(b, now, 0); (c.do == giveUp) != (i == len(test.after)) {
				t.Fatalf("setback %d: %+v", i, c)
			}
		}
		if e, ok := errors.AsType[*LostError](s.verdict()); !ok || e.Lost != error(errCut) || e.Last != test.last {
			t.Errorf("got %v, want %v", s.verdict(), test.last)
		}
	}
}
