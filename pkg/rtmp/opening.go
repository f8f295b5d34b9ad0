package rtmp

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// An opening is how a conversation is begun. What servers have been seen not to
// stand makes a ladder, each step of which is a new connection.
type opening uint8

const (
	// usual announces all that we can, and asks for the stream before connect is
	// answered.
	usual opening = iota

	// listless leaves out fourCcList: go2rtc answers no connect that has an array.
	// It cannot be the usual one, since MediaMTX looks at nothing but that.
	listless

	// cautious shakes hands with digests, has RTMP 1.0's connect, and says nothing
	// before the answer to that.
	cautious
)

// A ladder is what is left of the openings. It is gone down until one is taken.
type ladder struct {
	opening  opening // of the next attempt
	alone    bool    // no other is tried
	deadline time.Time
	from     net.Addr // of the newest connection
}

// A try is one attempt to open a stream on one connection.
type try struct {
	opening  opening
	left     int       // how many openings can be tried, with this one
	deadline time.Time // of all of them
}

// answerBy is when connect has to be answered, if the handshake was done at now,
// so that time is left for the other openings. Zero: the deadline counts alone.
func (t *try) answerBy(now time.Time) time.Time {
	if t.left <= 1 {
		return time.Time{}
	}
	return now.Add(min(answerTimeout, t.deadline.Sub(now)/time.Duration(t.left)))
}

// climb makes one attempt after the other, each with the next opening, until the
// server takes one. The error is that of the attempt which got furthest: it is the
// truest.
func (c *Client) climb(ctx context.Context, t *Target, cfg session.Config, l *ladder, open opener) error {
	var truest error
	first, best := l.opening, l.opening
	silent := false // the server was, on an opening before best
	for n := 0; ; n++ {
		err := c.attempt(ctx, t, cfg, l, open)
		if ctx.Err() != nil {
			return err
		}
		if n == 0 || progress(err) > progress(truest) {
			best = l.opening
		}
		if n == 0 || progress(err) >= progress(truest) {
			truest = err
		}
		next, again := l.after(err, &cfg)
		switch {
		case again:
			silent = silent || ignored(err)
		case progress(err) == allTheWay:
			c.Manners.took(t.Address(), l.opening, silent)
		case spurned(err) && !l.alone:
			if best == usual || progress(truest) <= PhaseConnect || !silent && best != first {
				best = usual // nothing is proven
			}
			c.Manners.spurned(t.Address(), best)
		}
		if !again {
			return truest
		}
		if c.Trace != nil && c.Trace.Retry != nil {
			c.Trace.Retry(err)
		}
		l.opening = next
	}
}

// attempt makes a connection, and on it what it can of a stream.
func (c *Client) attempt(ctx context.Context, t *Target, cfg session.Config, l *ladder, open opener) error {
	this := try{l.opening, l.left(&cfg), l.deadline}
	cfg.NoFourCcList = cfg.NoFourCcList || l.opening == listless
	cfg.Cautious = cfg.Cautious || l.opening == cautious
	setup, cancel := context.WithDeadline(ctx, l.deadline)
	defer cancel()
	nc, err := c.dial(setup, t)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return err
	}
	l.from = nc.RemoteAddr()
	return open(t, nc, cfg, this)
}

// left is how many openings can be tried, with the next one.
func (l *ladder) left(cfg *session.Config) int {
	n := 1
	if l.alone {
		return n
	}
	if l.opening < cautious {
		n++
	}
	if l.opening == usual && !plain(cfg) {
		n++
	}
	return n
}

// plain tells whether fourCcList is not announced anyway.
func plain(cfg *session.Config) bool { return cfg.Cautious || cfg.NoFourCcList }

// after is the opening that may do better, after one that ended with err.
func (l *ladder) after(err error, cfg *session.Config) (next opening, ok bool) {
	switch {
	case l.alone, l.opening == cautious, !spurned(err), !time.Now().Before(l.deadline):
		return 0, false
	case phaseOf(err) == PhaseConnect && l.opening == usual && !plain(cfg):
		return listless, true
	}
	return cautious, true // an early createStream may be the cause
}

// spurned tells whether an error may come from a server that cannot stand an
// opening: one that hangs up, or leaves connect unanswered. Refusals in words are of
// the stream, and silence after connect may have other reasons.
func spurned(err error) bool {
	switch phaseOf(err) {
	case PhaseConnect:
		return hungUp(err) || ignored(err)
	case PhaseHandshake, PhaseCreateStream:
		return hungUp(err)
	}
	return false
}

// ignored tells whether connect was passed over without a word.
func ignored(err error) bool {
	if _, ok := errors.AsType[*TimeoutError](err); ok {
		return phaseOf(err) == PhaseConnect
	}
	refusal, ok := errors.AsType[*session.StatusError](err)
	return ok && refusal.Call == "connect" && refusal.Code == "" && refusal.Description == ""
}

// allTheWay is the progress of an opening that was taken: the stream has begun, or
// the server has words on it.
const allTheWay = PhaseStream + 1

// progress is how far an attempt got.
func progress(err error) Phase {
	if _, ok := errors.AsType[*session.StatusError](err); err == nil || ok && !ignored(err) {
		return allTheWay
	}
	return phaseOf(err)
}

// phaseOf is how far an attempt got, by its error alone. One that the context has
// ended counts as the furthest.
func phaseOf(err error) Phase {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Phase
	}
	return PhaseStream
}
