package job

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

// The usual times of a Retry.
const (
	DefaultRetryDelay    = time.Second
	DefaultRetryMaxDelay = 30 * time.Second
	DefaultRetryMaxTime  = time.Minute
)

// minRetryDelay is the least that a Delay can be: a server that is gone refuses
// some ten thousand connections a second.
const minRetryDelay = 100 * time.Millisecond

// Unlimited is a number of attempts.
const Unlimited = -1

// healthy is how long a stream has to go well for its next trouble to be a new
// one. One that starts and ends at once would be tried for ever otherwise.
const healthy = 10 * time.Second

// Brief is how long a server has to keep what is published for that to count.
// Some that do not want a stream grant it first, and then hang up.
const Brief = 3 * time.Second

// A Retry says how long to go on about a connection that fails or is lost. The
// zero Retry gives up at once.
type Retry struct {
	Attempts int           // in a row, or Unlimited; 0: none
	First    bool          // also if the stream was never live for longer than Brief
	Delay    time.Duration // before the second attempt; before others twice as long as the time before
	MaxDelay time.Duration // 0: none
	MaxTime  time.Duration // from the first trouble to the last attempt; 0: any
}

// A trouble is why there is no connection.
type trouble struct {
	err  error
	live time.Duration // how long the stream had gone well; 0: it had not begun
}

// A retrier applies a Retry to one stream. It has no clock and no dice: it is
// told the time, and random numbers in [0, 1).
type retrier struct {
	Retry
	attempt int       // of those in a row
	since   time.Time // the first trouble in a row
	live    bool      // the stream was, once
}

// next tells how long to wait before the next attempt, and whether to make one.
func (r *retrier) next(t trouble, now time.Time, random float64) (wait time.Duration, again bool) {
	r.live = r.live || t.live >= Brief
	if r.attempt == 0 || t.live >= healthy {
		r.attempt, r.since = 0, now
	}
	if isFinal(t.err, r.live || r.First) || !r.live && !r.First || r.Attempts >= 0 && r.attempt >= r.Attempts {
		return 0, false
	}
	wait = r.delay(random)
	r.attempt++
	if r.MaxTime > 0 {
		left := r.since.Add(r.MaxTime).Sub(now)
		if left <= 0 {
			return 0, false
		}
		wait = min(wait, left)
	}
	return wait, true
}

// delay is between half and the whole of what the attempt's number calls for:
// those who lost the same server should not come back all at once.
func (r *retrier) delay(random float64) time.Duration {
	const longest = math.MaxInt64
	d := max(r.Delay, minRetryDelay)
	if n := min(r.attempt, 62); d > longest>>n {
		d = longest
	} else {
		d <<= n
	}
	if r.MaxDelay > 0 {
		d = min(d, max(r.MaxDelay, minRetryDelay))
	}
	return d/2 + time.Duration(float64(d/2)*random)
}

// A permanent is an error of whoever opens connections for us, such as a way through a
// proxy, which knows whether another attempt would change it.
type permanent interface {
	error
	Permanent() bool
}

// isFinal tells the errors that another attempt would not change. patient: the
// stream was live, or was to be waited for.
func isFinal(err error, patient bool) bool {
	var (
		auth    *rtmp.AuthError
		refusal *session.StatusError
		peer    *handshake.Error
		cert    *tls.CertificateVerificationError
		input   *InputError
		badURL  *rtmp.URLError
		conn    *rtmp.Error
		status  *tunnel.StatusError
		answer  *tunnel.ResponseError
		lasting permanent
	)
	switch {
	case errors.As(err, &auth), errors.As(err, &lasting) && lasting.Permanent():
		return true
	case errors.As(err, &refusal):
		return isFinalCode(refusal.Code, patient)
	case errors.As(err, &peer):
		return slices.Contains([]handshake.Kind{handshake.TLS, handshake.HTTP, handshake.RTMPE, handshake.NotRTMPE}, peer.Kind)
	case errors.As(err, &conn) && conn.Phase == rtmp.PhaseTunnel: // a web server
		return errors.As(err, &answer) || errors.As(err, &status) && !passes(status.Status)
	}
	return errors.As(err, &cert) || errors.As(err, &input) || errors.As(err, &badURL) || errors.Is(err, context.Canceled)
}

// passes tells whether an HTTP status may be another one in a moment.
func passes(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// isFinalCode tells the refusals that will stay. What a server says that has
// just started, or for which the connection before is not over yet, it says in
// the codes that it also has for names that do not exist or are taken.
func isFinalCode(code string, patient bool) bool {
	switch {
	case slices.Contains([]string{
		"NetConnection.Connect.InvalidApp",
		"NetConnection.Connect.Rejected",
		"NetStream.Publish.Denied",
		"NetStream.Publish.Rejected",
	}, code):
		return true
	case slices.Contains([]string{
		"NetConnection.Connect.AppShutdown",
		"NetConnection.Connect.Closed",
		"NetConnection.Connect.Failed",
		"NetStream.Failed",
		"NetStream.Publish.Failed",
	}, code):
		return false
	}
	return !patient
}
