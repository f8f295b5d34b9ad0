package rtmp

import (
	"sync/atomic"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// Trace is a set of hooks, any of which may be nil, that are called from the
// goroutine that plays the stream. A Publisher calls Sent for media from the
// goroutine that writes, and the rest from its own. They must not block, nor keep
// a message.
type Trace struct {
	// PhaseDone is called when a phase of setting up has succeeded.
	PhaseDone func(p Phase, took time.Duration)

	// Retry is called when a server does not take to an opening and is tried again
	// with a simpler one.
	Retry func(err error)

	// Authenticate is called when a server demands a user and a password, and
	// is going to be answered on a new connection.
	Authenticate func()

	// Redirect is called when a server refuses and names another place, which is
	// going to be tried.
	Redirect func(to *Target)

	// Sent is called with each message that is sent, Received with each that
	// arrives.
	Sent, Received func(m *message.Message)

	// Event is called with each event of the session.
	Event func(e *session.Event)
}

// Stats is a snapshot of what a Player has received, exact whenever Next waits
// for the server, or of what a Publisher has sent, exact after Flush.
type Stats struct {
	Bytes        int64     // all that arrived or was sent, handshake included
	Audio, Video int64     // messages
	Data         int64     // data messages
	MediaBytes   int64     // bytes of audio and video
	Timestamp    uint32    // of the newest audio or video, ms
	LastMedia    time.Time // when that arrived, or was sent

	// Of a Player alone.
	Dropped     int64  // messages that the server began anew or aborted, or cut off
	Skipped     int64  // messages of unknown types
	ServerChunk uint32 // the server's chunk size
}

// counters are Stats for everybody to read: what the goroutine that plays the
// stream has counted, as of its last read.
type counters struct {
	bytes, audio, video, data, mediaBytes atomic.Int64
	timestamp                             atomic.Uint32
	dropped, skipped                      atomic.Int64
	serverChunk                           atomic.Uint32
	lastMedia                             atomic.Int64 // ns since the epoch
}

// publish takes over s.
func (c *counters) publish(s *Stats) {
	c.bytes.Store(s.Bytes)
	c.audio.Store(s.Audio)
	c.video.Store(s.Video)
	c.data.Store(s.Data)
	c.mediaBytes.Store(s.MediaBytes)
	c.timestamp.Store(s.Timestamp)
	if !s.LastMedia.IsZero() {
		c.lastMedia.Store(s.LastMedia.UnixNano())
	}
}

// publishReader takes over what a reader has counted.
func (c *counters) publishReader(r *chunk.Reader) {
	odd := r.Stats()
	c.dropped.Store(odd.Dropped + odd.Overruns)
	c.skipped.Store(odd.Skipped)
	c.serverChunk.Store(r.Size())
}

// media counts a message that the caller of Next gets, or that of Write gives.
func (s *Stats) media(m *message.Message) {
	switch m.Type {
	case message.TypeAudio:
		s.Audio++
	case message.TypeVideo:
		s.Video++
	default:
		s.Data++
		return
	}
	s.MediaBytes += int64(len(m.Payload))
	s.Timestamp = m.Timestamp
}

func (c *counters) snapshot() Stats {
	s := Stats{
		Bytes: c.bytes.Load(), Audio: c.audio.Load(), Video: c.video.Load(), Data: c.data.Load(),
		MediaBytes: c.mediaBytes.Load(), Timestamp: c.timestamp.Load(),
		Dropped: c.dropped.Load(), Skipped: c.skipped.Load(), ServerChunk: c.serverChunk.Load(),
	}
	if ns := c.lastMedia.Load(); ns != 0 {
		s.LastMedia = time.Unix(0, ns)
	}
	return s
}
