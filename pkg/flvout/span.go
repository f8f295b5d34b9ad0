package flvout

// A Span measures a file by its frames, so that another round of it can follow
// on. It passes 2^32 ms. The zero Span is ready.
type Span struct {
	clock  unwrapper
	first  int64 // the earliest, which need not be the first
	tracks [2]struct {
		any                bool
		last, step, before int64 // the newest, how far it is from the one before, and how far that was
	}
}

// Add takes the next frame's timestamp, in ms.
func (s *Span) Add(video bool, ts uint32) {
	pos := s.clock.move(ts)
	s.first = min(s.first, pos)
	t := &s.tracks[0]
	if video {
		t = &s.tracks[1]
	}
	if t.any && pos > t.last {
		t.before, t.step = t.step, pos-t.last
	}
	if !t.any || pos > t.last {
		t.last = pos
	}
	t.any = true
}

// Length is from the earliest frame to where each track would have had its next,
// in ms.
func (s *Span) Length() int64 { return s.End() - s.first }

// End is the same from the frame that was added first. A last frame that comes
// late after a hole makes no second hole.
func (s *Span) End() int64 {
	const hole = 1000 // ms; a longer step may be one
	var end int64
	for _, t := range s.tracks {
		if t.any {
			end = max(end, t.last+lastStep(t.step, t.before, hole))
		}
	}
	return end
}
