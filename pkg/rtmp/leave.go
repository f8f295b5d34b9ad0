package rtmp

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// Close sends what Write has gathered, takes leave of the server, and returns
// when that has heard everything: it says so, or closes its side. The error
// tells that this did not happen, or why the stream was over before. Close waits
// for a Write under way, and may be called more than once.
//
// When the stream's context has ended, before or meanwhile, Close takes half a
// second at most for all that, over TLS a second, and the error is the context's
// cause.
func (p *Publisher) Close() error {
	p.closing.Do(func() { p.left = p.close() })
	return p.left
}

func (p *Publisher) close() error {
	p.pen.Lock()
	p.closed = true
	if p.life.Err() != nil {
		defer p.pen.Unlock()
		p.closeInterrupted()
		return context.Cause(p.life)
	}
	err := p.goodbye()
	p.pen.Unlock()
	if err == nil {
		err = p.heardOut()
	}
	p.cancel(net.ErrClosed)
	<-p.done
	_ = p.conn.shut(false)
	return err
}

// goodbye sends what has been gathered and the words of parting, and closes our
// side. Its caller has the pen.
func (p *Publisher) goodbye() error {
	if err := p.Err(); err != nil {
		return err
	}
	err := p.part()
	if err == nil {
		err = p.flush()
	}
	if err != nil {
		if err = p.failed(err); errors.Is(err, io.EOF) {
			// The end was not heard, whatever the server says.
			err = &Error{PhaseStream, p.addr, io.ErrUnexpectedEOF}
		}
		return err
	}
	if !p.overTLS() {
		p.conn.closeWrite(p.conn.writeTimeout)
	}
	return nil
}

// overTLS tells whether closing our side says something that has to be read:
// TLS's close_notify. A server that hangs up without reading that breaks the
// connection off, which looks as if it had not read the rest either.
func (p *Publisher) overTLS() bool { return underTLS(p.conn.Conn) != p.conn.Conn }

// part gathers the words of parting.
func (p *Publisher) part() error {
	p.talk.Lock()
	p.reactions = p.session.Stop(p.reactions[:0])
	_, err := p.react()
	p.talk.Unlock()
	if err == nil {
		err = p.reply()
	}
	return err
}

// heardOut waits until the server has heard everything: for as long as the other
// system takes some of it now and then, and a time-out longer.
func (p *Publisher) heardOut() error {
	if p.overTLS() {
		select {
		case <-p.done:
		case <-time.After(partingTimeout):
			p.pen.Lock()
			p.conn.closeWrite(p.conn.writeTimeout)
			p.pen.Unlock()
		}
	}
	const looks = 8 // during the time-out
	timeout := p.conn.writeTimeout
	tick := time.NewTicker(max(timeout/looks, time.Millisecond))
	defer tick.Stop()
	left, _ := unacknowledged(p.conn.Conn)
	for since := time.Now(); ; {
		select {
		case <-p.done:
			return p.verdict()
		case <-tick.C:
		}
		if n, _ := unacknowledged(p.conn.Conn); n != left {
			left, since = n, time.Now()
		}
		if time.Since(since) >= timeout {
			return &Error{PhaseStream, p.addr, &TimeoutError{For: "sign that all has arrived", After: timeout}}
		}
	}
}

// verdict is what the end of the listening goroutine means after a goodbye.
func (p *Publisher) verdict() error {
	switch {
	case errors.Is(p.err, io.EOF), errors.Is(p.err, session.ErrClosed):
		return nil // it has said so
	case p.life.Err() != nil:
		return context.Cause(p.life)
	case errors.Is(p.err, io.ErrUnexpectedEOF) && p.conn.arrived():
		return nil // it has closed its side when it had come to the end of ours
	}
	return p.err // a RST is what systems send for a program that has not read all
}

// closeInterrupted is close for a stream whose context has ended, and with it
// the listening goroutine.
func (p *Publisher) closeInterrupted() {
	<-p.done
	p.conn.release()
	p.conn.writer.Redirect(blunt{p.conn})
	_ = p.conn.SetDeadline(time.Now().Add(partingTimeout))
	// What waits in a tunnel its Close has sent, and does not wait for the server to
	// say more: an answer may be held back.
	if p.part() == nil && p.conn.flush() == nil && inTunnel(p.conn.Conn) == nil {
		p.conn.closeWrite(partingTimeout)
		_, _ = io.Copy(io.Discard, p.conn.Conn) // what is not read would have it cut off
	}
	_ = p.conn.shut(false)
}
