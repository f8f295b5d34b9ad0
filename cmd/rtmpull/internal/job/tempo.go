package job

import "time"

const (
	// tempoTime is how long a stream is listened to until it is taken for live.
	tempoTime = 2 * time.Second

	// kept is how much media servers keep for those who come late, and send at once:
	// since the last key frame.
	kept = 15 * time.Second
)

// A tempo tells whether a stream comes as it plays. What servers say of it is no help:
// lal, livego and mediamtx call all streams recorded, others none.
type tempo struct {
	live, fast bool // it does, or comes faster; neither: that is not known yet

	begun  bool
	since  time.Duration // the first media came
	newest uint32        // ms
	media  time.Duration // that has come
}

// hear takes the timestamp of a message, in ms, and when it came.
func (t *tempo) hear(ts uint32, at time.Duration) {
	if !t.begun {
		t.begun, t.since, t.newest = true, at, ts
	}
	const longest, back = 1000, -5000 // ms; headers with time 0, and jumps, are no media
	switch d := int32(ts - t.newest); {
	case d > 0:
		t.media += time.Duration(min(d, longest)) * time.Millisecond
		t.newest = ts
	case d < back:
		t.newest = ts
	}
	if passed := at - t.since; !t.live && !t.fast {
		t.fast = t.media > passed+kept
		t.live = !t.fast && passed >= tempoTime
	}
}
