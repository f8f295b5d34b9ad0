package serve

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
)

const (
	// writeTimeout is how long a client may take nothing at all. It is long,
	// since a viewer who pauses may do so without a word.
	writeTimeout = time.Minute

	// writeBuffer is asked of the kernel for each socket. It reports room only
	// when a third is free, and left to itself it grows to megabytes: a client
	// that takes audio in real time would seem to take nothing for minutes.
	writeBuffer = 512 << 10

	// maxUnasked is how many bytes a client may say before it publishes, or
	// after that: what is not joined yet fills memory. Of what it is sent it may
	// acknowledge an ackShare besides.
	maxUnasked = 1 << 20
	ackShare   = 1024

	// sealSize is how much is encrypted at a time.
	sealSize = 64 << 10
)

// A link is a connection. One goroutine writes, another reads; any may close it.
type link struct {
	net.Conn
	sent     atomic.Int64 // bytes, those of the handshake included
	cut      int64        // cut off when so many bytes have been sent; 0: never
	received atomic.Int64
	allowed  atomic.Int64 // how many may be received, besides acknowledgements

	// What a client of RTMPE wants. What is written belongs to others too: a file's
	// tags, and what is relayed.
	ciphers handshake.Ciphers
	sealed  []byte // what is on its way, encrypted
}

var errTooMuch = errors.New("serve: the client says too much and publishes nothing")

func (l *link) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if l.received.Add(int64(n))-l.sent.Load()/ackShare > l.allowed.Load() {
		return 0, errTooMuch
	}
	if c := l.ciphers.Receive; c != nil {
		c.XORKeyStream(b[:n], b[:n])
	}
	return n, err
}

// allow says how many bytes may be received, from the first one on.
func (l *link) allow(n int64) { l.allowed.Store(n) }

// Write gives up when the client has taken nothing for writeTimeout: one that
// is only slow is served as long as it likes.
func (l *link) Write(b []byte) (n int, err error) {
	cut := false
	if left := l.cut - l.sent.Load(); l.cut > 0 && int64(len(b)) >= left {
		b, cut = b[:max(left, 0)], true
	}
	for n < len(b) && err == nil {
		part := b[n:]
		if l.ciphers.Send != nil {
			part = l.seal(part[:min(len(part), sealSize)])
		}
		var m int
		m, err = l.push(part)
		n += m
	}
	if err == nil && cut {
		err = errCut
	}
	return n, err
}

// seal encrypts what is to be written next.
func (l *link) seal(b []byte) []byte {
	l.sealed = slices.Grow(l.sealed[:0], len(b))[:len(b)]
	l.ciphers.Send.XORKeyStream(l.sealed, b)
	return l.sealed
}

// push writes all of b.
func (l *link) push(b []byte) (n int, err error) {
	for n < len(b) {
		if err := l.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return n, err
		}
		m, err := l.Conn.Write(b[n:])
		n += m
		l.sent.Add(int64(m))
		if err != nil && (m == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return n, err
		}
	}
	return n, nil
}

// closeWrite ends what is sent and leaves open what is received, so that all
// arrives: to close a socket that has unread input tears the connection.
func (l *link) closeWrite() error {
	if c, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return errors.ErrUnsupported
}

// reset tears the connection.
func (l *link) reset() {
	if c, ok := l.Conn.(interface{ SetLinger(int) error }); ok {
		_ = c.SetLinger(0)
	}
	_ = l.Close()
}
