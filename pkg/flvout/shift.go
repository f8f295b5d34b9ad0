package flvout

import "bytes"

// maxScratch is the longest body that is kept room for.
const maxScratch = 1 << 20

// putShifted writes a frame that is decoded later than its sender said, to be
// shown at the same time. If its composition time would be less than 24 bits can
// say, it stays as it is: shown too late is better than at a time that has nothing
// to do with it.
func (s *Splicer) putShifted(t Tag, c *Class, at int, shift uint32) error {
	const lowest = -1 << 23
	cts := int64(c.CTS) - int64(shift)
	if cts < lowest {
		return s.out.write(t, c)
	}
	s.scratch = append(s.scratch[:0], t.Body...)
	t.Body = s.scratch
	t.Body[at], t.Body[at+1], t.Body[at+2] = byte(cts>>16), byte(cts>>8), byte(cts)
	s.shifted = *c
	s.shifted.CTS, s.shifted.Payload = int32(cts), t.Body[at+3:]
	err := s.out.write(t, &s.shifted)
	if cap(s.scratch) > maxScratch {
		s.scratch = nil
	}
	return err
}

// own gives a tag a body of its own. One that is lent from the sink's buffer does
// not survive that another tag is written.
func own(t *Tag, c *Class) {
	t.Body = bytes.Clone(t.Body)
	c.Payload = t.Body[len(t.Body)-len(c.Payload):]
}

// ctsAt returns where in the body the composition time of a frame of one track
// stands, if it has one.
func (c *Class) ctsAt(t Tag) (at int, ok bool) {
	if c.Kind != KindFrame || !c.video || c.Multitrack {
		return 0, false
	}
	at = len(t.Body) - len(c.Payload) - 3
	if t.Body[0]&exVideoBit == 0 {
		return at, c.Codec.hasAVCHeader()
	}
	return at, c.packet == videoCodedFrames && c.Codec.hasNALUnits() && at > 0
}
