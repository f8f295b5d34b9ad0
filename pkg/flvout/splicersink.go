package flvout

import (
	"errors"
	"os"
	"time"
)

var _ Sink = (*Splicer)(nil)

// AvailableBuffer is the sink's.
func (s *Splicer) AvailableBuffer(n int) []byte { return s.out.AvailableBuffer(n) }

// Begin ends the wait for video, if there has been none, and is the sink's then.
func (s *Splicer) Begin() error {
	if s.err != nil {
		return s.err
	}
	if s.gate.waiting && !s.gate.hasVideo && len(s.gate.held) > 0 { // somebody waits
		if err := s.stick(s.sound()); err != nil {
			return err
		}
	}
	return s.stick(s.out.Begin())
}

// Begun is the sink's.
func (s *Splicer) Begun() bool { return s.out.Begun() }

// Flush is the sink's. What the Splicer holds stays held.
func (s *Splicer) Flush() error { return s.out.Flush() }

// Close writes what is held, and closes the sink.
func (s *Splicer) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	s.endCatchUp()
	var err error
	if s.err == nil {
		err = s.settle()
		if err == nil && len(s.gate.held) > 0 {
			err = s.stick(s.sound())
		}
	}
	if errors.Is(err, ErrChanged) {
		err = nil // it is the end anyhow
	}
	s.line.closeSeam()
	s.gate.held, s.repeat.held, s.scratch = nil, nil, nil
	if s.err == nil {
		s.err = newError("write", s.out.Name(), os.ErrClosed)
	}
	return errors.Join(err, s.out.Close())
}

// Name is the sink's.
func (s *Splicer) Name() string { return s.out.Name() }

// Size is the sink's.
func (s *Splicer) Size() int64 { return s.out.Size() }

// Duration is the sink's.
func (s *Splicer) Duration() time.Duration { return s.out.Duration() }

// Stats are the sink's, and what was dropped on the way there.
func (s *Splicer) Stats() Stats {
	st := s.out.Stats()
	st.Dropped = st.Dropped.Add(s.dropped)
	return st
}
