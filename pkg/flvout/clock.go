package flvout

import "slices"

// A server that does not write extended timestamps counts to 2^24 ms (4.7 h)
// and begins again. That is told from a clock that was set back by where it
// was: no further than wrapSlack from the end.
const (
	wrap24    = 1 << 24
	wrapSlack = 1 << 20 // ms, 17 minutes
)

// A clock is a source's: it says which of its timestamps lies where.
type clock struct {
	last   uint32 // the timestamp that came last by this clock
	pos    int64  // where that lies, ms; perhaps before the beginning
	narrow bool   // it counts to 2^24 only
	ok     bool
}

// at returns where ts lies.
func (c *clock) at(ts uint32) int64 {
	d := int32(ts - c.last)
	if c.narrow && ts < wrap24 {
		d = d << 8 >> 8
	}
	return c.pos + int64(d)
}

// mayWrap tells whether from the last timestamp to ts the clock may have passed
// 2^24 without being able to say so.
func (c *clock) mayWrap(ts uint32) bool {
	return !c.narrow && c.last < wrap24 && ts < c.last && c.last-ts > wrap24-wrapSlack
}

// steps are the last distances between the frames of a track.
type steps struct {
	list [32]int32
	n    uint32 // how many were ever added
}

func (s *steps) add(d int64) {
	s.list[s.n%uint32(len(s.list))] = int32(min(max(d, -maxHole), maxHole))
	s.n++
}

// frame returns how long a frame lasts, ms; other if that is not known yet. It is
// the median, and the mean where the timestamps are those of presentation, which
// go to and fro.
func (s *steps) frame(other int64) int64 {
	list := s.list // a copy
	d := list[:min(s.n, uint32(len(list)))]
	if len(d) == 0 {
		return other
	}
	slices.Sort(d)
	if d[0] >= 0 {
		return int64(d[len(d)/2])
	}
	var sum int64
	for _, v := range d {
		sum += int64(v)
	}
	return max(sum/int64(len(d)), 1)
}
