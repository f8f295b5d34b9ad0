package job

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

const (
	// moveWithin is how long the old connection's end waits for an attempt to open
	// the new one that is under way.
	moveWithin = 3 * time.Second

	// moveOverlap is how long the old connection goes on, once the new one has a
	// key frame, until that comes there as well: the seam is between the same two
	// pictures then.
	moveOverlap = 2 * time.Second

	// A connection may be without media for maxLull, and get maxBehind less than the
	// old one in the last half of moveOverlap, or longer, to take that one's place
	// before it has ended.
	maxLull   = 500 * time.Millisecond
	maxBehind = 250 * time.Millisecond

	// What is kept of the new connection at most, in bytes: before its key frame, and
	// from there on.
	maxMovePrelude = 1 << 20
	maxMoveQueue   = 8 << 20

	keptMessage = 128 // bytes that a message takes besides its payload
)

// ErrMoved ends a connection whose successor has been ahead for long enough.
var ErrMoved = errors.New("the stream goes on over another connection")

var (
	// errNoKeyFrame ends a successor with which nothing can go on.
	errNoKeyFrame = errors.New("no key frame came")

	// errUnsteady ends one that has sent much and does not keep up.
	errUnsteady = errors.New("it does not keep up with the connection that it was to replace")
)

// A stage is how far a successor has come.
type stage uint8

const (
	opening stage = iota // it has no key frame yet
	ahead                // it has one, and what came since
	taking               // the old connection is over, and it takes its place as it is
	dead                 // it has ended, or is not wanted
)

// A successor is the connection that takes the place of another, which goes on
// meanwhile. A goroutine of its own opens it and keeps what a recording needs to go
// on with it: the headers and some sound from before its first key frame, and all
// from there on. It ends when the old connection is over, when the new one is, or
// when more has come than is kept.
type successor struct {
	link  *link
	video bool          // a key frame is one of video
	cut   func()        // ends the old connection
	over  chan struct{} // closed when the old connection is over, or this one not wanted
	end   func()        // closes that
	done  chan struct{} // closed when the goroutine has ended

	// Of the goroutine until done.
	queue []*message.Message
	size  int // of the queue, as it counts
	since time.Time
	err   error

	mu     sync.Mutex
	stage  stage
	trying bool      // an attempt is under way, or has succeeded
	key    []byte    // of the key frame; nil: none came
	heard  time.Time // the newest media came
	gone   stride    // on the old connection since half of moveOverlap is over
	come   stride    // on this one
	half   bool      // it is
}

// succeed begins to open a connection that is to take l's place.
func (p *Pull) succeed(ctx context.Context, l *link, target *rtmp.Target) *successor {
	s := &successor{
		link: &link{source: l.source, target: target}, video: p.kind.video, trying: true,
		cut:  func() { l.cut(ErrMoved) },
		over: make(chan struct{}), done: make(chan struct{}),
	}
	s.end = sync.OnceFunc(func() { close(s.over) })
	ctx, s.link.cut = context.WithCancelCause(ctx)
	go s.run(ctx, p.client(s.link))
	return s
}

// run opens the connection and keeps what comes.
func (s *successor) run(ctx context.Context, client *rtmp.Client) {
	defer close(s.done)
	if s.err = s.open(ctx, client); s.err == nil {
		s.err = s.gather()
	}
	if s.enter(dead) && s.link.player != nil {
		_ = s.link.player.Close()
		s.queue = nil
	}
}

// enter goes over to a stage, unless the last has been reached.
func (s *successor) enter(to stage) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage < taking {
		s.stage = to
	}
	return s.stage == to
}

// open connects, again and again until the old connection is over.
func (s *successor) open(ctx context.Context, client *rtmp.Client) error {
	delay := retrier{Retry: Retry{Delay: DefaultRetryDelay, MaxDelay: DefaultRetryMaxDelay}}
	for {
		player, err := client.Play(ctx, s.link.target)
		if err == nil {
			s.link.player, s.link.begun = player, time.Now()
			return nil
		}
		if isFinal(err, true) || !s.pause(ctx, delay.delay(1)) {
			return err
		}
		delay.attempt++
	}
}

// pause waits before another attempt, and tells whether that is to be made.
func (s *successor) pause(ctx context.Context, d time.Duration) bool {
	s.tries(false)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		s.tries(true)
		return true
	case <-s.over:
	case <-ctx.Done():
	}
	return false
}

func (s *successor) tries(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trying = on
}

// gather keeps what comes, until one of the two connections is over.
func (s *successor) gather() error {
	for {
		select {
		case <-s.over:
			return nil
		default:
		}
		m, err := s.link.player.Next()
		if err != nil {
			return err
		}
		if err = s.keep(m); err != nil {
			return err
		}
	}
}

// keep queues a message if it is needed, and ends the old connection when its time
// has come.
func (s *successor) keep(m *message.Message) error {
	now := time.Now()
	if s.since.IsZero() {
		return s.await(m, now)
	}
	s.push(m)
	s.mu.Lock()
	steady := now.Sub(s.heard) <= maxLull
	if m.HasFrames() {
		s.heard = now
		if !s.half && now.Sub(s.since) >= moveOverlap/2 { // what came in one go is no pace
			s.half, s.gone, s.come = true, stride{}, stride{}
		}
		s.come.hear(m.Timestamp)
	}
	steady = steady && s.come.media+maxBehind >= s.gone.media
	s.mu.Unlock()
	full := s.size > maxMoveQueue
	switch {
	case steady && full:
		s.cut()
		<-s.over
	case steady && now.Sub(s.since) >= moveOverlap:
		s.cut()
	case full && s.enter(ahead): // it does not take over just now
		return errUnsteady
	}
	return nil
}

// await takes a message from before the key frame, or that.
func (s *successor) await(m *message.Message, now time.Time) error {
	c := flvout.Classify(tagOf(m))
	frame := c.Kind == flvout.KindFrame
	audio := m.Type == message.TypeAudio
	switch {
	case frame && (c.Key && !audio || audio && !s.video):
		s.size, s.since = 0, now
		s.push(m)
		s.mu.Lock()
		s.key, s.heard = bytes.Clone(m.Payload), now
		s.come.hear(m.Timestamp)
		s.mu.Unlock()
		s.enter(ahead)
	case frame && audio, c.Kind == flvout.KindConfig, c.Kind == flvout.KindMetadata, c.Kind == flvout.KindScript:
		if s.push(m); s.size > maxMovePrelude {
			return errNoKeyFrame
		}
	}
	return nil
}

func (s *successor) push(m *message.Message) {
	s.queue = append(s.queue, m.Clone())
	s.size += len(m.Payload) + keptMessage
}

// meets tells whether the old connection is where the new one began, before m is
// recorded from it.
func (s *successor) meets(m *message.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage != ahead || !m.Type.IsMedia() {
		return false
	}
	if m.HasFrames() {
		s.gone.hear(m.Timestamp)
	}
	return bytes.Equal(m.Payload, s.key)
}

// isDead tells whether it has ended by itself.
func (s *successor) isDead() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// isPromising tells whether something may come of it as it is: it is open, or an
// attempt to open it is under way.
func (s *successor) isPromising() bool {
	if s == nil || s.isDead() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trying
}

// takeOver returns the new connection when the old one is over. nil: there is none,
// and is none within moveWithin.
func (s *successor) takeOver(ctx context.Context) *link {
	if !s.enter(taking) {
		s.drop()
		return nil
	}
	s.end()
	timer := time.NewTimer(moveWithin)
	defer timer.Stop()
	select {
	case <-s.done: // with an attempt's end, or the next message
	case <-timer.C:
		s.drop()
		return nil
	case <-ctx.Done():
		s.drop()
		return nil
	}
	if s.link.player == nil || s.err != nil && s.key == nil {
		s.drop()
		return nil
	}
	s.link.queue, s.link.failed = s.queue, s.err
	return s.link
}

// drop ends a connection that is not wanted, and waits for that.
func (s *successor) drop() {
	if s == nil {
		return
	}
	s.enter(dead)
	s.end()
	s.link.cut(context.Canceled)
	<-s.done
	if s.link.player != nil {
		_ = s.link.player.Close()
	}
}
