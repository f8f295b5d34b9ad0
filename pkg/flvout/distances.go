package flvout

import "math"

// distances count the steps between frames by milliseconds, and those of a second
// and more by seconds.
type distances struct {
	short [1000]uint32
	long  [64]struct { // the last is for longer ones too
		n   uint32
		sum uint64 // ms
	}
}

func (s *distances) add(d uint32) {
	if d == 0 {
		return
	}
	if d < uint32(len(s.short)) {
		s.short[d]++
		return
	}
	l := &s.long[min(d/1000, uint32(len(s.long)-1))]
	l.n++
	l.sum += uint64(d)
}

// median returns the middle one of all distances, which is a number of
// milliseconds, or of seconds if it is long.
func (s *distances) median() (d int, long bool, all uint64) {
	for _, n := range s.short {
		all += uint64(n)
	}
	for _, l := range s.long {
		all += uint64(l.n)
	}
	var below uint64
	for d, n := range s.short {
		if below += uint64(n); 2*below >= all {
			return d, false, all
		}
	}
	for d, l := range s.long {
		if below += uint64(l.n); 2*below >= all {
			return d, true, all
		}
	}
	return 0, false, all
}

// rate returns the frames per second, from the distances around the median:
// frames at 30 a second are 33 or 34 ms apart. It is 0 for too few frames.
func (s *distances) rate() float64 {
	median, long, all := s.median()
	if all < 2 {
		return 0
	}
	if long {
		l := &s.long[median]
		return math.Round(float64(l.n)*1e8/float64(l.sum)) / 1e5
	}
	var count, sum uint64
	for d := median - median/3; d <= min(median+median/3+1, len(s.short)-1); d++ {
		count += uint64(s.short[d])
		sum += uint64(s.short[d]) * uint64(d)
	}
	return math.Round(float64(count)*1e5/float64(sum)) / 100
}

// constant tells whether 99 % of the distances are the same, as near as
// milliseconds tell, or seconds of long ones.
func (s *distances) constant() bool {
	median, long, all := s.median()
	var near uint64
	if long {
		near = uint64(s.long[median].n)
	} else {
		for d := max(median-1, 0); d <= min(median+1, len(s.short)-1); d++ {
			near += uint64(s.short[d])
		}
	}
	return all > 0 && near*100 >= all*99
}
