package job

// A span measures a round of a file, so that the next one can follow on. Time
// is counted by differences and so passes 2^32 ms.
type span struct {
	begun  bool
	last   uint32
	pos    int64 // ms of last
	first  int64 // the earliest, which need not be the first
	tracks [2]struct {
		any                bool
		last, step, before int64 // the newest, how far it is from the one before, and how far that was
	}
}

// track is where audio and video have their place.
func track(video bool) int {
	if video {
		return 1
	}
	return 0
}

func (s *span) add(video bool, ts uint32) {
	if !s.begun {
		s.begun, s.last = true, ts
	}
	s.pos += int64(int32(ts - s.last))
	s.last = ts
	s.first = min(s.first, s.pos)
	t := &s.tracks[track(video)]
	if t.any && s.pos > t.last {
		t.before, t.step = t.step, s.pos-t.last
	}
	if !t.any || s.pos > t.last {
		t.last = s.pos
	}
	t.any = true
}

// length is from the first frame to where each track would have had its next. A
// last frame that comes late after a hole makes no second hole.
func (s *span) length() int64 {
	const (
		stepOfOne = 40   // ms, if there is but one frame
		hole      = 1000 // a longer step may be one
	)
	var end int64
	for _, t := range s.tracks {
		if !t.any {
			continue
		}
		step := t.step
		if step > hole && t.before > 0 {
			step = min(step, t.before)
		}
		if step == 0 {
			step = stepOfOne
		}
		end = max(end, t.last+step)
	}
	return end - s.first
}
