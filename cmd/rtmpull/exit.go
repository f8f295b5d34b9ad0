package main

import (
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// The exit statuses. 0 to 3 have rtmpdump's sense.
const (
	statusOK         = 0
	statusFailed     = 1
	statusIncomplete = 2
	statusConnect    = 3
	statusRefused    = 4
	statusOutput     = 5
	statusNoMedia    = 6
	statusUsage      = 64
	statusSignal     = 128 // plus the signal's number
	statusPipe       = statusSignal + int(syscall.SIGPIPE)
)

// errNoKeyFrame is the error of a stream that ended in good order and had nothing that
// a recording could begin with.
var errNoKeyFrame = errors.New("no key frame came")

// A jobError is how a recording failed, or what was published: whether anything
// had come or gone by then matters for the exit status.
type jobError struct {
	err   error
	media bool
	heard bool // some came that could not be recorded
	mask  *obs.Mask

	patient bool          // it was waited for
	waited  time.Duration // in vain

	publish bool
	brief   bool // no server has kept what was published for long
}

func (e *jobError) Error() string { return e.err.Error() }
func (e *jobError) Unwrap() error { return e.err }

// exitStatus is the one place that turns errors into statuses.
func exitStatus(err error) int {
	var (
		usage  *usageError
		badURL *rtmp.URLError
		signal *signalError
		lost   *job.LostError
		output *flvout.Error
		space  *job.SpaceError
		pull   *jobError
		input  *job.InputError
		dump   *dumpError
	)
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &dump):
		return dump.status
	case errors.As(err, &lost): // whatever became of the last attempt
		return statusIncomplete
	case errors.As(err, &input), errors.Is(err, job.ErrAstray):
		return statusFailed
	case errors.As(err, &usage), errors.As(err, &badURL):
		return statusUsage
	case errors.As(err, &signal):
		return statusSignal + int(signal.signal)
	case errors.Is(err, syscall.EPIPE) && !isConnection(err):
		return statusPipe
	case errors.As(err, &output), errors.As(err, &space), errors.Is(err, syscall.ENOSPC):
		return statusOutput
	case errors.As(err, &pull):
		return jobStatus(pull)
	}
	return statusFailed
}

func isConnection(err error) bool {
	var e *rtmp.Error
	return errors.As(err, &e)
}

// jobStatus is the status of a recording, or of what was published, that the
// server or the connection ended.
func jobStatus(e *jobError) int {
	var (
		conn    *rtmp.Error
		refusal *session.StatusError
		timeout *rtmp.TimeoutError
	)
	switch {
	case e.brief && errors.As(e, &refusal):
		return statusRefused
	case e.media, e.heard && !errors.Is(e, errNoKeyFrame):
		return statusIncomplete
	case errors.Is(e, job.ErrNeverLive), errors.Is(e, rtmp.ErrNoMedia):
		return statusNoMedia
	case !errors.As(e, &conn):
		return statusFailed
	case e.publish && conn.Phase == rtmp.PhaseStream: // whether a frame had gone was a matter of luck
		return statusIncomplete
	case conn.Phase <= rtmp.PhaseHandshake:
		return statusConnect
	case errors.As(e, &refusal), errors.Is(e, session.ErrClosed), hungUp(e):
		return statusRefused
	case errors.As(e, &timeout):
		return statusNoMedia
	}
	return statusFailed
}

// hungUp tells whether the server closed the connection without a word.
func hungUp(err error) bool {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return true
	}
	// Systems have more names for it than those.
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "read" || op.Op == "write") && !op.Timeout()
}
