package flvout

import "encoding/binary"

// A sequence knows how the video that was written last is ended, if its codec has
// an end: in the form in which its frames are, and for the track without
// Multitrack.
type sequence struct {
	codec    Codec // 0: there is none
	id       byte  // the legacy codec ID
	enhanced bool
	ended    bool
}

// add takes a video tag.
func (s *sequence) add(t Tag, c *Class) {
	if c.Multitrack {
		return
	}
	switch c.Kind {
	case KindConfig, KindFrame:
		*s = sequence{codec: c.Codec, id: t.Body[0] & 0x0F, enhanced: t.Body[0]&exVideoBit != 0}
	case KindEnd:
		s.ended = true
	}
}

// maxEndSize is how long the body of such a tag is at most, in bytes.
const maxEndSize = 5

// appendEnd appends the body of the tag that ends the sequence, if it has not
// ended and can. Both forms have the frame type of a key frame, as FFmpeg writes
// it.
func (s *sequence) appendEnd(dst []byte) []byte {
	switch {
	case s.codec == 0 || s.ended:
	case s.enhanced:
		dst = binary.BigEndian.AppendUint32(append(dst, exVideoBit|0x10|videoSequenceEnd), uint32(s.codec))
	case s.codec.hasAVCHeader(): // packet type 2, and a composition time
		dst = append(dst, 0x10|s.id, 2, 0, 0, 0)
	}
	return dst
}
