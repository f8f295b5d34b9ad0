package serve

import (
	"io"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
)

// sliceSize is how much is sent between two looks at what the client says.
const sliceSize = 256 << 10

// A playback is where one client is in a file. It belongs to the goroutine that
// writes to the client.
type playback struct {
	src      *source
	name     string
	streamID uint32
	loop     int
	speed    float64
	cut      time.Duration // of media; 0: not
	until    int64         // ms, before which it ends; below 0: with the file

	round, next int       // the entry to be sent next
	origin      time.Time // when the media's time 0 was, or would have been
	pausedAt    time.Time // zero: it plays
	furthest    int64     // ms sent

	// Until it can join the image, it sends entry by entry. joined has the
	// tracks that have had an entry since.
	dst    io.Writer
	writer *chunk.Writer // nil: it has joined
	joined uint8
	bodies window
}

func newPlayback(s *Server, src *source, name string, streamID uint32, dst io.Writer) *playback {
	p := &playback{
		src: src, name: name, streamID: streamID,
		loop: max(s.Loop, 1), speed: s.Speed,
		dst: dst, bodies: window{file: src.file}, until: -1,
	}
	if s.Loop < 0 {
		p.loop = -1
	}
	p.part(s.ChunkSize)
	return p
}

// part leaves the image, because it goes on elsewhere in the file.
func (p *playback) part(chunkSize uint32) {
	p.writer = newMediaWriter(p.dst, chunkSize)
	p.joined = 0
}

// position is how far into the stream an entry of this round is, in ms.
func (p *playback) position(i int) int64 {
	return int64(p.round)*p.src.period + p.src.at(&p.src.entries[i])
}

// due is when an entry is to be sent.
func (p *playback) due(i int) time.Time {
	ms := float64(p.position(i)) / p.speed
	return p.origin.Add(time.Duration(ms * float64(time.Millisecond)))
}

// start sets the clock so that the next entry is due now.
func (p *playback) start(now time.Time) {
	p.origin, p.pausedAt = now, time.Time{}
	if p.speed > 0 {
		p.origin = now.Add(-p.due(p.next).Sub(now))
	}
}

func (p *playback) paused() bool { return !p.pausedAt.IsZero() }

func (p *playback) pause(now time.Time) {
	if !p.paused() {
		p.pausedAt = now
	}
}

func (p *playback) resume(now time.Time) {
	if p.paused() {
		p.origin = p.origin.Add(now.Sub(p.pausedAt))
		p.pausedAt = time.Time{}
	}
}

// begin starts at ms of the stream, at the key frame there, to play so many ms from
// there on: one frame if that is 0, and all if it is below 0.
func (p *playback) begin(ms, length int64, chunkSize uint32, now time.Time) error {
	end := p.src.length(p.loop).Milliseconds()
	switch {
	case length > 0:
		p.until = ms + length
	case length == 0:
		p.until = p.src.at(&p.src.entries[p.src.keyFrame(ms%p.src.period)]) + ms - ms%p.src.period + 1
	}
	switch {
	case ms == 0:
		p.start(now)
		return nil
	case p.loop > 0 && ms >= end:
		p.round, p.next = p.loop-1, len(p.src.entries)
		return nil
	}
	for i := range p.src.loopFrom {
		if err := p.write(i); err != nil {
			return err
		}
	}
	if err := p.writer.Flush(); err != nil {
		return err
	}
	return p.seek(ms, chunkSize, now)
}

// seek goes on at ms of the stream: at the key frame there, after the sequence
// headers that it needs.
func (p *playback) seek(ms int64, chunkSize uint32, now time.Time) error {
	p.round = int(ms / p.src.period)
	if p.loop > 0 {
		p.round = min(p.round, p.loop-1)
	}
	p.part(chunkSize)
	p.next = p.src.keyFrame(ms - int64(p.round)*p.src.period)
	for _, i := range p.src.headers(p.next) {
		m, err := p.src.message(i, p.round, &p.bodies)
		if err != nil {
			return err
		}
		m.StreamID = p.streamID
		m.Timestamp = p.src.entries[p.next].timestamp + uint32(int64(p.round)*p.src.period)
		if err := p.writer.Write(&m); err != nil {
			return err
		}
	}
	wasPaused := p.paused()
	p.start(now)
	if wasPaused {
		p.pause(now)
	}
	return p.writer.Flush()
}

// send sends what is due, up to a slice, and returns how long there is nothing
// to be sent. After the last entry the error is io.EOF.
func (p *playback) send(now time.Time) (wait time.Duration, err error) {
	src := p.src
	if p.next == len(src.entries) {
		if p.round++; p.loop > 0 && p.round >= p.loop {
			return 0, io.EOF
		}
		p.next = src.loopFrom
	}
	if p.speed > 0 {
		if wait := p.due(p.next).Sub(now); wait > 0 {
			return wait, nil
		}
	}
	if p.writer != nil && src.image != nil && p.next >= src.loopFrom && p.joined == src.image.tracks {
		p.writer = nil
	}
	from, size := p.next, 0
	for p.next < len(src.entries) && size < sliceSize && (p.speed == 0 || !p.due(p.next).After(now)) {
		e := &src.entries[p.next]
		at := p.position(p.next)
		if p.cut > 0 && at >= p.cut.Milliseconds() {
			err = errCut
			break
		}
		if p.until >= 0 && at >= p.until && e.typ.IsMedia() && !e.config {
			err = io.EOF
			break
		}
		p.furthest = max(p.furthest, at)
		if p.writer != nil {
			if err := p.write(p.next); err != nil {
				return 0, err
			}
		}
		size += int(e.size)
		p.next++
	}
	if flushErr := p.flush(from); flushErr != nil {
		return 0, flushErr
	}
	return 0, err
}

// write adds an entry to the writer.
func (p *playback) write(i int) error {
	m, err := p.src.message(i, p.round, &p.bodies)
	if err != nil {
		return err
	}
	m.StreamID = p.streamID
	if i >= p.src.loopFrom {
		p.joined |= trackBit(&p.src.entries[i])
	}
	return p.writer.Write(&m)
}

// flush writes the entries from from to the next one.
func (p *playback) flush(from int) error {
	if p.writer != nil {
		return p.writer.Flush()
	}
	first := p.src.loopFrom
	img := p.src.image
	_, err := p.dst.Write(img.wire[img.starts[from-first]:img.starts[p.next-first]])
	return err
}
