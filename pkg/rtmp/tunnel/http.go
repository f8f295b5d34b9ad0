package tunnel

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

const (
	maxHeader        = 64 << 10 // bytes of an answer before its body
	maxInformational = 8        // answers 1xx before the one that counts
)

// A StatusError is an answer other than 200. When a session had begun it means that
// the server has ended that, and wraps io.ErrUnexpectedEOF.
type StatusError struct {
	Status int
	Begun  bool // there had been a session
}

func (e *StatusError) Error() string {
	text := strings.TrimSpace(fmt.Sprintf("HTTP %d %s", e.Status, http.StatusText(e.Status)))
	if e.Begun {
		return "the server has ended the tunnel (" + text + ")"
	}
	return "the server does not tunnel RTMP there (" + text + ")"
}

// Unwrap returns io.ErrUnexpectedEOF if there had been a session.
func (e *StatusError) Unwrap() error {
	if e.Begun {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// A ResponseError is an answer that is not understood.
type ResponseError struct {
	Reason string
	Begun  bool // there had been a session
}

func (e *ResponseError) Error() string {
	if e.Begun {
		return "the tunnel has ended: the server's answer is not understood: " + e.Reason
	}
	return "the server does not tunnel RTMP there: its answer is not understood: " + e.Reason
}

// An input is what comes on a connection, and no more of it than left.
type input struct {
	nc   net.Conn
	left int64
	came bool  // something, since that was set to false
	err  error // the connection's
}

// errTooMuch is what an input gives when there is too much.
var errTooMuch = errors.New("tunnel: the answer's header is too long")

func (r *input) Read(b []byte) (int, error) {
	if r.left <= 0 {
		return 0, errTooMuch
	}
	n, err := r.nc.Read(b[:min(int64(len(b)), r.left)])
	r.left -= int64(n)
	r.came = r.came || n > 0
	if err != nil {
		r.err = err
	}
	return n, err
}

// hungUp tells whether the other side has closed the connection in due form, or, as
// many do over TLS, with a FIN alone.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// wasReset tells whether the connection was broken off.
func wasReset(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && !op.Timeout()
}
