package serve

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

const (
	// maxQueue is how much may wait for one viewer, in bytes, besides what it
	// began with. The messages themselves are there once for all.
	maxQueue = 8 << 20

	// maxHoldUp is how long a viewer may hold up the publisher. It is given a
	// holdUpShare of all time back, of the clock's or of the stream's, whichever
	// is longer: a publisher that is faster than real time is held up by
	// everyone.
	maxHoldUp   = 5 * time.Second
	holdUpShare = 12

	// maxPublishers is how many streams may be published at a time.
	maxPublishers = 32

	// maxPath is how long the name of a published stream may be, its
	// application's included.
	maxPath = 1024
)

// relays are the streams that are published now. The zero value is ready.
type relays struct {
	mu     sync.Mutex
	byPath map[string]*relay
	memory memory
}

var (
	errTaken      = errors.New("serve: the name is taken")
	errPublishers = errors.New("serve: there are too many publishers")
)

// add begins a stream, unless there is one of that name, or enough of others.
func (rs *relays) add(path string) (*relay, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	switch {
	case rs.byPath[path] != nil:
		return nil, errTaken
	case len(rs.byPath) >= maxPublishers:
		return nil, errPublishers
	}
	if rs.byPath == nil {
		rs.byPath = make(map[string]*relay)
	}
	r := &relay{path: path, memory: &rs.memory}
	rs.byPath[path] = r
	return r, nil
}

func (rs *relays) get(path string) *relay {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.byPath[path]
}

// end lets those who watch have what waits for them, and then the end.
func (rs *relays) end(r *relay) {
	rs.mu.Lock()
	delete(rs.byPath, r.path)
	rs.mu.Unlock()
	r.end()
}

// relayPath is what a name in an application is known by, however it is split
// and spelt: it differs with the client whether a publisher's or a player's
// name has a type (flv:show) and an ending. It is empty if it names nothing.
func relayPath(app, name string) string {
	app, name = cleanPath(app), cleanPath(name)
	name = strings.TrimSuffix(name[strings.LastIndexByte(name, ':')+1:], ".flv")
	if app == "" || name == "" || len(app)+1+len(name) > maxPath {
		return ""
	}
	return app + "/" + name
}

// A relay is a stream that is published. One goroutine pushes, the publisher's;
// any may join. What is pushed is shared by all and never written to.
type relay struct {
	path   string
	memory *memory

	mu      sync.Mutex
	past    past
	viewers []*viewer
	ended   bool
	kept    int // of memory

	held  time.Duration // how long viewers have held up the publisher, so far
	since time.Time     // when they began to; zero: they do not now
	media time.Duration // how far the stream has come

	// push's own
	late  []*viewer
	clock mediaClock
}

// heldUp is held, up to now.
func (r *relay) heldUp() time.Duration {
	if r.since.IsZero() {
		return r.held
	}
	return r.held + time.Since(r.since)
}

// push gives a message to all who watch, and keeps what those need who come
// later. It waits for viewers whose queues are full, and cuts off those that
// have made it wait for too long; done ends it.
func (r *relay) push(m *message.Message, done <-chan struct{}) {
	r.mu.Lock()
	r.clock.add(m)
	r.media = r.clock.furthest
	start := r.remember(m)
	r.late = r.late[:0]
	for _, v := range r.viewers {
		if v.awaitsKey && start {
			v.begin(r.past.opening(r.past.headers, m.Timestamp))
		}
		if !v.offer(m) {
			v.beLate(m)
			r.late = append(r.late, v)
		}
	}
	r.shed()
	if len(r.late) > 0 {
		r.since = time.Now()
	}
	r.mu.Unlock()
	if len(r.late) > 0 {
		r.wait(m, done)
	}
}

// wait gives a message to those who had no room for it.
func (r *relay) wait(m *message.Message, done <-chan struct{}) {
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.held, r.since = r.heldUp(), time.Time{}
	}()
	timer := time.NewTimer(maxHoldUp)
	defer timer.Stop()
	for _, v := range r.late {
		for wait := r.retry(v, m); wait > 0; wait = r.retry(v, m) {
			timer.Reset(wait)
			select {
			case <-v.room:
			case <-timer.C:
			case <-done:
				return
			}
		}
	}
}

// retry offers a message again, and returns how long the viewer has to make room
// for it; 0: it has the message, or does not need it any more.
func (r *relay) retry(v *viewer, m *message.Message) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.gone || v.offer(m) {
		return 0
	}
	wait := maxHoldUp - v.owed - (r.heldUp() - v.progress)
	if wait <= 0 {
		v.tooSlow = true
		r.remove(v)
		v.hangUp()
	}
	return max(wait, 0)
}

// remember keeps of a message what is needed later, and tells whether viewers
// who wait for a key frame can begin with it.
func (r *relay) remember(m *message.Message) (start bool) {
	if m.Type.IsMedia() {
		return r.past.add(m)
	}
	if isMetadata(m) {
		r.past.setMetadata(m)
	} else {
		r.past.keep(m)
	}
	return false
}

// clearMetadata forgets what was told of the stream.
func (r *relay) clearMetadata() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.past.setMetadata(nil)
}

// join lets a viewer watch: from the last key frame on, from the next one if
// that is too long ago to be kept, or from now on if there is nothing to wait
// for. It is false if the stream has ended.
func (r *relay) join(v *viewer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.past
	switch {
	case r.ended:
		return false
	case len(p.gop) > 0:
		v.begin(p.opening(p.before, p.gop[0].Timestamp))
		v.begin(p.gop)
	case p.keyed:
		v.awaitsKey = true
	default:
		v.begin(p.opening(p.headers, p.last))
	}
	r.viewers = append(r.viewers, v)
	return true
}

func (r *relay) leave(v *viewer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(v)
}

// remove forgets a viewer and what waits for it.
func (r *relay) remove(v *viewer) {
	v.gone, v.queue, v.size = true, nil, 0
	signal(v.room)
	if i := slices.Index(r.viewers, v); i >= 0 {
		r.viewers = slices.Delete(r.viewers, i, i+1)
	}
	r.account()
}

func (r *relay) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.past.gop = nil // nobody comes any more
	r.account()
	for _, v := range r.viewers {
		signal(v.ready)
	}
}
