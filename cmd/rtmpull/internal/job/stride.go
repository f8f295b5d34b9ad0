package job

import "time"

// A stride is how much media has come, by the timestamps.
type stride struct {
	media  time.Duration
	begun  bool
	newest uint32 // ms
}

// hear takes the timestamp of a message. Jumps are no media, and neither are headers
// with time 0.
func (s *stride) hear(ts uint32) {
	const longest, back = 1000, -5000 // ms
	switch d := int32(ts - s.newest); {
	case !s.begun:
		s.begun, s.newest = true, ts
	case d > 0:
		s.media += time.Duration(min(d, longest)) * time.Millisecond
		s.newest = ts
	case d < back:
		s.newest = ts
	}
}
