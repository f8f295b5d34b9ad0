package tunnel

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A link is the way to the HTTP server: one connection at a time, and on it one
// request after the other, or a few at once. It belongs to one goroutine, but for cut and interrupt.
//
// It makes requests by itself, and leaves the answers to net/http, whose own client
// would take two goroutines more for each session, and does not tell a connection
// that was closed before a request from one that was lost with it.
type link struct {
	cfg   Config
	queue []request // those that are not answered, in their order
	spare [][]byte  // of requests that are

	mu   sync.Mutex // of nc and gone, for others
	nc   net.Conn   // nil: there is none
	gone bool       // cut was called
	stop bool       // interrupt was called, for the request under way
	in   input
	br   *bufio.Reader

	heard   int           // answers
	answers int           // of them on nc
	mute    error         // of a write to nc
	single  bool          // nc is for one answer, and the server does not say so
	lasts   int           // answers on the last connection that the server ended, telling so; 0: on any
	lasting bool          // the last answer was of a server that keeps connections
	waited  time.Duration // for the last answer to begin
	trial   trial
	loose   bool // an answer may come on nc to a request that is forgotten
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
	l.in, l.answers, l.mute, l.loose = input{nc: nc}, 0, nil, false
	if l.br == nil {
		l.br = bufio.NewReader(nil)
	}
	l.br.Reset(&l.in)
	return nil
}

// close closes the connection, if there is one. Requests that are left are for the next
// one.
func (l *link) close() {
	if l.nc == nil {
		return
	}
	_ = l.nc.Close() // TLS has a goodbye to say, which cut may have to cut short
	for i := range l.queue {
		r := &l.queue[i]
		r.out, r.taken, r.ahead = false, false, i > 0
	}
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

// stopped tells whether it was us who broke the connection off.
func (l *link) stopped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stop
}

// do makes the requests that are queued, and gives the answer to the first. That, of
// whatever status, is to be read to the end and given to finish; without that the link
// is closed.
//
// A server may close a connection between two requests, with no word on it or with one
// that crosses the second. That one is made again on another connection, if the server
// cannot have heard it: it was not written yet, or the answer before says that it is the
// connection's last. No other is, though no answer has come: who has heard it may have
// taken what it brings, and taken out what the answer was to bring, and either would be
// wrong without anybody's knowing. Only the first after open may be, as RTMP's servers do
// not speak first, and two handshakes in a row are none: there are HTTP servers that
// close each connection behind an answer, and this is where they are found out.
func (l *link) do(ctx context.Context) (*http.Response, error) {
	for {
		if err := l.connect(ctx); err != nil {
			return nil, err
		}
		if l.answers > 0 && !l.loose && !l.queue[0].out && l.left() {
			l.single = l.single || l.answers == 1
			l.close()
			continue
		}
		answer, err := l.exchange()
		if err == nil {
			l.answers++
			l.heard++
			return answer, nil
		}
		if err == errMissed { //nolint:errorlint // it is ours
			l.drop()
			return nil, err
		}
		again := l.unheard()
		l.close()
		if !again || l.answers == 0 || l.stopped() {
			return nil, err
		}
		l.single = l.single || l.answers == 1
	}
}

// unheard tells whether the first request, to which no answer has come, can be made
// again.
func (l *link) unheard() bool {
	if l.in.came {
		return false
	}
	return !l.queue[0].taken || l.heard == 1 && (hungUp(l.in.err) || wasReset(l.in.err))
}

// exchange writes what is not written, and reads an answer.
func (l *link) exchange() (*http.Response, error) {
	l.write()
	if l.queue[0].ahead && l.trial == untried && l.mute == nil {
		if l.try(); l.trial == missed {
			return nil, errMissed
		}
	}
	l.in.came, l.in.left = l.br.Buffered() > 0, maxHeader
	begun := time.Now()
	for range maxInformational {
		answer, err := http.ReadResponse(l.br, nil)
		switch {
		case err != nil && l.mute != nil:
			return nil, l.mute
		case err != nil:
			return nil, l.failed(err)
		case answer.ProtoMajor != 1:
			return nil, &ResponseError{Reason: "it is of another HTTP"}
		case answer.StatusCode/100 == 1 && answer.StatusCode != http.StatusSwitchingProtocols:
			continue
		case answer.Header.Get("Content-Encoding") != "" && answer.Header.Get("Content-Encoding") != "identity":
			return nil, &ResponseError{Reason: "it is compressed"}
		}
		if l.loose && answer.Close {
			return nil, io.ErrUnexpectedEOF // to which request that is the answer is not known
		}
		l.waited = time.Since(begun)
		l.in.left = math.MaxInt64 // a body is never held as a whole
		answer.Close = answer.Close || l.mute != nil && len(l.queue) == 1
		return answer, nil
	}
	return nil, &ResponseError{Reason: "it does not come to the point"}
}

// write writes the requests that are not written, all at once, as far as the server takes
// any.
func (l *link) write() {
	var all []byte
	for i := range l.queue {
		switch r := &l.queue[i]; {
		case r.out:
		case len(all) == 0:
			all = r.text
		default:
			all = append(slices.Clip(all), r.text...)
		}
	}
	if len(all) == 0 {
		return
	}
	var n int
	if l.mute == nil {
		n, l.mute = l.nc.Write(all)
	}
	if l.mute != nil { // and it may have said why
		_ = l.nc.SetReadDeadline(time.Now().Add(parting))
	}
	for i := range l.queue {
		if r := &l.queue[i]; !r.out {
			r.out, r.taken = true, n > 0
			n -= len(r.text)
		}
	}
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
	l.drop()
	l.lasting = !answer.Close && answer.ProtoAtLeast(1, 1)
	if answer.Close {
		l.lasts = l.answers
	} else if l.answers >= l.lasts {
		l.lasts = 0
	}
	if answer.Close || l.single || len(l.queue) == 0 && l.br.Buffered() > 0 && !l.loose {
		l.close()
	}
}
