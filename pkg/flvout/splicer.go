package flvout

import (
	"errors"
	"time"

	"github.com/yutopp/go-flv/tag"
)

// A Change says what becomes of a recording when another sequence header comes.
type Change uint8

// What can become of it.
const (
	ChangeSplit Change = iota // another file begins
	ChangeKeep                // the header is written where it came
	ChangeExit                // WriteTag returns ErrChanged
)

// A Rejoining says what becomes of a recording when the stream comes by a new
// connection.
type Rejoining uint8

// What can become of it.
const (
	RejoinJoin  Rejoining = iota // it goes on without a seam, if the headers are the same
	RejoinSplit                  // another file begins, with what the server sends again
)

// ErrChanged is returned when another sequence header came and that is to end the
// recording.
var ErrChanged = errors.New("flvout: the stream's parameters changed")

// SplicerOptions say what a Splicer does.
type SplicerOptions struct {
	OnChange Change
	OnRejoin Rejoining

	// Raw leaves the timestamps as the server sent them, and what it repeats in
	// its place.
	Raw bool

	// Event is told what was done; nil: nobody is. It is called from within
	// WriteTag, Rejoin and Close.
	Event func(SpliceEvent)

	// Lost is called when a recorded stream that is to go on with the recording has
	// brought nothing of its end, before any of that is written. An error is WriteTag's,
	// and nothing more is written; without one, or if it is nil, the recording goes on
	// with what came.
	Lost func() error

	// salvage: the tags are those of a file, in which every frame is to stay that
	// is no repeat. Nothing is waited for; see gate.
	salvage bool
}

// A Splicer makes one stream, fit for a file, out of what servers send. It is a
// Sink in front of another.
//
// It begins at a key frame, with the headers that are in force there, and waits
// for those; it makes one time line of the clock; it passes on a header only if
// it changes something, and begins a new file then, if the sink has a method
// Split; it leaves out what a server sends again, what is empty, commands, and
// ends of sequences behind which it goes on. The bodies of frames stay as they
// are, but for a composition time whose timestamp was raised.
//
// What is held meanwhile is bounded, by time and by bytes. In the steady state
// WriteTag allocates nothing. A Splicer belongs to one goroutine.
//
// A sink that has Split is to write the headers in force into the new file when
// its first frame comes, and not before: the Splicer writes those that changed
// behind the Split.
type Splicer struct {
	out    Sink
	files  splitter // out, if it can be split; else nil
	o      SplicerOptions
	line   timeline
	seen   *seen
	repeat repeat
	course course
	catch  catchUp
	gate   gate

	written Headers // in force in the output
	pending Headers // to be written with the next frame
	turning bool    // there are some, or a split is due at once
	split   bool    // a split is due at once
	due     bool    // a split is due at the next key frame
	passed  [2]bool // the lane has frames in this file
	nalSize int     // of the video track in force

	// Of the tag in hand; here they cost no allocation.
	class, resized, shifted Class

	fixed   Corrections // by the line too
	dropped Dropped
	scratch []byte // a body that was changed
	err     error  // sticks
	closed  bool
}

// A splitter is a Sink that begins a new file when it is asked to.
type splitter interface{ Split() error }

// NewSplicer returns a Splicer in front of out.
func NewSplicer(out Sink, o SplicerOptions) *Splicer {
	s := &Splicer{out: out, o: o, seen: newSeen(), nalSize: usualNALSize}
	s.files, _ = out.(splitter)
	s.line = timeline{raw: o.Raw, event: o.Event, fixed: &s.fixed}
	s.gate.waiting = !o.salvage
	return s
}

// Arrived tells when the tags came that are written from now on, by any clock that
// goes forward only. Without it, or with a recorded stream, which comes as fast as
// it can and must not be given an arrival, holes of up to ten minutes are taken for
// real.
func (s *Splicer) Arrived(at time.Duration) { s.line.arrived(at) }

// Corrections counts what was mended and left out so far.
func (s *Splicer) Corrections() Corrections { return s.fixed }

// remember takes a tag of the file that is to be continued, with its timestamp in
// the recording: its headers are in force, and its frames are not written again.
// Call it for all tags, or the headers and the last thousand or more; then
// Rejoin.
func (s *Splicer) remember(t Tag) {
	c := Classify(t)
	switch c.Kind {
	case KindConfig, KindColorInfo:
		s.written.Put(t, &c)
		s.learn(t, &c)
	case KindFrame, KindUnknown:
		if t.Type&tagTypeMask == tag.TagTypeVideo {
			s.gate.everVideo = true
			tracks := c.TrackSet()
			s.course.open.add(&tracks)
		}
		if c.Kind == KindFrame && !c.Multitrack {
			s.gate.codec[lane(t.Type)] = c.Codec
		}
		s.passed[lane(t.Type)] = true
		s.line.resume(t.Type, t.Timestamp)
		sum := s.seen.sum(t, &c)
		s.seen.put(sum, t.Timestamp)
		s.course.put(lane(t.Type), &c, sum, t.Timestamp, s.seen.count)
	}
}

// Rejoin tells that the tags of a new connection follow.
func (s *Splicer) Rejoin() error {
	if s.err != nil {
		return s.err
	}
	if err := s.settle(); err != nil {
		return err
	}
	s.forsake()
	if s.line.begun {
		s.line.reconnect()
		if s.o.OnRejoin == RejoinSplit {
			s.split, s.turning = true, true
			s.seen.forget()
			s.course.forget()
		}
		s.repeat.arm()
	}
	s.gate.shut()
	s.course.unlink()
	if s.catch.on {
		s.arm(s.catch.asked, s.catch.wanted)
	}
	return nil
}

// WriteTag takes a tag as a server sent it. It returns the sink's errors, ErrChanged,
// and that of SplicerOptions.Lost.
func (s *Splicer) WriteTag(t Tag) error {
	s.class = Classify(t)
	return s.write(t, &s.class)
}

func (s *Splicer) write(t Tag, c *Class) error {
	if s.err != nil {
		return s.err
	}
	switch t.Type &^ tagFilterBit {
	case tag.TagTypeAudio, tag.TagTypeVideo:
	case tag.TagTypeScriptData, tagTypeScriptAMF3:
		return s.script(t, c)
	default:
		s.dropped.Other++
		return nil
	}
	switch c.Kind {
	case KindFrame, KindUnknown:
		switch n := len(t.Body); {
		case n == 0: // and encrypted
			s.dropped.Empty++
			return nil
		case n > maxBody:
			s.dropped.TooLarge++
			return nil
		}
		s.course.link(t.Timestamp)
		if s.catch.on && (s.leftBehind(&t, c) || s.err != nil) {
			return s.err
		}
		if s.nalSize != usualNALSize && c.video {
			s.resized = *c
			c = &s.resized
			c.setNALSize(s.nalSize)
		}
		return s.stick(s.frame(t, c))
	case KindConfig, KindColorInfo:
		s.header(t, c)
	case KindEnd:
		s.fixed.Ends++
	case KindEmpty:
		s.dropped.Empty++
	case KindCommand:
		s.dropped.Command++
	case KindMalformed:
		s.dropped.Malformed++
	}
	return nil
}

func (s *Splicer) stick(err error) error {
	if s.err == nil {
		s.err = err
	}
	return err
}

// script passes on onMetaData and nothing else.
func (s *Splicer) script(t Tag, c *Class) error {
	if c.Kind != KindMetadata {
		s.dropped.Script++
		return nil
	}
	s.gate.announce(ParseMetadata(t))
	return s.stick(s.out.write(t, c))
}

// frame takes a frame through the gate, and the headers that have come before it
// ahead of it.
func (s *Splicer) frame(t Tag, c *Class) error {
	if s.o.salvage {
		s.admitAll(&t, c)
		return s.pass(t, c)
	}
	if n := lane(t.Type); s.gate.closed(n, c) {
		pass, err := s.admit(&t, c)
		if !pass || err != nil {
			return err
		}
		if s.gate.waiting {
			return s.begin(t, c)
		}
	}
	return s.pass(t, c)
}

// pass writes a frame that may be written, unless it is a repeat.
func (s *Splicer) pass(t Tag, c *Class) error {
	if s.turning || s.due && c.Key {
		if err := s.turn(&t, c); err != nil {
			return err
		}
	}
	if s.o.Raw {
		return s.put(t, c, 0, place{track: lane(t.Type), ts: t.Timestamp})
	}
	sum := s.seen.sum(t, c)
	p := s.line.place(lane(t.Type), t.Timestamp)
	if c.Key || !p.fits || s.repeat.watching {
		if done, err := s.suspect(&t, c, sum, &p); done || err != nil {
			return err
		}
	}
	return s.put(t, c, sum, p)
}

// put writes a frame at its place.
func (s *Splicer) put(t Tag, c *Class, sum uint64, p place) error {
	s.passed[p.track] = true
	ts := t.Timestamp
	p.cts, p.key = c.CTS, c.Key
	out, shift := s.line.take(p)
	t.Timestamp = out
	if s.o.Raw {
		return s.out.write(t, c)
	}
	s.seen.put(sum, out-shift)
	s.course.place(ts, out-shift)
	s.course.put(p.track, c, sum, out-shift, s.seen.count)
	if shift != 0 {
		if at, ok := c.ctsAt(t); ok {
			return s.putShifted(t, c, at, shift)
		}
	}
	return s.out.write(t, c)
}

// settle decides on what is held, since no more comes for now. Audio that waits
// for the first picture of all, which was seen to come, is left.
func (s *Splicer) settle() error {
	err := s.stick(s.lateSound())
	if r := &s.repeat; r.run > 0 && r.joined && !r.old && r.apart() {
		s.confirm() // a connection that brought no more than that
	}
	if err == nil {
		err = s.stick(s.endRun())
	}
	s.endRepeat()
	if err == nil && s.gate.waiting && !s.gate.hasVideo && len(s.gate.held) > 0 {
		err = s.stick(s.sound())
	}
	return err
}

func (s *Splicer) tell(e SpliceEvent) {
	if s.o.Event != nil {
		e.At = ms(s.line.newest().out)
		s.o.Event(e)
	}
}
