package rtmp

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A Player is a stream that is being played. One goroutine calls Next; Stats and
// Close may be called from anywhere.
//
// It starts no goroutine: all work is done within Next. Through HTTP the tunnel has
// one, which makes the requests.
type Player struct {
	dialogue

	mu      sync.Mutex         // held by Next and Close
	pending []*message.Message // delivered while Play was still at work
	err     error

	lastMedia time.Time // of the newest, or of the stream's start
	eofAt     time.Time // when the server announced the end of the stream; zero: not
	alarmAt   time.Time // when to call alarm; zero: never
	alarm     func()

	beforeWait func() (again time.Time)
	againAt    time.Time // when to call it again; zero: never
	away       bool      // the caller of Next has been given audio or video since the last read

	hasMedia bool
	paused   bool // by the caller: silence means nothing
	bounced  bool // a silent recorded stream has been woken once

	gathering gathering

	tally Stats
	count counters // the tally, for others
}

// maxPending is how many data messages are kept that come before the stream
// begins. One is onMetaData; nobody sends more than a few.
const maxPending = 16

func newPlayer(ctx context.Context, c *Client, t *Target, nc net.Conn, s *session.Session) *Player {
	p := &Player{}
	p.init(ctx, nil, c, t, nc, s, p)
	return p
}

// isRecorded tells whether the stream is a recorded one. The server's word is not
// enough for that where it was asked for as live if there is such: MediaMTX and lal
// call those recorded too.
func (p *Player) isRecorded() bool {
	kind := p.session.Kind()
	return kind == session.Recorded || kind == session.FromStart && p.session.Recorded()
}

// Next returns the next audio, video or data message, borrowed until the call
// after. Data messages come in AMF0, without @setDataFrame. The error is io.EOF
// at an orderly end, and stays.
func (p *Player) Next() (*message.Message, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pending) > 0 && p.err == nil {
		m := p.pending[0]
		p.pending = p.pending[1:]
		return m, nil
	}
	for p.err == nil {
		m, err := p.hear()
		if p.session.State() == session.Ended {
			err = p.dismissed(err)
		} else if err == nil && p.believes() {
			err = io.EOF
		}
		if err != nil {
			p.err = p.wrap(err)
			p.publish()
			_ = p.close(true)
		}
		if m != nil {
			p.away = m.Type.IsMedia()
			return m, nil // an error that came with it is for the next call
		}
	}
	return nil, p.err
}

// setUp keeps what comes before the stream has begun. Media is never passed over:
// it is what ends the setting up.
func (p *Player) setUp(this try) error {
	return p.dialogue.setUp(this, func(m *message.Message) {
		if m.Type.IsMedia() || len(p.pending) < maxPending {
			p.pending = append(p.pending, m.Clone())
		}
	})
}

func (p *Player) send(m *message.Message) error { return p.conn.send(m) }

func (p *Player) streaming() { p.lastMedia, p.eofAt = p.since, time.Time{} }

func (p *Player) delivered(m *message.Message) {
	p.tally.media(m)
	if m.HasFrames() {
		p.hasMedia, p.bounced = true, false
		p.lastMedia, p.eofAt = p.conn.lastIn, time.Time{}
		p.tally.LastMedia = p.lastMedia
	}
}

// noted takes from an event what matters for the clock.
func (p *Player) noted(e *session.Event) {
	switch {
	case e.Ending && p.eofAt.IsZero(): // nginx-rtmp announces it twice
		p.eofAt = p.conn.lastIn
	case e.Begun:
		p.eofAt = time.Time{} // there is a publisher again
	}
}

// EndedAt is when the server announced the end of the stream, which it may take
// back until Next has returned io.EOF; see Client.EOFGrace. It is zero if it has
// not, or has taken it back, and also if it has left no doubt, as at the end of a
// recorded stream. After an io.EOF it so tells a stream whose publisher may come
// back from one that is over; a server that hung up may not have waited for the
// grace to pass. Who calls Next may call EndedAt.
func (p *Player) EndedAt() time.Time { return p.eofAt }

// BeforeWait makes Next call f whenever it is about to wait for the server, for
// what should not wait along with it: the flush of what was written. While the
// server sends faster than it is read, there are fewer calls. If nothing comes until
// the time that f returns, it is called again; zero: it is not. f must not call the
// Player. BeforeWait is called before Next.
func (p *Player) BeforeWait(f func() (again time.Time)) { p.beforeWait = f }

// Lend makes Next join audio and video messages in room that room gives, where
// who writes them wants them; see chunk.Reader.Lend. It is called before Next.
func (p *Player) Lend(room func(n int) []byte) { p.reader.Lend(room) }

// After calls f once, when d has passed, from within the Next that waits for the
// server by then; f must not call the Player. Another After takes its place. The
// goroutine that calls Next calls it, and so needs no clock of its own.
func (p *Player) After(d time.Duration, f func()) {
	p.alarmAt, p.alarm = time.Now().Add(d), f
}

// Seek asks a recorded stream to go on at position ms. What comes from before
// that is dropped. It waits for a Next under way.
func (p *Player) Seek(ms uint32) error {
	return p.command(func(dst []session.Reaction) []session.Reaction { return p.session.Seek(dst, ms) })
}

// Pause stops a recorded stream, or lets it go on. While it is stopped no
// silence ends it, and Next, which would wait for ever, is not to be called.
func (p *Player) Pause(on bool) error {
	return p.command(func(dst []session.Reaction) []session.Reaction {
		p.paused, p.lastMedia, p.eofAt = on, time.Now(), time.Time{}
		return p.session.Pause(dst, on)
	})
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

// publish shows the tally to others.
func (p *Player) publish() {
	p.tally.Bytes = int64(p.conn.total)
	p.count.publish(&p.tally)
	p.count.publishReader(p.reader)
}

// Target is what is played: the Target that was given to Play, or what became of
// it if the server named another place. A ReconnectRequest is relative to that.
func (p *Player) Target() *Target { return p.target }

// RemoteAddr is the server's address.
func (p *Player) RemoteAddr() net.Addr { return p.conn.RemoteAddr() }

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
	p.publish()
	if polite {
		p.reactions = p.session.Stop(p.reactions[:0])
		_, _ = p.react()
	}
	return p.conn.shut(polite)
}
