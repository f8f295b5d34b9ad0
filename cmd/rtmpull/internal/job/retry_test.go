package job

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/proxy"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

func refused(code string) error {
	return &rtmp.Error{Phase: rtmp.PhaseConnect, Addr: "h:1935", Err: &session.StatusError{Call: "connect", Code: code, Level: "error"}}
}

// A step is a trouble, some time after the wait for the attempt before, and what
// is to come of it; a negative wait is the end.
type step struct {
	after time.Duration // that the attempt took, the stream's time included
	live  time.Duration
	wait  time.Duration
}

func TestRetry(t *testing.T) {
	const s = time.Second
	usual := Retry{Attempts: Unlimited, Delay: s, MaxDelay: 8 * s, MaxTime: time.Minute}
	first := usual
	first.First = true
	for name, test := range map[string]struct {
		retry Retry
		steps []step
	}{
		"zero":           {Retry{}, []step{{s, 0, -1}}},
		"zero, was live": {Retry{}, []step{{time.Hour, time.Hour, -1}}},
		"never live":     {usual, []step{{s, 0, -1}}},
		"at first too":   {first, []step{{0, 0, s}, {0, 0, 2 * s}, {0, 0, 4 * s}, {0, 0, 8 * s}, {0, 0, 8 * s}}},
		"lost, back":     {usual, []step{{time.Hour, time.Hour, s}, {0, 0, 2 * s}, {0, 0, 4 * s}, {time.Hour, time.Hour, s}}},
		// 60 s of trying, and the last attempt at the end of them
		"lost for good": {usual, []step{
			{time.Hour, time.Hour, s}, {0, 0, 2 * s}, {0, 0, 4 * s}, {0, 0, 8 * s}, {0, 0, 8 * s}, {0, 0, 8 * s},
			{0, 0, 8 * s}, {0, 0, 8 * s}, {0, 0, 8 * s}, {0, 0, 5 * s}, {0, 0, -1},
		}},
		"attempts take time": {usual, []step{{time.Hour, time.Hour, s}, {30 * s, 0, 2 * s}, {25 * s, 0, 2 * s}, {0, 0, -1}}},
		// that is no success: the waits grow, and there is an end
		"starts, then closes": {first, []step{
			{s, s, s}, {s, s, 2 * s}, {s, s, 4 * s}, {s, s, 8 * s}, {s, s, 8 * s}, {s, s, 8 * s}, {s, s, 8 * s}, {s, s, 8 * s}, {s, s, 5 * s}, {s, s, -1},
		}},
		// that is how some servers refuse, and nobody has asked to wait for them
		"starts, then closes, unasked": {usual, []step{{s, s, -1}}},
		"a healthy stretch":            {first, []step{{s, s, s}, {s, s, 2 * s}, {healthy, healthy, s}, {s, s, 2 * s}}},
		"attempts":                     {Retry{Attempts: 2, Delay: s}, []step{{Brief, Brief, s}, {0, 0, 2 * s}, {0, 0, -1}}},
		"attempts again":               {Retry{Attempts: 2, Delay: s}, []step{{Brief, Brief, s}, {0, 0, 2 * s}, {healthy, healthy, s}, {0, 0, 2 * s}, {0, 0, -1}}},
		"no delay":                     {Retry{Attempts: 3}, []step{{Brief, Brief, s / 10}, {0, 0, s / 5}, {0, 0, 2 * s / 5}, {0, 0, -1}}},
		"next to none":                 {Retry{Attempts: 3, Delay: 1, MaxDelay: 1}, []step{{Brief, Brief, s / 10}, {0, 0, s / 10}, {0, 0, s / 10}, {0, 0, -1}}},
	} {
		now := time.Unix(0, 0)
		r := retrier{Retry: test.retry}
		for i, step := range test.steps {
			now = now.Add(step.after)
			const most = 0x1.fffffffffffffp-1 // the greatest random number
			wait, again := r.next(trouble{io.ErrUnexpectedEOF, step.live}, now, most)
			if wait = wait.Round(time.Millisecond); again != (step.wait >= 0) || again && wait != step.wait {
				t.Errorf("%s: step %d: %v, %v, want %v", name, i, wait, again, step.wait)
				break
			}
			now = now.Add(wait)
		}
	}
}

// Waits are spread over the upper half, and never overflow.
func TestRetryJitter(t *testing.T) {
	for attempt := range 1000 {
		unbounded := retrier{Retry: Retry{Attempts: Unlimited, Delay: 3 * time.Hour}, attempt: attempt}
		if got := unbounded.delay(0); got < 90*time.Minute || attempt > 0 && got < 3*time.Hour {
			t.Fatalf("attempt %d: %v", attempt, got)
		}
		r := retrier{Retry: Retry{Attempts: Unlimited, Delay: 3 * time.Hour, MaxDelay: 9 * time.Hour}, attempt: attempt}
		full := min(3*time.Hour<<min(attempt, 2), 9*time.Hour)
		for _, random := range []float64{0, 0.5, 0.999} {
			got := r.delay(random)
			if want := time.Duration(float64(full) * (1 + random) / 2); (got - want).Abs() > time.Millisecond {
				t.Fatalf("attempt %d: %v, want %v", attempt, got, want)
			}
		}
	}
}

func TestIsFinal(t *testing.T) {
	const no, first, always = 0, 1, 2 // final: never; until the stream was live; always
	for name, test := range map[string]struct {
		err   error
		final int
	}{
		"lost":                               {&rtmp.Error{Phase: rtmp.PhaseStream, Err: io.ErrUnexpectedEOF}, no},
		"goodbye":                            {io.EOF, no},
		"no host":                            {errNoServer, no},
		"idle":                               {rtmp.ErrIdle, no},
		"shutdown":                           {refused("NetConnection.Connect.AppShutdown"), no},
		"failed":                             {refused("NetStream.Failed"), no},
		"name taken":                         {refused("NetStream.Publish.BadName"), first},
		"not found":                          {refused("NetStream.Play.StreamNotFound"), first},
		"no code":                            {refused(""), first},
		"no app":                             {refused("NetConnection.Connect.InvalidApp"), always},
		"rejected":                           {refused("NetConnection.Connect.Rejected"), always},
		"denied":                             {refused("NetStream.Publish.Denied"), always},
		"wrong password":                     {&rtmp.Error{Err: &rtmp.AuthError{Reason: rtmp.ErrWrongCredentials, Refusal: &session.StatusError{}}}, always},
		"a proxy's password":                 {&rtmp.Error{Phase: rtmp.PhaseDial, Err: &proxy.Error{Kind: proxy.Denied, Err: proxy.ErrPassword}}, always},
		"a proxy's rules":                    {&rtmp.Error{Phase: rtmp.PhaseDial, Err: &proxy.Error{Kind: proxy.Denied, Err: errors.New("403 Forbidden")}}, no},
		"a web server":                       {&rtmp.Error{Phase: rtmp.PhaseHandshake, Err: &handshake.Error{Kind: handshake.HTTP}}, always},
		"a web server, asked for a tunnel":   {&rtmp.Error{Phase: rtmp.PhaseTunnel, Err: &tunnel.StatusError{Status: 404}}, always},
		"a page instead of a tunnel":         {&rtmp.Error{Phase: rtmp.PhaseTunnel, Err: &tunnel.ResponseError{Reason: "x"}}, always},
		"a tunnel that is not there for now": {&rtmp.Error{Phase: rtmp.PhaseTunnel, Err: &tunnel.StatusError{Status: 503}}, no},
		"a tunnel that is asked too often":   {&rtmp.Error{Phase: rtmp.PhaseTunnel, Err: &tunnel.StatusError{Status: 429}}, no},
		"a tunnel that has ended":            {&rtmp.Error{Phase: rtmp.PhaseStream, Err: &tunnel.StatusError{Status: 404, Begun: true}}, no},
		"a bad file":                         {&InputError{"x", errEmpty}, always},
		"something, twice":                   {fmt.Errorf("again: %w", errors.New("something")), no},
		"RTMPE alone":                        {&rtmp.Error{Phase: rtmp.PhaseHandshake, Err: &handshake.Error{Kind: handshake.RTMPE, Version: 6}}, always},
		"no RTMPE":                           {&rtmp.Error{Phase: rtmp.PhaseHandshake, Err: &handshake.Error{Kind: handshake.NotRTMPE, Version: 3}}, always},
		"it may be RTMPE":                    {&rtmp.Error{Phase: rtmp.PhaseHandshake, Err: fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, rtmp.ErrNoRTMPE)}, no},
	} {
		for _, live := range []bool{false, true} {
			if got, want := isFinal(test.err, live), test.final == always || test.final == first && !live; got != want {
				t.Errorf("%s, live %v: %v, want %v", name, live, got, want)
			}
		}
	}
}
