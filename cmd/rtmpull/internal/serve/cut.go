package serve

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// A CutKind is how a connection is cut.
type CutKind uint8

// The kinds of cuts.
const (
	// CutClose ends the connection without a word. A player gets all that was
	// sent, to the byte, and then a FIN; for a while it is listened to, lest what
	// it says tears the connection. A publisher gets what close(2) does in a
	// server whose process closes or dies: a FIN, and an RST as soon as it sends
	// more; or an RST at once if there is something that was not read yet.
	CutClose CutKind = iota

	CutReset  // it is torn: an RST at once, and what is under way may be lost
	CutFreeze // it stays open, and silent
)

// A Cut is a fault made on purpose, in the middle of a connection. The zero Cut
// is none.
type Cut struct {
	// Cut when so many bytes have been sent, the handshake's 3073 included, or
	// before the first message with which so many bytes of media are published.
	Bytes int64

	Media time.Duration // cut before the first message that is so far into the stream
	Kind  CutKind
	Conns int // how many connections suffer it, the first ones; 0: all
}

// ParseCut reads where to cut: a number of bytes ("100000"), or a duration of
// media ("5s").
func ParseCut(s string) (Cut, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		return Cut{Bytes: n}, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return Cut{Media: d}, nil
	}
	return Cut{}, fmt.Errorf("serve: cannot cut after %q: it takes a number of bytes or a duration, such as 100000 or 5s", s)
}

// concerns tells whether a connection is to be cut.
func (c *Cut) concerns(conn int) bool { return c.Conns == 0 || conn <= c.Conns }

// errCut ends a connection that is cut.
var errCut = errors.New("serve: cut off on purpose")
