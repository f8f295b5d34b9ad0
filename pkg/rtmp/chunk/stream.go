package chunk

import (
	"encoding/binary"
	"iter"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A stream is what is known of one chunk stream.
type stream struct {
	id        uint32
	timestamp uint32 // of the message that is read, or was read last
	delta     uint32 // what a format 3 start adds
	extended  uint32 // the last extended timestamp, if hasExt
	length    uint32
	streamID  uint32
	typ       message.Type
	hasExt    bool // the last header had an extended timestamp
	absolute  bool // delta is a format 0 header's timestamp
	partial   bool // in the middle of a message
	unwanted  bool // the message is to be passed over

	got  uint32 // bytes of the message that have come
	keep uint32 // how many of them are wanted
	buf  []byte // the first of them, up to keep

	loans int // in a row that made do without buf
}

// begin readies s for the data of a new message.
func (s *stream) begin() {
	s.got, s.partial, s.unwanted = 0, true, false
	switch {
	case s.typ.IsMedia(), s.typ == message.TypeAggregate:
		s.keep = s.length
	case s.typ.IsControl():
		s.keep = min(s.length, maxControlSize)
	case s.typ.Known() && s.length <= MaxCommandSize:
		s.keep = s.length
	default:
		s.keep, s.unwanted = 0, true
	}
}

// giveUp forgets what has come of s's message.
func (r *Reader) giveUp(s *stream) {
	s.partial = false
	if s == r.loan.to {
		_ = r.giveBack(false) // nothing is kept, so nothing can fail
	}
}

func (r *Reader) find(id uint32) *stream {
	if id < uint32(len(r.streams)) {
		return r.streams[id]
	}
	return r.others[id]
}

// open begins a chunk stream with the message header h, if that may be a first
// one, and is not something else taken for one. It ought to be of format 0;
// librtmp begins the control stream with format 1, counting from 0.
func (r *Reader) open(id uint32, format byte, h []byte) (*stream, error) {
	switch {
	case format > formatNoStream:
		return nil, r.framingError("chunk stream %d begins with a header of format %d", id, format)
	case message.Type(h[6]).Known():
	case format != formatFull || !r.knows(binary.LittleEndian.Uint32(h[7:])):
		return nil, r.framingError("chunk stream %d begins with an unknown type and message stream", id)
	}
	if r.nstreams >= MaxStreams {
		return nil, r.framingError("over %d chunk streams", MaxStreams)
	}
	r.nstreams++
	s := &stream{id: id}
	if id < uint32(len(r.streams)) {
		r.streams[id] = s
		return s, nil
	}
	if r.others == nil {
		r.others = make(map[uint32]*stream)
	}
	r.others[id] = s
	return s, nil
}

// knows tells whether a message stream has been used.
func (r *Reader) knows(streamID uint32) bool {
	for s := range r.all() {
		if s.streamID == streamID {
			return true
		}
	}
	return streamID == 0
}

// unfinished tells whether any message has begun and not ended.
func (r *Reader) unfinished() bool {
	for s := range r.all() {
		if s.partial {
			return true
		}
	}
	return false
}

// all yields the chunk streams that have been used.
func (r *Reader) all() iter.Seq[*stream] {
	return func(yield func(*stream) bool) {
		for _, s := range r.streams {
			if s != nil && !yield(s) {
				return
			}
		}
		for _, s := range r.others {
			if !yield(s) {
				return
			}
		}
	}
}
