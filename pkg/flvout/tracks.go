package flvout

import (
	"encoding/binary"
	"iter"
)

// A Track is one track's share of an audio or video tag.
type Track struct {
	ID      uint8 // 0 is the default track, and that of a tag without Multitrack
	Codec   Codec
	CTS     int32
	Payload []byte // borrowed from the tag
}

// maxTracks is how many tracks a tag can have: IDs are of one byte.
const maxTracks = 256

// Tracks yields the tracks of a frame or configuration, in the tag's order. It
// stops at a track that does not fit into the body, and at one too many.
func (c *Class) Tracks() iter.Seq[Track] {
	return func(yield func(Track) bool) {
		if !c.Multitrack {
			yield(Track{Codec: c.Codec, CTS: c.CTS, Payload: c.Payload})
			return
		}
		b := c.Payload
		for range maxTracks {
			if len(b) == 0 {
				return
			}
			t, rest, ok := c.cutTrack(b)
			if !ok || !yield(t) {
				return
			}
			b = rest
		}
	}
}

// cutTrack takes the first track off b. Each call that succeeds has consumed at
// least the byte of the track's ID.
func (c *Class) cutTrack(b []byte) (t Track, rest []byte, ok bool) {
	t.Codec = c.Codec
	if c.multi == multiManyCodec {
		if len(b) < 4 {
			return Track{}, nil, false
		}
		t.Codec = Codec(binary.BigEndian.Uint32(b))
		b = b[4:]
	}
	if len(b) < 1 || c.multi > multiManyCodec {
		return Track{}, nil, false
	}
	t.ID = b[0]
	b = b[1:]
	if c.multi != multiOneTrack {
		if len(b) < 3 {
			return Track{}, nil, false
		}
		size := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
		b = b[3:]
		if size > len(b) {
			return Track{}, nil, false
		}
		b, rest = b[:size], b[size:]
	}
	t.CTS, t.Payload = c.cutCTS(t.Codec, b)
	return t, rest, true
}

// cutCTS takes the composition time off the payload of a coded frame. Only
// CodedFrames of AVC, HEVC and VVC have one.
func (c *Class) cutCTS(codec Codec, b []byte) (int32, []byte) {
	if !c.video || c.packet != videoCodedFrames || len(b) < 3 {
		return 0, b
	}
	switch codec {
	case CodecAVC, CodecHEVC, CodecVVC:
		return si24(b), b[3:]
	}
	return 0, b
}

// A TrackSet is a set of tracks, by ID.
type TrackSet [4]uint64

// TrackSet returns the tracks of a frame or configuration.
func (c *Class) TrackSet() (s TrackSet) {
	for t := range c.Tracks() {
		s[t.ID/64] |= 1 << (t.ID % 64)
	}
	return s
}

// Has tells whether a track is in the set.
func (s *TrackSet) Has(id uint8) bool { return s[id/64]>>(id%64)&1 != 0 }

func (s *TrackSet) add(other *TrackSet) {
	for i := range s {
		s[i] |= other[i]
	}
}

func (s *TrackSet) remove(other *TrackSet) {
	for i := range s {
		s[i] &^= other[i]
	}
}

func (s *TrackSet) covers(other *TrackSet) bool {
	for i := range s {
		if other[i]&^s[i] != 0 {
			return false
		}
	}
	return true
}

func (s *TrackSet) meets(other *TrackSet) bool {
	for i := range s {
		if s[i]&other[i] != 0 {
			return true
		}
	}
	return false
}
