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
	stride
	live, fast bool          // it does, or comes faster; neither: that is not known yet
	since      time.Duration // the first media came
}

// hear takes the timestamp of a message, in ms, and when it came.
func (t *tempo) hear(ts uint32, at time.Duration) {
	if !t.begun {
		t.since = at
	}
	t.stride.hear(ts)
	if passed := at - t.since; !t.live && !t.fast {
		t.fast = t.media > passed+kept
		t.live = !t.fast && passed >= tempoTime
	}
}
