package serve

import (
	"io"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A viewer is one client's place in a relay.
type viewer struct {
	relay  *relay
	ready  chan struct{} // signalled when there is something to send
	room   chan struct{} // signalled when something was taken
	hangUp func()        // ends the client's connection, whatever it waits for

	// The relay's mutex guards these.
	queue       []*message.Message
	size, limit int // of the queue, in bytes
	awaitsKey   bool
	paused      bool
	gone        bool // from the relay
	tooSlow     bool // and this is why

	// What it has made the publisher wait. If several stall, each does so while
	// the publisher waits for another, and all of that counts: together they do
	// not hold it up for longer than one.
	lacks    int           // bytes that the publisher waits to add; 0: it does not wait
	owed     time.Duration // of holding up, less what was given back
	progress time.Duration // relay.heldUp when it last took something, or had nothing to take
	given    time.Time     // when something was given back
	givenAt  time.Duration // and where the stream was

	// These belong to the goroutine that writes to the client.
	streamID uint32
	writer   *chunk.Writer
	batch    []*message.Message
	pausedAt time.Time     // zero: it plays
	cut      time.Duration // of media; 0: not
	clock    mediaClock
}

func newViewer(r *relay, streamID uint32, dst io.Writer, chunkSize uint32) *viewer {
	return &viewer{
		relay: r, ready: make(chan struct{}, 1), room: make(chan struct{}, 1), limit: maxQueue,
		streamID: streamID, writer: newMediaWriter(dst, chunkSize),
	}
}

// signal never blocks: one signal that waits is as good as two.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// begin adds what was before, which does not count as waiting.
func (v *viewer) begin(past []*message.Message) {
	v.awaitsKey = false
	for _, m := range past {
		v.add(m)
	}
	v.limit = maxQueue + v.size
}

// offer adds a message if there is room for it, or if it is not to be sent.
func (v *viewer) offer(m *message.Message) bool {
	switch {
	case v.paused || v.awaitsKey:
		return true
	case !v.hasRoom(cost(m)):
		return false
	}
	v.add(m)
	return true
}

func (v *viewer) hasRoom(size int) bool {
	limit := v.limit
	if v.relay.memory.full() {
		limit = shortQueue
	}
	return v.size == 0 || v.size+size <= limit
}

func (v *viewer) add(m *message.Message) {
	if v.size == 0 {
		v.progress = v.relay.heldUp()
	}
	v.queue = append(v.queue, m)
	v.size += cost(m)
	v.lacks = 0
	signal(v.ready)
}

// beLate begins to count that the publisher waits to add a message.
func (v *viewer) beLate(m *message.Message) {
	now, media := time.Now(), v.relay.media
	v.owed = max(0, v.owed-max(now.Sub(v.given), media-v.givenAt)/holdUpShare)
	v.given, v.givenAt, v.lacks = now, media, cost(m)
}

// take moves up to a slice of the queue to the batch. At the end of the stream
// the error is io.EOF.
func (v *viewer) take() error {
	v.relay.mu.Lock()
	defer v.relay.mu.Unlock()
	n, size := 0, 0
	for n < len(v.queue) && size < sliceSize {
		size += cost(v.queue[n])
		n++
	}
	v.batch = append(v.batch[:0], v.queue[:n]...)
	if n == 0 && v.relay.ended {
		return io.EOF
	}
	clear(v.queue[:n])
	v.queue, v.size = v.queue[n:], v.size-size
	held := v.relay.heldUp()
	if v.lacks > 0 {
		v.owed += held - v.progress
	}
	if v.hasRoom(v.lacks) {
		v.lacks = 0
	}
	v.progress = held
	v.relay.account()
	signal(v.room)
	return nil
}

// send sends what waits, up to a slice, and returns how long there is nothing
// to be sent unless ready is signalled.
func (v *viewer) send() (wait time.Duration, err error) {
	if err := v.take(); err != nil {
		return 0, err
	}
	if len(v.batch) == 0 {
		return idleTimeout, nil
	}
	for _, shared := range v.batch {
		m := *shared
		m.StreamID = v.streamID
		if at := v.clock.add(&m); v.cut > 0 && at >= v.cut {
			err = errCut
			break
		}
		if err := v.writer.Write(&m); err != nil {
			return 0, err
		}
	}
	if flushErr := v.writer.Flush(); flushErr != nil {
		return 0, flushErr
	}
	return 0, err
}

// pause lets the stream go by.
func (v *viewer) pause(now time.Time) {
	v.relay.mu.Lock()
	defer v.relay.mu.Unlock()
	if !v.paused {
		v.paused, v.awaitsKey, v.pausedAt = true, false, now
		v.queue, v.size, v.lacks = nil, 0, 0
		v.relay.account()
		signal(v.room)
	}
}

// resume goes on with what comes: of a stream with video, at its next key frame.
func (v *viewer) resume() {
	v.relay.mu.Lock()
	defer v.relay.mu.Unlock()
	if !v.paused {
		return
	}
	v.paused, v.pausedAt = false, time.Time{}
	if p := &v.relay.past; p.keyed {
		v.awaitsKey = true
	} else {
		v.begin(p.opening(p.headers, p.last))
	}
}

// wasTooSlow tells whether the viewer was cut off for holding up the publisher.
func (v *viewer) wasTooSlow() bool {
	v.relay.mu.Lock()
	defer v.relay.mu.Unlock()
	return v.tooSlow
}

// A mediaClock measures how far into a stream its messages are.
type mediaClock struct {
	first    uint32
	begun    bool
	furthest time.Duration
}

// add returns how far a message is into the stream, whose beginning is the
// first audio or video. Data has no time of its own.
func (c *mediaClock) add(m *message.Message) time.Duration {
	if !m.Type.IsMedia() {
		return 0
	}
	if !c.begun {
		c.begun, c.first = true, m.Timestamp
	}
	at := max(0, time.Duration(int32(m.Timestamp-c.first))*time.Millisecond)
	c.furthest = max(c.furthest, at)
	return at
}
