package rtmp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A Player is a stream that is being played. One goroutine calls Next; Stats and
// Close may be called from anywhere.
//
// It starts no goroutine: all work is done within Next.
type Player struct {
	client *Client
	addr   string
	cancel context.CancelCauseFunc

	mu        sync.Mutex // held by Next and Close
	conn      *conn
	session   *session.Session
	reader    *chunk.Reader
	recorded  bool
	reactions []session.Reaction
	pending   []*message.Message // delivered while Play was still at work
	err       error

	phase     Phase
	since     time.Time // when the phase began
	setupBy   time.Time
	answerBy  time.Time // for connect's answer
	nudgeAt   time.Time // zero: not, or done
	lastMedia time.Time // of the newest, or of the stream's start
	eofAt     time.Time // when the server said that the stream is at its end; zero: not
	hasMedia  bool
	bounced   bool // a silent recorded stream has been woken once

	delivered message.Message
	count     counters
}

// maxPending is how many data messages are kept that come before the stream
// begins. One is onMetaData; nobody sends more than a few.
const maxPending = 16

func newPlayer(ctx context.Context, c *Client, addr string, nc net.Conn, s *session.Session) *Player {
	p := &Player{client: c, addr: addr, session: s}
	ctx, p.cancel = context.WithCancelCause(ctx)
	p.conn = newConn(ctx, nc, &p.count)
	p.conn.readBy = p.readBy
	p.reader = chunk.NewReader(p.conn)
	p.recorded = s.Kind() == session.Recorded
	return p
}

// setUp does all that comes before the stream.
func (p *Player) setUp(deadline time.Time, digest bool) error {
	p.setupBy, p.since = deadline, time.Now()
	p.phase = PhaseHandshake
	h := handshake.NewClient(handshake.Config{Digest: digest})
	if err := p.shakeHands(h); err != nil {
		return p.wrap(err)
	}
	for p.session.State() < session.Streaming {
		m, err := p.step()
		if err != nil {
			return p.wrap(err)
		}
		if m != nil && len(p.pending) < maxPending {
			p.pending = append(p.pending, m.Clone())
		}
	}
	p.client.phaseDone(p.phase, &p.since)
	p.phase, p.lastMedia = PhaseStream, p.since
	return nil
}

// shakeHands sends C2 together with the opening of the session, since S2 holds
// nothing that has to be waited for.
func (p *Player) shakeHands(h *handshake.Client) error {
	if err := h.Hello(p.conn); err != nil {
		return err
	}
	var c2 bytes.Buffer
	if err := h.Reply(p.conn, &c2); err != nil {
		return noEOF(err)
	}
	p.conn.head = c2.Bytes()
	var err error
	if p.reactions, err = p.session.Start(p.reactions[:0]); err != nil {
		return err
	}
	if _, err := p.react(); err != nil {
		return err
	}
	if err := h.Finish(p.conn); err != nil {
		return noEOF(err)
	}
	p.client.phaseDone(PhaseHandshake, &p.since)
	p.phase = PhaseConnect
	p.answerBy = p.since.Add(answerTimeout)
	return nil
}

// noEOF is for places at which the end of the input is no goodbye.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Next returns the next audio, video or data message, borrowed until the call
// after. Data messages come in AMF0, without @setDataFrame. The error is io.EOF
// at an orderly end, and stays.
func (p *Player) Next() (*message.Message, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pending) > 0 {
		m := p.pending[0]
		p.pending = p.pending[1:]
		return m, nil
	}
	for p.err == nil {
		m, err := p.step()
		if m != nil {
			return m, nil
		}
		if err != nil {
			p.err = p.wrap(err)
			p.close(true)
		}
	}
	return nil, p.err
}

// step takes one message from the server. The message it returns, if any, is
// one for the caller of Next.
func (p *Player) step() (*message.Message, error) {
	m, err := p.reader.Next()
	if err != nil {
		return nil, p.readFailed(err)
	}
	if t := p.client.Trace; t != nil && t.Received != nil {
		t.Received(m)
	}
	var ended error
	p.reactions, ended = p.session.Handle(p.reactions[:0], m)
	if p.conn.fresh {
		p.conn.fresh = false
		p.reactions = p.session.Received(p.reactions, p.conn.total)
	}
	out, err := p.react()
	if p.phase < PhaseStream {
		p.setPhase()
	}
	if ended != nil {
		return out, ended
	}
	return out, err
}

// react does what the session asks for. Nothing is written before the next read.
func (p *Player) react() (out *message.Message, err error) {
	t := p.client.Trace
	for i := range p.reactions {
		r := &p.reactions[i]
		switch r.Do {
		case session.Send:
			if t != nil && t.Sent != nil {
				t.Sent(&r.Message)
			}
			if e := p.conn.send(&r.Message); e != nil {
				err = e
			}
		case session.Notify:
			p.note(r.Event)
			if t != nil && t.Event != nil {
				t.Event(r.Event)
			}
		case session.Deliver:
			p.delivered = r.Message
			out = &p.delivered
			p.count.delivered(out)
			if out.Type.IsMedia() {
				p.hasMedia, p.bounced = true, false
				p.lastMedia, p.eofAt = p.conn.lastIn, time.Time{}
				p.count.lastMedia.Store(p.lastMedia.UnixNano())
			}
		}
	}
	return out, err
}

// note takes from an event what matters for the clock.
func (p *Player) note(e *session.Event) {
	if e.Kind == session.StreamEOF || e.Complete() {
		p.eofAt = p.conn.lastIn
	}
}

// setPhase follows the session's state.
func (p *Player) setPhase() {
	phase := p.phase
	switch p.session.State() {
	case session.Creating:
		phase = PhaseCreateStream
	case session.Starting:
		phase = PhasePlay
	}
	if phase == p.phase {
		return
	}
	p.client.phaseDone(p.phase, &p.since)
	p.phase = phase
	p.nudgeAt = time.Time{}
	if phase == PhaseCreateStream {
		p.nudgeAt = p.since.Add(nudgeAfter)
	}
}

// readBy is the deadline of the next read: the soonest of those in force.
func (p *Player) readBy() time.Time {
	var by time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (by.IsZero() || t.Before(by)) {
			by = t
		}
	}
	switch p.phase {
	case PhaseStream:
		if wait := p.mediaTimeout(); wait > 0 {
			by = p.lastMedia.Add(wait)
		}
		if !p.eofAt.IsZero() {
			sooner(p.eofAt.Add(p.grace()))
		}
		return by
	case PhaseHandshake:
		by = p.since.Add(handshakeTimeout)
	case PhaseConnect:
		by = p.answerBy
	}
	sooner(p.nudgeAt)
	sooner(p.setupBy)
	return by
}

func (p *Player) mediaTimeout() time.Duration {
	if p.hasMedia {
		return p.client.IdleTimeout
	}
	return p.client.StartTimeout
}

func (p *Player) grace() time.Duration {
	if g := p.client.EOFGrace; g > 0 {
		return g
	}
	return DefaultEOFGrace
}

// readFailed finds out what a failed read means. nil: go on.
func (p *Player) readFailed(err error) error {
	if cause := p.conn.interrupted(); cause != nil {
		return cause
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) { // of the read; that of a write is a TimeoutError
		if hungUp(err) && !p.eofAt.IsZero() {
			return io.EOF // it had said that the stream was at its end
		}
		return noEOF(err)
	}
	now := time.Now()
	switch {
	case p.phase == PhaseStream && !p.eofAt.IsZero() && !now.Before(p.eofAt.Add(p.grace())):
		return io.EOF
	case p.phase == PhaseStream && p.recorded && p.hasMedia && !p.bounced:
		p.bounced, p.lastMedia = true, now
		p.reactions = p.session.Bounce(p.reactions[:0])
		_, err := p.react()
		return err
	case !p.nudgeAt.IsZero() && !now.Before(p.nudgeAt):
		p.nudgeAt = time.Time{}
		p.reactions, _ = p.session.Nudge(p.reactions[:0])
		_, err := p.react()
		return err
	}
	return p.timeout(now)
}

// timeout names the wait that took too long.
func (p *Player) timeout(now time.Time) error {
	e := &TimeoutError{After: now.Sub(p.since)}
	switch p.phase {
	case PhaseHandshake:
		e.For = "RTMP handshake"
	case PhaseConnect, PhaseCreateStream:
		e.For = "answer to " + p.phase.String()
	case PhasePlay:
		e.For, e.kind = "answer to play", ErrNoMedia
	default:
		e.After = now.Sub(p.lastMedia)
		e.For, e.kind = "media", ErrIdle
		if !p.hasMedia {
			e.kind = ErrNoMedia
		}
	}
	return e
}

// wrap puts the phase on an error, unless it is the orderly end or the
// context's.
func (p *Player) wrap(err error) error {
	if err == io.EOF && p.phase == PhaseStream { //nolint:errorlint // the sessions's, bare
		return io.EOF
	}
	if p.conn.interrupted() != nil {
		return context.Cause(p.conn.ctx)
	}
	return &Error{p.phase, p.addr, noEOF(err)}
}

// Buffered is the number of bytes that have arrived and are not yet part of a
// message: 0 means that the next Next will wait for the server. Only the
// goroutine that calls Next may ask.
func (p *Player) Buffered() int { return p.reader.Buffered() }

// Seek asks a recorded stream to go on at position ms. What comes from before
// that is dropped.
func (p *Player) Seek(ms uint32) error {
	return p.command(func(dst []session.Reaction) []session.Reaction { return p.session.Seek(dst, ms) })
}

// Pause stops a recorded stream, or lets it go on.
func (p *Player) Pause(on bool) error {
	return p.command(func(dst []session.Reaction) []session.Reaction { return p.session.Pause(dst, on) })
}

// command says something to the server, between two calls of Next.
func (p *Player) command(say func([]session.Reaction) []session.Reaction) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.reactions = say(p.reactions[:0])
	if _, err := p.react(); err != nil {
		return p.wrap(err)
	}
	if err := p.conn.flush(); err != nil {
		return p.wrap(err)
	}
	return nil
}

// Stats returns a snapshot of the counters.
func (p *Player) Stats() Stats { return p.count.snapshot() }

// Close takes leave of the server and closes the connection. A Next under way
// returns net.ErrClosed. Close may be called more than once.
func (p *Player) Close() error {
	p.cancel(net.ErrClosed) // so that Next lets go of the lock
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = net.ErrClosed
	}
	return p.close(true)
}

// close ends the connection, with a word of parting if there is somebody to
// hear it.
func (p *Player) close(polite bool) error {
	p.cancel(net.ErrClosed)
	if polite {
		p.reactions = p.session.Stop(p.reactions[:0])
		_, _ = p.react()
	}
	return p.conn.shut(polite)
}
