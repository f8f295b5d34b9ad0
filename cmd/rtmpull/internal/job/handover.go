package job

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// The rules for a server that asks to connect anew (Enhanced RTMP v2, Reconnect
// Request), which must not be able to send us round in circles.
const (
	maxMoves  = 5                // in a row
	moveEvery = 10 * time.Second // what it asks for sooner than that is passed over

	movesOver = time.Hour // without a request after which they are counted anew

	// moveWithin is how long the old connection's end waits for the new one.
	moveWithin = 10 * time.Second

	// moveOverlap is how long the old connection goes on, once the new one has a
	// key frame, until that comes there as well: the seam is between the same two
	// pictures then.
	moveOverlap = 2 * time.Second

	maxMoveQueue = 8 << 20 // bytes that the new connection is ahead at most
)

// ErrMoved ends a connection whose successor has been ahead for long enough.
var ErrMoved = errors.New("the stream goes on over another connection")

// errNoKeyFrame ends a successor with which nothing can go on.
var errNoKeyFrame = errors.New("no key frame came")

// errTooOften is why a server's request to connect anew is not heeded.
var errTooOften = errors.New("it asks too often")

// moves counts the server's requests.
type moves struct {
	n    int
	last time.Time
}

// allow tells whether another one is heeded.
func (m *moves) allow(now time.Time) bool {
	if now.Sub(m.last) > movesOver {
		m.n = 0
	}
	if m.n > 0 && now.Sub(m.last) < moveEvery || m.n >= maxMoves {
		return false
	}
	m.n, m.last = m.n+1, now
	return true
}

// A successor is the connection that takes the place of another, which goes on
// meanwhile. A goroutine of its own opens it and keeps what comes from its first
// key frame on.
type successor struct {
	link   *link
	done   chan struct{} // closed when the goroutine has ended
	opened chan struct{} // closed when there is a key frame, or there will be none
	ready  atomic.Bool   // there is one
	stop   atomic.Bool   // the goroutine is to end with the message under way
	cut    func()        // ends the old connection

	// Of the goroutine until done.
	queue []*message.Message
	size  int
	err   error

	key []byte // of the key frame; read behind ready
}

// move begins what a server's request asks for, unless that is under way. nil: it
// is not heeded.
func (p *Pull) move(ctx context.Context, l *link) *successor {
	l.asked = false
	if l.next != nil {
		if !l.next.failed() {
			return l.next
		}
		l.next.drop()
	}
	target := p.lead(l, l.moveTo)
	if target == nil {
		return nil
	}
	s := &successor{link: &link{target: target}, done: make(chan struct{}), opened: make(chan struct{})}
	s.cut = func() { l.cut(ErrMoved) }
	ctx, s.link.cut = context.WithCancelCause(ctx)
	video := p.kind.video
	go func() {
		defer close(s.done)
		s.run(ctx, p.client(s.link), video)
	}()
	return s
}

// lead is where a server leads us; nil: that is not followed.
func (p *Pull) lead(l *link, to string) *rtmp.Target {
	target, err := l.player.Target().Redirect(to, l.player.RemoteAddr())
	switch {
	case err != nil:
		p.report(Event{Kind: Moving, Err: err})
		return nil
	case !p.moves.allow(time.Now()):
		p.report(Event{Kind: Moving, Name: target.Redacted(), Err: errTooOften})
		return nil
	}
	if p.Learn != nil {
		p.Learn(target)
	}
	p.report(Event{Kind: Moving, Name: target.Redacted()})
	return target
}

// isLed tells whether a connection has ended with a word on where the stream is, as
// the origins of an SRS cluster do behind Play.Start.
func (p *Pull) isLed(l *link, err error) bool {
	refusal, ok := errors.AsType[*session.StatusError](err)
	if ok && refusal.Redirect != "" {
		l.moved = p.lead(l, refusal.Redirect)
	}
	return l.moved != nil
}

// run opens the connection and queues what comes, until it is told to stop, or the
// queue is full.
func (s *successor) run(ctx context.Context, client *rtmp.Client, video bool) {
	open := sync.OnceFunc(func() { close(s.opened) })
	defer open()
	delay := retrier{Retry: Retry{Delay: DefaultRetryDelay, MaxDelay: DefaultRetryMaxDelay}}
	for {
		if s.link.player, s.err = client.Play(ctx, s.link.target); s.err == nil {
			break
		}
		if isFinal(s.err, true) || sleep(ctx, delay.delay(1)) != nil {
			return
		}
		delay.attempt++
	}
	s.link.begun = time.Now()
	for !s.stop.Load() {
		m, err := s.link.player.Next()
		if err != nil {
			s.err = err
			return
		}
		s.queue = append(s.queue, m.Clone())
		if s.size += len(m.Payload); s.size > maxMoveQueue {
			if s.ready.Load() {
				s.cut() // it is too far behind
			} else {
				s.err = errNoKeyFrame
			}
			return
		}
		if !s.ready.Load() && begins(m, video) {
			s.key = bytes.Clone(m.Payload)
			s.ready.Store(true)
			open()
			defer time.AfterFunc(moveOverlap, s.cut).Stop()
		}
	}
}

// begins tells whether a recording can go on with a message.
func begins(m *message.Message, video bool) bool {
	if !m.Type.IsMedia() {
		return false
	}
	c := flvout.Classify(flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: m.Payload})
	return c.Kind == flvout.KindFrame && (c.Key || !video && m.Type == message.TypeAudio)
}

// meets tells whether the old connection is where the new one began, before m is
// recorded from it.
func (s *successor) meets(m *message.Message) bool {
	return s.ready.Load() && m.Type.IsMedia() && bytes.Equal(m.Payload, s.key)
}

// failed tells whether nothing will come of it any more.
func (s *successor) failed() bool {
	select {
	case <-s.done:
		return !s.ready.Load()
	default:
		return false
	}
}

// takeOver waits until the new connection can be recorded, for moveWithin at most,
// and returns it. nil: it cannot.
func (s *successor) takeOver(ctx context.Context) *link {
	timer := time.NewTimer(moveWithin)
	defer timer.Stop()
	select {
	case <-s.opened:
	case <-timer.C:
	case <-ctx.Done():
	}
	if !s.ready.Load() {
		s.drop()
		return nil
	}
	s.stop.Store(true)
	<-s.done // with its next message
	s.link.queue, s.link.failed = s.queue, s.err
	return s.link
}

// drop ends a connection that is not wanted.
func (s *successor) drop() {
	s.stop.Store(true)
	s.link.cut(context.Canceled)
	<-s.done
	if s.link.player != nil {
		_ = s.link.player.Close()
	}
}
