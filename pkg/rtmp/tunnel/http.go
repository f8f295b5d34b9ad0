package tunnel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
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

// A link is the way to the HTTP server: one connection at a time, and on it one
// request after the other. It belongs to one goroutine, but for cut and interrupt.
//
// It makes requests by itself, and leaves the answers to net/http, whose own client
// would take two goroutines more for each session, and does not tell a connection
// that was closed before a request from one that was lost with it.
type link struct {
	cfg     Config
	request []byte

	mu   sync.Mutex // of nc and gone, for others
	nc   net.Conn   // nil: there is none
	gone bool       // cut was called
	stop bool       // interrupt was called, for the request under way
	in   input
	br   *bufio.Reader

	heard   int  // answers
	answers int  // of them on nc
	single  bool // nc is for one answer, and the server does not say so
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

// connect makes sure that there is a connection.
func (l *link) connect(ctx context.Context) error {
	if l.nc != nil {
		if !l.stopped() {
			return nil
		}
		l.close()
	}
	nc, err := l.cfg.Dial(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.nc, l.stop = nc, l.gone
	l.mu.Unlock()
	if l.stopped() {
		l.close()
		return net.ErrClosed
	}
	l.in, l.answers = input{nc: nc}, 0
	if l.br == nil {
		l.br = bufio.NewReader(nil)
	}
	l.br.Reset(&l.in)
	return nil
}

// close closes the connection, if there is one.
func (l *link) close() {
	if l.nc == nil {
		return
	}
	_ = l.nc.Close() // TLS has a goodbye to say, which cut may have to cut short
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nc = nil
}

// cut breaks the connection off, and lets no other be made.
func (l *link) cut() {
	l.mu.Lock()
	l.gone = true
	l.mu.Unlock()
	l.interrupt()
}

// interrupt breaks the connection off.
func (l *link) interrupt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop = true
	if l.nc == nil {
		return
	}
	nc := l.nc
	if tls, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = tls.NetConn() // which has no goodbye to wait for
	}
	_ = nc.Close()
}

// compose makes a request, with the headers that Flash Player's have, as librtmp
// writes them.
func (l *link) compose(path string, body []byte) {
	b := l.request[:0]
	b = append(b, "POST "...)
	b = append(b, path...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, l.cfg.Host...)
	b = append(b, "\r\nAccept: */*\r\nUser-Agent: Shockwave Flash\r\nConnection: Keep-Alive\r\n"+
		"Cache-Control: no-cache\r\nContent-type: application/x-fcs\r\nContent-length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	b = append(b, body...)
	l.request = b
}

// do makes the request that was composed. Its answer, of whatever status, is to be
// read to the end and given to finish; without that the link is closed.
//
// A server may close a connection between two requests. If it does so when the
// second is on its way already, that was not heard, and is made again on another
// connection. One that was answered in part is not, nor one after which the connection
// was reset: the answer may have been under way, and what the server had said in it
// would be missing without anybody's knowing. Only the first after open may be, as
// RTMP's servers do not speak first: there are HTTP servers that close each connection
// behind an answer, and this is where they are found out.
func (l *link) do(ctx context.Context) (*http.Response, error) {
	for {
		if err := l.connect(ctx); err != nil {
			return nil, err
		}
		answer, unheard, err := l.exchange()
		if err == nil {
			l.answers++
			l.heard++
			return answer, nil
		}
		l.close()
		if !unheard || l.answers == 0 || l.stopped() {
			return nil, err
		}
		l.single = l.single || l.answers == 1
	}
}

// stopped tells whether it was us who broke the connection off.
func (l *link) stopped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stop
}

// exchange makes the request on the connection that there is. unheard: it was closed
// before the server can have heard it.
func (l *link) exchange() (answer *http.Response, unheard bool, err error) {
	l.in.came, l.in.left = false, maxHeader
	_, failed := l.nc.Write(l.request)
	if failed != nil {
		// A server that wants no more of it may have said so.
		_ = l.nc.SetReadDeadline(time.Now().Add(parting))
	}
	for range maxInformational {
		answer, err := http.ReadResponse(l.br, nil)
		switch {
		case err != nil && failed != nil:
			return nil, !l.in.came, failed
		case err != nil:
			return nil, !l.in.came && (hungUp(l.in.err) || l.heard == 1 && wasReset(l.in.err)), l.failed(err)
		case answer.ProtoMajor != 1:
			return nil, false, &ResponseError{Reason: "it is of another HTTP"}
		case answer.StatusCode/100 == 1 && answer.StatusCode != http.StatusSwitchingProtocols:
			continue
		case answer.Header.Get("Content-Encoding") != "" && answer.Header.Get("Content-Encoding") != "identity":
			return nil, false, &ResponseError{Reason: "it is compressed"}
		}
		l.in.left = math.MaxInt64 // a body is never held as a whole
		answer.Close = answer.Close || failed != nil
		return answer, false, nil
	}
	return nil, false, &ResponseError{Reason: "it does not come to the point"}
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

// failed is what the error of reading an answer means: that of the connection, or
// that the answer is no HTTP.
func (l *link) failed(err error) error {
	switch {
	case l.in.err != nil:
		return noEOF(l.in.err)
	case errors.Is(err, errTooMuch):
		return &ResponseError{Reason: "its header is too long"}
	}
	return &ResponseError{Reason: "it is not HTTP"}
}

// finish is called when an answer has been read to its end. It keeps the connection,
// if the server does.
func (l *link) finish(answer *http.Response) {
	if answer.Close || l.single || l.br.Buffered() > 0 {
		l.close()
	}
}
