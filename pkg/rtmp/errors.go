package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// A Phase is a part of a connection's life.
type Phase uint8

// The phases, in order.
const (
	PhaseDial Phase = iota
	PhaseTLS
	PhaseTunnel // the session with an HTTP server that RTMP goes through
	PhaseHandshake
	PhaseConnect // the connect command
	PhaseCreateStream
	PhasePlay    // the play command, until its status
	PhasePublish // the publish command, until its status
	PhaseStream  // media
)

// String gives the phase's name.
func (p Phase) String() string {
	return [...]string{"dial", "tls", "tunnel", "handshake", "connect", "createStream", "play", "publish", "stream"}[p]
}

// An Error tells in which phase of a connection something went wrong. All errors
// of this package are of this type, but for io.EOF at the orderly end of a
// stream, a *URLError, what Target.Redirect returns, and the cause of a context that
// was cancelled.
type Error struct {
	Phase Phase
	Addr  string // host:port
	Err   error
}

func (e *Error) Error() string { return fmt.Sprintf("rtmp: %s %s: %v", e.Phase, e.Addr, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

var (
	// ErrIdle is the error of a stream that has fallen silent.
	ErrIdle = errors.New("the stream has fallen silent")

	// ErrNoRTMPE is wrapped by the error of a server that hangs up on RTMPE's C0 and C1,
	// as most do that do not speak it.
	ErrNoRTMPE = errors.New("it may not speak RTMPE")

	// ErrNoMedia is the error of a stream that was granted and never began.
	ErrNoMedia = errors.New("no media came")
)

// errNeverBegan is a stream that was over before it began, by the server's word.
var errNeverBegan = fmt.Errorf("the server ended the stream: %w", ErrNoMedia)

// A TimeoutError tells which wait took too long: for an "address of" a host, a
// "connection", the "TLS handshake", an "HTTP tunnel", the "RTMP handshake", an
// "answer to connect", "answer to createStream", "answer to play", "answer to
// publish", for "media" at all, "more media", "progress in sending", or a "sign that
// all has arrived".
type TimeoutError struct {
	For   string // what was waited for
	After time.Duration
	kind  error
}

func (e *TimeoutError) Error() string {
	// Clocks are late by a little: 30s, not 30.001s.
	unit := time.Millisecond
	for e.After/1000 >= unit {
		unit *= 10
	}
	return fmt.Sprintf("no %s within %v", e.For, e.After.Round(unit))
}

// Timeout is true.
func (e *TimeoutError) Timeout() bool { return true }

// Unwrap returns ErrIdle or ErrNoMedia, where it was media that did not come, and
// context.DeadlineExceeded before there was a connection.
func (e *TimeoutError) Unwrap() error { return e.kind }

// dialError names the wait that was too long, if that is what kept a connection
// from being made.
func dialError(err error, after time.Duration) error {
	if !isTimeout(err) {
		return noEOF(err)
	}
	e := &TimeoutError{"connection", after, context.DeadlineExceeded}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		e.For = "address of " + dns.Name
	}
	return e
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// noEOF is for places at which the end of the input is no goodbye.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// hungUp tells whether the server has closed the connection, in whatever way.
func hungUp(err error) bool {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return true
	}
	// Systems have more names for it than those.
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "read" || op.Op == "write") && !op.Timeout()
}
