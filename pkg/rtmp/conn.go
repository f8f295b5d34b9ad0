package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A conn is a connection with a deadline for every read and write, which ends
// when its context does. One goroutine reads and writes, or one does each: then
// writer, deaf and sent are the one's, and the rest is the other's.
type conn struct {
	net.Conn
	ctx    context.Context //nolint:containedctx // a connection's life is its context's
	unhook func() bool
	hooked chan struct{} // closed when the context's hook has run

	writeTimeout time.Duration // of every write

	// stopBy is when writes end after ctx has; see newConn. It is read after
	// hooked.
	stopBy time.Time

	head   []byte // goes out in front of the next write, as it is
	sealed []byte // what was written last, encrypted
	writer *chunk.Writer
	deaf   bool // the server has closed its ears, or we our mouth; it may still have something to say
	broken bool // a write has failed

	// beforeRead sends what waits to be sent, and gives the read's deadline; zero:
	// none.
	beforeRead func() (time.Time, error)
	readBy     time.Time // the deadline that is set; zero: none
	lastIn     time.Time // when bytes came last
	idleSince  time.Time // when the last read returned
	full       bool      // the last read filled its buffer: there is more
	waited     bool      // the last read waited for what it brought
	total      uint64    // bytes that came
	sent       int64     // bytes that went

	ciphers handshake.Ciphers // Send is the one's who writes, Receive the reader's

	letGo, once sync.Once
}

// leastWait is longer than a read takes for which nothing has to come.
const leastWait = 5 * time.Millisecond

// past is a deadline that ends every read and write at once.
func past() time.Time { return time.Unix(1, 0) }

// newConn makes a conn of nc. When life has ended, and with it ctx, a write may go
// on for partingTimeout, so that it does not stop in the middle of a message.
// When ctx alone has, or life is nil, it ends at once.
func newConn(ctx, life context.Context, nc net.Conn, writeTimeout time.Duration) *conn {
	now := time.Now()
	c := &conn{
		Conn: nc, ctx: ctx, hooked: make(chan struct{}), writeTimeout: writeTimeout,
		lastIn: now, idleSince: now,
	}
	c.writer = chunk.NewWriter(c)
	c.unhook = context.AfterFunc(ctx, func() {
		defer close(c.hooked)
		c.stopBy = past()
		if life != nil && life.Err() != nil {
			c.stopBy = time.Now().Add(partingTimeout)
		}
		_ = nc.SetReadDeadline(past())
		_ = nc.SetWriteDeadline(c.stopBy)
	})
	return c
}

// interrupted tells that the context has ended. It is asked after a deadline
// was set: the hook's own deadline may have been overwritten by it, but then the
// context had ended before.
func (c *conn) interrupted() error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	return nil
}

// send gathers m for the next flush.
func (c *conn) send(m *message.Message) error {
	if c.deaf {
		return nil
	}
	return c.written(c.writer.Write(m))
}

// flush sends what waits to be sent.
func (c *conn) flush() error {
	if c.deaf {
		return nil
	}
	return c.written(c.writer.Flush())
}

// written finds out what the error of a write means. That a server has hung up
// is found out by reading, when all that it sent before has been read.
func (c *conn) written(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return &TimeoutError{For: "progress in sending", After: c.writeTimeout}
	case hungUp(err):
		c.deaf, c.broken = true, true
		return nil
	}
	return err
}

// Read sends what waits to be sent and reads what there is.
func (c *conn) Read(b []byte) (int, error) {
	by, err := c.beforeRead()
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	// One that passes too early is set again then: that costs less than to set it for
	// each read.
	if c.readBy.After(by) || !by.IsZero() && !c.readBy.After(begun) {
		err = c.setReadBy(by)
	} else {
		err = c.interrupted()
	}
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && !c.readBy.Equal(by) && c.interrupted() == nil {
		if err = c.setReadBy(by); err == nil {
			n, err = c.Conn.Read(b)
		}
	}
	c.idleSince, c.full = time.Now(), n == len(b)
	c.waited = c.idleSince.Sub(begun) >= leastWait
	if n > 0 {
		c.lastIn = c.idleSince
		c.total += uint64(n)
		if c.ciphers.Receive != nil {
			c.ciphers.Receive.XORKeyStream(b[:n], b[:n])
		}
	} else if cause := c.interrupted(); cause != nil {
		err = cause
	}
	return n, err
}

// setReadBy sets the deadline of reads, unless the context has ended, which has set
// one that stays.
func (c *conn) setReadBy(by time.Time) error {
	if err := c.SetReadDeadline(by); err != nil {
		return err
	}
	c.readBy = by
	return c.interrupted()
}

// Write writes b, behind what has to come before it.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.writeTimeout)); err != nil {
		return 0, err
	}
	if err := c.interrupted(); err != nil {
		if <-c.hooked; !time.Now().Before(c.stopBy) {
			return 0, err
		}
		if err := c.SetWriteDeadline(c.stopBy); err != nil {
			return 0, err
		}
	}
	b, ahead := c.enclose(b)
	n, err := c.Conn.Write(b)
	c.sent += int64(n)
	if err != nil {
		if cause := c.interrupted(); cause != nil {
			err = cause
		}
	}
	return max(0, n-ahead), err
}

// enclose makes of b what goes out: behind the head, which has a length of ahead,
// and encrypted if it has to be. It does not touch b.
func (c *conn) enclose(b []byte) (out []byte, ahead int) {
	out, c.head = c.head, nil
	ahead = len(out)
	switch {
	case c.ciphers.Send != nil:
		if ahead == 0 {
			out = c.sealed[:0]
		}
		out = append(out, b...)
		c.ciphers.Send.XORKeyStream(out[ahead:], b)
		c.sealed = out
		return out, ahead
	case ahead > 0:
		return append(out, b...), ahead
	}
	return b, 0
}

// A blunt conn writes on past the end of its context, until the deadline that
// others have set.
type blunt struct{ *conn }

func (c blunt) Write(b []byte) (int, error) {
	b, ahead := c.enclose(b)
	n, err := c.Conn.Write(b)
	return max(0, n-ahead), err
}

// release makes the deadlines its caller's alone: the end of the context no
// longer sets them.
func (c *conn) release() {
	c.letGo.Do(func() {
		if !c.unhook() {
			<-c.hooked
		}
	})
}

// underTLS is the connection that TLS is spoken on, or nc itself. There may be two
// layers of it: a proxy's, and in that the server's.
func underTLS(nc net.Conn) net.Conn {
	for {
		c, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			return nc
		}
		nc = c.NetConn()
	}
}

// drained tells whether the last read took all that had come. Connections that are not
// the system's own, such as TLS's, give less with a read than there is.
func (c *conn) drained() bool {
	if _, plain := c.Conn.(syscall.Conn); plain {
		return !c.full
	}
	return c.waited
}

// arrived tells whether the other system has taken all that was sent, as far as
// that can be known. It waits a moment for that, and is called when nobody reads.
func (c *conn) arrived() bool {
	const pause = 10 * time.Millisecond
	for by := time.Now().Add(partingTimeout); ; time.Sleep(pause) {
		n, ok := unacknowledged(c.Conn)
		switch refused := refusedBytes(c.Conn); {
		case refused, c.broken:
			return false
		case !ok || n == 0 || time.Now().After(by):
			return n == 0
		}
	}
}

// closeWrite tells the server that nothing more will come, as far as the
// connection's kind can. What is sent from then on is passed over.
func (c *conn) closeWrite(timeout time.Duration) {
	c.deaf = true
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		_ = c.SetWriteDeadline(time.Now().Add(timeout))
		_ = half.CloseWrite()
	}
}

// shut closes the connection, after a last flush of what waits if polite is set.
func (c *conn) shut(polite bool) (err error) {
	c.release()
	c.once.Do(func() {
		if polite && !c.deaf {
			// The context may have ended, but not our manners: past its end
			// conn's own Write refuses.
			c.writer.Redirect(blunt{c})
			_ = c.SetWriteDeadline(time.Now().Add(partingTimeout))
			_ = c.writer.Flush()
		}
		if tc, ok := c.Conn.(*tls.Conn); ok {
			// TLS says goodbye as well, and would wait longer for it.
			defer time.AfterFunc(partingTimeout, func() { _ = tc.NetConn().Close() }).Stop()
		}
		err = c.Conn.Close()
	})
	return err
}
