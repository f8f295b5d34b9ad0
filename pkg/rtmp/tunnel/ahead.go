package tunnel

import (
	"errors"
	"os"
	"time"
)

// A trial finds out whether a server stands a request before it has answered the one
// before, and does not hold its answers back. There may be such as forget what they have
// read with that.
type trial uint8

const (
	untried trial = iota
	passed
	missed
)

// trialTime is how long the answer to the first such request may take.
const trialTime = 2 * time.Second

// heldBack is longer than a server takes to answer a request that does not hold its answer
// back until it has something to say, which is little then. With several such under way, what
// is said to it waits for all.
const heldBack = time.Second

// errMissed tells that it has not come.
var errMissed = errors.New("tunnel: no answer to a request that was made ahead")

// mayAhead is how many requests may be under way at a time: more than one where the server
// has kept this connection, says that it goes on, and has stood two. None is to be behind
// what is likely to be the connection's last answer: a server that closes a socket without
// having read all may tear that answer off.
func (l *link) mayAhead() int {
	const proven = 2 // answers, the first of which may be the only one
	if l.nc == nil || !l.lasting || l.answers < proven || l.trial == missed {
		return 1
	}
	may := mostAhead
	if l.trial == untried {
		may = 2
	}
	if l.lasts > 0 {
		may = min(may, l.lasts-l.answers)
	}
	return may
}

// try waits for the first request that was made ahead to be answered. When it is not, it may
// be still, of a server that has nothing to say: the next answer on this connection is as
// good as any.
func (l *link) try() {
	if l.waits(trialTime) {
		l.trial, l.loose = missed, true
		return
	}
	l.trial = passed
}

// glance is how long it takes to see whether something has come, where the system does
// not tell at once.
const glance = time.Millisecond

// left tells whether the server has ended a connection on which nothing is to come, or
// has something to say on it unasked, which it does when it has waited too long.
func (l *link) left() bool {
	if come, known := hasCome(l.nc); known {
		return come || !l.waits(0) // TLS may have read its goodbye off the socket
	}
	return !l.waits(glance)
}

// waits tells whether nothing comes for so long.
func (l *link) waits(d time.Duration) bool {
	l.in.left = maxHeader
	_ = l.nc.SetReadDeadline(time.Now().Add(d))
	_, err := l.br.Peek(1)
	_ = l.nc.SetReadDeadline(time.Time{})
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	l.in.err = nil
	return true
}
