package message

import "encoding/binary"

const (
	subHeaderSize   = 11 // type, size, timestamp, stream ID: an FLV tag header
	backPointerSize = 4
)

// An Aggregate walks through the messages that an aggregate message (type 22)
// is made of. Its body is a run of FLV tags: RTMP 1.0, 7.1.6 draws the header
// otherwise, but every server writes the timestamp in FLV's order.
//
// The zero Aggregate is empty.
type Aggregate struct {
	rest    []byte
	outer   Message
	offset  uint32 // added to each timestamp: outer - first inner
	started bool
	overrun bool
}

// NewAggregate begins to walk through m, whose payload it borrows.
func NewAggregate(m *Message) Aggregate {
	return Aggregate{rest: m.Payload, outer: *m}
}

// Next sets m to the next audio, video or data message. Its timestamp is
// rebased so that the first one has the aggregate's own, and its message stream
// ID is the aggregate's, whatever it says itself.
//
// Others inside an aggregate are passed over: a Set Chunk Size there would
// change the framing from within, and nested aggregates would recurse. It
// returns false at the end, which is also the first message that does not fit.
func (a *Aggregate) Next(m *Message) bool {
	for len(a.rest) >= subHeaderSize {
		h := a.rest[:subHeaderSize]
		const tagTypeMask = 0x1f // the bits above are FLV's filter bit and reserved
		typ := Type(h[0] & tagTypeMask)
		size := int(h[1])<<16 | int(h[2])<<8 | int(h[3])
		ts := uint32(h[7])<<24 | binary.BigEndian.Uint32(h[3:7])&0xffffff
		if size > len(a.rest)-subHeaderSize {
			break
		}
		payload := a.rest[subHeaderSize : subHeaderSize+size : subHeaderSize+size]
		a.rest = a.rest[subHeaderSize+size:]
		// The back pointer's value is not looked at, and the last one may be missing.
		a.rest = a.rest[min(backPointerSize, len(a.rest)):]
		if !a.started {
			a.started, a.offset = true, a.outer.Timestamp-ts
		}
		switch typ {
		case TypeAudio, TypeVideo, TypeDataAMF3, TypeData:
			*m = a.outer
			m.Type, m.Timestamp, m.Payload = typ, ts+a.offset, payload
			return true
		}
	}
	a.overrun = a.overrun || len(a.rest) > 0
	a.rest = nil
	return false
}

// Overrun tells whether the walk ended at a message that did not fit into what
// was left of the aggregate.
func (a *Aggregate) Overrun() bool { return a.overrun }
