package job

import "time"

// maxRead is how many messages count as having come together at most.
const maxRead = 64

// arrivals are the times at which messages came. The clock is read once for all
// those of one read.
type arrivals struct {
	start time.Time
	at    time.Duration
	n     int // messages that came then
}

// waited tells that what comes next was waited for.
func (a *arrivals) waited() { a.n = 0 }

// now returns when the next message came, and whether that is another time than
// that of the one before.
func (a *arrivals) now() (at time.Duration, moved bool) {
	if moved = a.n == 0; moved {
		a.at = time.Since(a.start)
	}
	a.n = (a.n + 1) % maxRead
	return a.at, moved
}
