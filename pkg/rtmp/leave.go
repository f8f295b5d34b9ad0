package rtmp

import (
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
// When the stream's context has ended, Close takes half a second at most for all
// that and has no error.
func (p *Publisher) Close() error {
	p.closing.Do(func() { p.left = p.close() })
	return p.left
}

func (p *Publisher) close() error {
	p.pen.Lock()
	p.closed = true
	if p.life.Err() != nil {
		defer p.pen.Unlock()
		return p.closeInterrupted()
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
	if err := p.part(); err != nil {
		return &Error{PhaseStream, p.addr, noEOF(err)}
	}
	err := p.flush()
	if errors.Is(err, errDeaf) {
		err = io.ErrUnexpectedEOF // the end was not heard, whatever the server says now
	}
	if err != nil {
		return &Error{PhaseStream, p.addr, noEOF(err)}
	}
	p.conn.closeWrite(p.conn.writeTimeout)
	return nil
}

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

// heardOut waits until the server has heard everything.
func (p *Publisher) heardOut() error {
	timeout := time.NewTimer(p.conn.writeTimeout)
	defer timeout.Stop()
	select {
	case <-p.done:
	case <-timeout.C:
		return &Error{PhaseStream, p.addr, &TimeoutError{For: "sign that all has arrived", After: p.conn.writeTimeout}}
	}
	switch {
	case errors.Is(p.err, io.EOF), errors.Is(p.err, session.ErrClosed), p.life.Err() != nil:
		return nil
	case errors.Is(p.err, io.ErrUnexpectedEOF): // it has closed its side, as we have ours
		return nil
	}
	return p.err // a RST is what systems send for a program that has not read all
}

// closeInterrupted is close for a stream whose context has ended, and with it
// the listening goroutine.
func (p *Publisher) closeInterrupted() error {
	<-p.done
	p.conn.release()
	p.conn.writer.Redirect(p.conn.Conn)
	_ = p.conn.SetDeadline(time.Now().Add(partingTimeout))
	if p.part() == nil && p.conn.flush() == nil {
		p.conn.closeWrite(partingTimeout)
		_, _ = io.Copy(io.Discard, p.conn.Conn) // what is not read would have it cut off
	}
	_ = p.conn.shut(false)
	return nil
}
