package flvout

// An unwrapper counts on where timestamps of 32 bits begin again. It is moved by
// their differences alone, as signed numbers, and so passes 2^31 and 2^32 ms (24.9
// and 49.7 days) without noticing, and goes back where they do. The zero unwrapper
// is at 0 with the first timestamp.
type unwrapper struct {
	begun bool
	last  uint32 // the timestamp that came last
	pos   int64  // where that lies, ms
}

// start puts the timestamp ts at pos, ms.
func (u *unwrapper) start(ts uint32, pos int64) { *u = unwrapper{true, ts, pos} }

// step is how far ts is from the timestamp that came last, ms.
func (u *unwrapper) step(ts uint32) int64 { return int64(int32(ts - u.last)) }

// move goes on to ts, and returns where that lies.
func (u *unwrapper) move(ts uint32) int64 {
	if !u.begun {
		u.start(ts, 0)
	}
	u.pos += u.step(ts)
	u.last = ts
	return u.pos
}
