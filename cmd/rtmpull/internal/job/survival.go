package job

import (
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

// DefaultMaxPause is a recording's Retry.MaxDelay: so much of the stream may be
// missed once it is there again, and more would be a large part of the time for
// which it is looked for.
const DefaultMaxPause = 4 * time.Second

// minAttempt is how long an attempt may take at least, however little is left of
// the time in which to make it.
const minAttempt = time.Second

// minOther is how long it may take at least to find out whether another source has
// a stream that its server has ended.
const minOther = 10 * time.Second

// A setback is why a recording has no stream.
type setback struct {
	err   error         // what went wrong; nil: the server ended the stream
	live  time.Duration // how long media came on the connection; 0: none did
	gain  time.Duration // of media that was recorded from it
	ended time.Time     // when the server said that the stream is over; zero: it did not
	all   bool          // it said that it has sent all of a recorded one
	took  time.Duration // of the attempt, if no media came
	brief bool          // the attempt had less time than is usual
}

// A plight is what a recording waits for to be over.
type plight uint8

const (
	starting plight = iota // no media has come yet
	dropped                // some had, and then the connection was lost
	ended                  // the server had said that the stream is over; it may come back
)

// A survivor says how a recording goes on about a stream that is not there. It
// has no clock and no dice: it is told the time, and random numbers in [0, 1).
//
// There is a budget for each plight: the wait, or Retry if it is for the First as
// well; Retry; and the grace. A stretch of healthy stream renews them, and that of
// a lost one is renewed by any media that is worth it: then it is the pauses that
// grow. Of several sources each is tried once, without delay, before a budget counts.
type survivor struct {
	Retry
	wait, grace time.Duration
	sources     int

	plight  plight
	since   time.Time // it began
	lost    error     // what it began with; nil: the server's word
	last    error     // of an attempt, as it would be without a budget
	attempt int       // of those in a row

	source int  // that was tried last
	tried  uint // sources in a row, as bits
	dead   uint // those that will never have the stream
	proven uint // those that had it
	broken uint // those whose last connection broke the protocol
}

// A course is what to do about a setback.
type course struct {
	do     action
	wait   time.Duration // before it is done
	left   time.Duration // that the attempt may take; 0: as long as it takes
	source int
}

type action uint8

const (
	giveUp action = iota
	finish        // in good order
	tryAgain
)

// next tells what to do about a setback.
func (s *survivor) next(b setback, now time.Time, random float64) course {
	s.place(b, now)
	late, ok := errors.AsType[timeout](b.err)
	none := s.last == nil || s.last == s.lost //nolint:errorlint // the very same: there was no attempt since
	if !ok || !late.Timeout() || !b.brief || none {
		s.last = b.err
	}
	if s.isFinal(b.err) {
		s.dead |= 1 << s.source
	}
	left, more := s.budget(now)
	all := uint(1)<<s.sources - 1
	switch other := all &^ (s.tried | s.dead); {
	case s.dead == all:
		return s.over()
	case other != 0:
		s.source = bits.TrailingZeros(other)
		if s.plight == ended {
			left = max(left, minOther)
		}
		return course{do: tryAgain, left: left, source: s.source}
	case !more:
		return s.over()
	}
	wait := s.pause(b, random)
	s.attempt++
	if left > 0 {
		wait = min(wait, left)
		left = max(left-wait, minAttempt)
	}
	s.tried = 0
	for s.source = (s.source + 1) % s.sources; s.dead&(1<<s.source) != 0; {
		s.source = (s.source + 1) % s.sources
	}
	return course{tryAgain, wait, left, s.source}
}

// isFinal tells whether a source will never have the stream. What one refuses that has
// had it, it may grant again: its application may be restarting.
func (s *survivor) isFinal(err error) bool {
	_, password := errors.AsType[*rtmp.AuthError](err)
	_, refused := errors.AsType[*session.StatusError](err)
	_, unopened := errors.AsType[*tunnel.StatusError](err)
	if (refused || unopened) && !password && s.proven&(1<<s.source) != 0 {
		return false
	}
	return isFinal(err, true) || s.isBroken(err)
}

// isBroken tells whether a source has broken the protocol twice in a row: once may
// have been an accident.
func (s *survivor) isBroken(err error) bool {
	_, framing := errors.AsType[*chunk.FramingError](err)
	_, syntax := errors.AsType[*amf.SyntaxError](err)
	bit := uint(1) << s.source
	twice := s.broken&bit != 0
	s.broken &^= bit
	if !framing && !syntax {
		return false
	}
	s.broken |= bit
	return twice
}

// place finds out what the setback means for the recording.
func (s *survivor) place(b setback, now time.Time) {
	bit := uint(1) << s.source
	s.tried |= bit
	if b.live == 0 {
		return
	}
	s.proven |= bit
	well := max(b.live, b.gain) >= healthy && b.gain >= Brief
	if well {
		s.attempt, s.tried = 0, bit
	}
	was := s.plight
	switch {
	case !b.ended.IsZero():
		if was != ended || well {
			s.plight, s.since, s.lost = ended, b.ended, nil
		}
	case was != dropped || b.gain >= Brief: // what brings more is worth going on about
		s.plight, s.since, s.lost = dropped, now, b.err
	}
	if was == starting {
		s.attempt, s.tried = 0, bit
	}
}

// budget tells whether there is some left, and how much time; 0: without a limit.
func (s *survivor) budget(now time.Time) (left time.Duration, more bool) {
	limit := s.MaxTime
	switch {
	case s.plight == ended:
		left = s.since.Add(s.grace).Sub(now)
		return max(left, 0), left > 0
	case s.plight == starting && s.wait > 0:
		limit = s.wait
	case s.plight == starting && !s.First, s.Attempts >= 0 && s.attempt >= s.Attempts:
		return 0, false
	}
	if limit == 0 {
		return 0, true
	}
	left = s.since.Add(limit).Sub(now)
	return max(left, 0), left > 0
}

// pause is how long to wait before the next attempt. A server that is silent for
// long before it is given up has been waited for already.
func (s *survivor) pause(b setback, random float64) time.Duration {
	r := retrier{Retry: s.Retry, attempt: s.attempt}
	wait := r.delay(random)
	if b.live == 0 {
		wait = max(wait-b.took, minRetryDelay/2)
	}
	return wait
}

// waits tells whether the stream is waited for to begin.
func (s *survivor) waits() bool { return s.plight == starting && s.wait > 0 }

func (s *survivor) over() course {
	if s.plight == ended {
		return course{do: finish}
	}
	return course{do: giveUp}
}

// A LostError tells that a stream was lost and could not be taken up again.
type LostError struct {
	Lost error // how it was lost
	Last error // why the last attempt failed
}

func (e *LostError) Error() string {
	return fmt.Sprintf("%v; it could not be taken up again: %v", e.Lost, e.Last)
}

// Unwrap returns both.
func (e *LostError) Unwrap() []error { return []error{e.Lost, e.Last} }

// verdict is the error of a recording that is given up.
func (s *survivor) verdict() error {
	if s.lost == nil || s.lost == s.last { //nolint:errorlint // the very same
		return s.last
	}
	return &LostError{s.lost, s.last}
}
