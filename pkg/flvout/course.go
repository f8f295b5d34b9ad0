package flvout

import "time"

// lookBack is how much sound a recorded stream is asked for once more, in ms.
const lookBack = 1000

// A course is what is known of a recording by which a recorded stream can be asked
// for again where that ends: what it begins and ends with, and when in the stream
// that is. Its places are those that are in seen.
type course struct {
	known  bool   // the stream's time is
	origin uint32 // ms, that of the place 0, by the timestamps
	played uint32 // the same by how much was recorded
	rough  bool   // it may be a group of pictures later than it should
	asked  bool   // the stream was asked for again

	// Of the connection.
	linked bool
	first  uint32 // its first timestamp
	placed bool
	offset uint32 // ms, timestamp less place, of the first frame that was written

	shown  bool         // there is video, though perhaps none lately
	start  [2]beginning // by lane
	newest [2]lastFrame // by lane
	keys   [2]lastKey   // the last first
	open   TrackSet     // of video
}

// A lastFrame is the last that was written of a lane.
type lastFrame struct {
	sum uint64
	at  uint32
}

// A lastKey is a key frame.
type lastKey struct {
	at uint32
	n  int // its number among the frames, from 1
}

// put notes a frame at its place, the nth that is remembered.
func (k *course) put(lane int, c *Class, sum uint64, at uint32, n int) {
	k.newest[lane] = lastFrame{sum, at}
	if lane == 1 && c.Key {
		k.keys[0], k.keys[1] = lastKey{at, n}, k.keys[0]
	}
	if !k.start[lane].done {
		k.start[lane].add(at, c.Key, sum, lane == 1)
	}
}

// link notes the first frame of a connection.
func (k *course) link(ts uint32) {
	if !k.linked {
		k.linked, k.first = true, ts
	}
}

// place notes the first frame of a connection that is written.
func (k *course) place(ts, at uint32) {
	if !k.placed {
		k.placed, k.offset = true, ts-at
	}
}

// unlink is for a new connection.
func (k *course) unlink() { k.linked, k.placed = false, false }

// forget is seen.forget.
func (k *course) forget() { k.newest, k.keys = [2]lastFrame{}, [2]lastKey{} }

// chart notes what the connection that is over told of the stream's time, if that
// was first asked for from begun on.
func (s *Splicer) chart(begun uint32) {
	k := &s.course
	if !s.gate.waiting && (!s.catch.on || s.catch.found) {
		k.open = s.gate.open
	}
	if !k.placed {
		return
	}
	if !k.known {
		k.known, k.origin, k.played = true, k.offset, k.offset
		if !areOfStream(k.first, begun) && (begun > 0 || k.first > maxBack) {
			k.played += begun - k.first
			if begun > 0 {
				k.origin, k.rough = k.played, true
			}
		}
	}
	c := &s.line.clocks[s.line.newest().clock]
	now := c.last - uint32(c.pos)
	k.origin += now - k.offset // by which the source's clock has jumped
	k.offset = now
}

// areOfStream tells whether timestamps are a stream's own, and not counted from
// where it was asked for.
func areOfStream(first, asked uint32) bool {
	return dist(int64(first), int64(asked)) < int64(min(first, asked))
}

// again returns where in the recording the part begins that is to be asked for: a
// little before the end, since servers begin at the key frame before or behind, and
// at the beginning if there is but one.
func (s *Splicer) again() uint32 {
	k, last := &s.course, s.line.latest()
	switch old, key := k.keys[1], k.keys[0]; {
	case key.n > 0 && k.start[1].done && key.at == k.start[1].at && last-key.at <= maxHole:
		return 0
	case old.n > 0 && last-old.at <= maxHole:
		return old.at
	case key.n > 0 && last-key.at <= maxHole:
		return key.at
	}
	return s.seen.before(last - lookBack)
}

// group is how long a group of pictures is, in ms.
func (s *Splicer) group() uint32 {
	var longest int64
	end := s.line.latest()
	for _, key := range s.course.keys {
		if key.n > 0 {
			longest = max(longest, int64(int32(end-key.at)))
			end = key.at
		}
	}
	return uint32(min(longest, maxHole))
}

// RejoinRecorded is Rejoin for a recorded stream, which was first asked for from
// begun on. It tells where it is to be asked for now, a little before the
// recording's end. What comes is left out up to there, whatever the server makes of
// what it is asked. Until there is a connection it may be called again.
func (s *Splicer) RejoinRecorded(begun time.Duration) (from time.Duration, err error) {
	if s.err != nil {
		return 0, s.err
	}
	s.gate.held = nil // it comes once more
	s.repeat.unhold()
	k := &s.course
	asked, wanted := uint32(0), uint32(max(begun, 0).Milliseconds())
	switch {
	case !s.line.begun:
	case k.asked && !k.linked: // there was no connection
		asked, wanted = s.catch.asked, s.catch.wanted
	case s.o.Raw:
		wanted = s.rawEnd(wanted)
	default:
		s.chart(wanted)
		if asked = s.again(); asked > 0 {
			wanted = s.wanted(asked)
		}
	}
	if err := s.Rejoin(); err != nil {
		return 0, err
	}
	s.arm(asked, wanted)
	k.asked = s.line.begun
	return ms(int64(wanted)), nil
}

// RestartRecorded is RejoinRecorded for a playlist, whose items have a clock each. It
// is to be asked for from begun again, since nothing says where an item begins, and is
// the same if it begins as the recording does. What comes is left out until it has come
// as far.
func (s *Splicer) RestartRecorded(begun time.Duration) error {
	_, err := s.RejoinRecorded(begun)
	s.catch.asked, s.catch.list = 0, true
	return err
}

// rawEnd returns where in the stream a recording ends whose timestamps are left as
// they come. What comes twice stays.
func (s *Splicer) rawEnd(begun uint32) uint32 {
	k := &s.course
	if k.asked {
		begun = s.catch.wanted
	}
	last := s.line.newest().last - lookBack
	if !areOfStream(k.first, begun) {
		last += begun - k.first
	}
	return uint32(max(int32(last), int32(begun)))
}

// wanted returns what a place in the recording is in the stream. If its clock has
// jumped, or is not known well, rather too early than too late.
func (s *Splicer) wanted(at uint32) uint32 {
	k := &s.course
	from := min(int32(k.origin+at), int32(k.played+at))
	if k.rough {
		from -= int32(s.group())
	}
	return uint32(max(from, 0))
}

// arm makes ready for a recorded stream that goes on with a recording: what is asked
// for is wanted in the stream's time, and asked in the recording's.
func (s *Splicer) arm(asked, wanted uint32) {
	k := catchUp{
		on: s.seen.count > 0, origin: s.course.origin, asked: asked, wanted: wanted,
		shown: s.course.shown || s.line.tracks[1].any, open: s.course.open,
		strange: max(maxStrange, 3*int64(s.group())),
		tags:    s.catch.tags + s.catch.link.tags,
	}
	k.start = s.course.start[0]
	if k.shown {
		k.start = s.course.start[1]
	}
	for n := range s.line.tracks {
		if t := &s.line.tracks[n]; t.any {
			last := s.course.newest[n]
			k.has[n], k.end[n] = true, uint32(t.out)
			k.newest[n] = last
			k.like[n] = s.seen.countAt(last.sum, last.at)
		}
	}
	k.last = s.line.latest()
	k.oldest = s.seen.oldest()
	k.strange += max(0, int64(int32(k.oldest-asked))) // that was asked for, and nobody remembers
	s.catch = k
}

// catchUpWith makes ready for a recorded stream that goes on with a file. What is
// remembered is the file's end.
func (s *Splicer) catchUpWith(p *ResumePoint) error {
	k := &s.course
	k.known, k.origin, k.played, k.shown = true, p.origin, p.origin, p.shown
	n := 0
	if p.shown {
		n = 1
	}
	k.start = [2]beginning{}
	if s.seen.count > 0 {
		var err error
		if k.start[n], err = p.beginning(s.seen); err != nil {
			return newError("read", s.Name(), err)
		}
	}
	asked := uint32(p.Start.Milliseconds())
	s.arm(asked, k.origin+asked)
	return nil
}

// before returns the latest place that is no later than at, or else the earliest.
func (s *seen) before(at uint32) uint32 {
	list := s.at[:min(s.count, seenTags)]
	var best uint32
	for i, v := range list {
		early, was := !after(v, at), !after(best, at)
		if i == 0 || early && (!was || after(v, best)) || !early && !was && after(best, v) {
			best = v
		}
	}
	return best
}

// oldest returns the place of the frame that was put longest ago.
func (s *seen) oldest() uint32 {
	if s.count < seenTags {
		return s.at[0]
	}
	return s.at[s.count%seenTags]
}

// countAt returns how often a frame is at a place.
func (s *seen) countAt(sum uint64, at uint32) (n int) {
	for i, v := range s.sums[:min(s.count, seenTags)] {
		if v == sum && s.at[i] == at {
			n++
		}
	}
	return n
}
