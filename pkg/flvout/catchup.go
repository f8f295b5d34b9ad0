package flvout

import (
	"errors"
	"io"
)

// maxStrange is how much of a recorded stream may come with nothing in it of a
// file's end, in ms. Then the file goes on without.
const maxStrange = 30_000

// A catchUp finds the place where a recorded stream goes on that a file has the
// beginning of. Servers send it from where they are asked to, from a key frame near
// that, or from its beginning whatever they are asked for; with the timestamps of
// the stream, or from 0 on. By their hashes the newest frames of the file are
// known. All that comes before them is left out, and so are they.
type catchUp struct {
	on    bool
	found bool   // the place is known: the file's time is the timestamp and shift
	shift uint32 // ms, modulo 2^32

	// Of the file, in its own time.
	origin uint32 // ms, the stream's time at which it begins
	asked  uint32 // ms, what the stream was asked for
	start  beginning
	shown  bool
	has    [2]bool   // the lane has frames
	end    [2]uint32 // ms, the last of them
	last   uint32    // ms, of both
	open   TrackSet  // of video

	link catchLink
}

// A catchLink is what a catchUp knows of one connection.
type catchLink struct {
	start   beginning
	anew    bool   // it begins at the stream's beginning
	fromNew uint32 // the shift if it does

	begun       bool
	first       uint32 // timestamps
	newest      uint32
	media       int64 // ms, in which nothing of the file's end came
	tags        int64 // left out
	headersLast [2]bool

	// Frames in a row that may be of the file's end.
	run    int
	placed bool // they are where they should be, and not only like those there
	sole   int  // frames that are like no other
	heavy  bool // one of them weighs
	seen   bool // one is video

	at  uint32    // ms, where the first frame was that is known
	top [2]uint32 // ms, of what came since
	any [2]bool
}

// A beginning is what that of a stream is known by: its first key frame or,
// without video, its first sounds.
type beginning struct {
	sum  uint64
	ts   uint32
	last uint64
	n    int
	done bool
}

func (o *beginning) add(t *Tag, c *Class, sum uint64, shown bool) {
	const sounds = 8 // of which each is another than the one before it
	switch {
	case o.done, shown && !c.Key:
	case shown:
		*o = beginning{sum: sum, ts: t.Timestamp, done: true}
	case o.n == 0 || sum != o.last:
		if o.n == 0 {
			o.ts = t.Timestamp
		}
		o.sum, o.last = o.sum*31+sum, sum
		o.n++
		o.done = o.n == sounds
	}
}

// after tells whether a time is later than another, both modulo 2^32.
func after(a, b uint32) bool { return int32(a-b) > 0 }

// catchUpWith makes ready for a recorded stream that goes on with a file. What is
// remembered is the file's end.
func (s *Splicer) catchUpWith(p *ResumePoint) error {
	k := catchUp{origin: p.origin, asked: uint32(p.Start.Milliseconds()), shown: p.shown, open: s.catch.open}
	for n := range s.line.tracks {
		if t := &s.line.tracks[n]; t.any {
			k.has[n], k.end[n] = true, uint32(t.out)
		}
	}
	k.last = s.line.latest()
	r := newSalvagerAt(p.file, p.opening, min(p.end, p.opening+2*maxBody))
	for k.on = s.seen.count > 0; k.on && !k.start.done; {
		t, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return newError("read", s.Name(), err)
		}
		if c := Classify(t); c.Kind == KindFrame || c.Kind == KindUnknown {
			k.start.add(&t, &c, s.seen.sum(t, &c), k.shown)
		}
	}
	s.catch = k
	return nil
}

// leftBehind tells whether a frame is left out, since it is in the file, or nobody
// knows yet where it belongs.
func (s *Splicer) leftBehind(t *Tag, c *Class) bool {
	k := &s.catch
	l := &k.link
	sum := s.seen.sum(*t, c)
	if !k.found {
		k.measure(t.Timestamp)
		first := !l.start.done
		if l.start.add(t, c, sum, k.shown); first && l.start.done && k.beginsAnew() {
			l.anew, l.run, l.fromNew = true, 0, k.start.ts-l.start.ts
			if k.asked > 0 {
				s.tell(SpliceEvent{Kind: CatchingUp, Type: t.Type, To: t.Timestamp})
			}
		}
		switch {
		case k.follow(s.seen, t, c, sum, first && c.Key):
			s.join(t)
		case k.over(t, c):
			s.giveUp(t)
			return false
		default:
			l.tags++
			return true
		}
	}
	return s.inFile(t, sum)
}

// measure counts the media that comes. Of a stream that comes from its beginning
// the file's time is not counted.
func (k *catchUp) measure(ts uint32) {
	l := &k.link
	if !l.begun {
		l.begun, l.first, l.newest = true, ts, ts
	}
	d := int32(ts - l.newest)
	if d > -maxStep && d <= 0 {
		return
	}
	l.newest = ts
	if d > 0 && d <= maxStep && (!l.anew || after(ts+l.fromNew, k.last)) {
		l.media += int64(d)
	}
}

// beginsAnew tells whether the connection begins as the file does, and not where it
// was asked to.
func (k *catchUp) beginsAnew() bool {
	ts := k.link.start.ts
	return k.start.done && k.link.start.sum == k.start.sum &&
		dist(int64(ts), int64(k.origin)+int64(k.asked)) > maxBack
}

// follow tells whether frame t, with those before it, shows where the stream is.
func (k *catchUp) follow(s *seen, t *Tag, c *Class, sum uint64, first bool) bool {
	l := &k.link
	if l.run > 0 {
		due := t.Timestamp + k.shift
		if s.isAt(sum, due) {
			return k.take(s, t, c, sum)
		}
		if n := lane(t.Type); l.heavy && (l.seen || !k.shown) && (!k.has[n] || after(due, k.end[n])) {
			return true // the file ended with those
		}
		l.run = 0
	}
	at, placed, ok := k.guess(s, t.Timestamp, sum, first)
	if !ok {
		return false
	}
	k.shift = at - t.Timestamp
	l.placed, l.sole, l.heavy, l.seen = placed, 0, false, false
	return k.take(s, t, c, sum)
}

// guess returns where a frame may be that is the first of a row. One that is at a
// place where it should be is no guess; others must be like no other.
func (k *catchUp) guess(s *seen, ts uint32, sum uint64, first bool) (at uint32, placed, ok bool) {
	l := &k.link
	if l.anew {
		if at, ok = s.near(sum, ts+l.fromNew); ok || !after(ts+l.fromNew, k.last) {
			return at, true, ok
		}
	}
	if at, ok = s.near(sum, ts-k.origin); ok {
		return at, true, true
	}
	if at, n := s.lookup(sum); n == 1 {
		return at, false, true
	}
	if first {
		at, ok = s.near(sum, k.asked)
	}
	return at, true, ok
}

// take counts a frame of a row, and tells whether there are enough.
func (k *catchUp) take(s *seen, t *Tag, c *Class, sum uint64) bool {
	l, n := &k.link, lane(t.Type)
	l.run++
	l.seen = l.seen || n == 1
	l.headersLast[n] = false
	if _, like := s.lookup(sum); l.placed || like == 1 {
		l.sole++
		l.heavy = l.heavy || weighs(*t, c)
	}
	there := min(s.count, seenTags)
	return l.run >= min(minRun, there) && (l.heavy || l.sole >= min(minSmall, there)) && (l.seen || !k.shown)
}

// place returns where in the file's time a timestamp is, if the timestamps are the
// stream's.
func (k *catchUp) place(ts uint32) (at uint32, ok bool) {
	l := &k.link
	if l.anew {
		return ts + l.fromNew, true
	}
	first := int64(l.first)
	return ts - k.origin, dist(first, int64(k.origin)+int64(k.asked)) < first
}

// over tells whether it has been waited for long enough, and frame t can be the
// next.
func (k *catchUp) over(t *Tag, c *Class) bool {
	l := &k.link
	if l.media < maxStrange || k.shown && !c.Key && l.media < 2*maxStrange {
		return false
	}
	at, ok := k.place(t.Timestamp)
	return !ok || after(at, k.last)
}

// join goes on where frame t belongs. Of what it needs nothing has to be waited
// for, since it is in the file.
func (s *Splicer) join(t *Tag) {
	k := &s.catch
	k.found = true
	k.link.at = t.Timestamp + k.shift
	s.line.align(t.Type, t.Timestamp, k.link.at)
	s.gate.waiting, s.gate.trim, s.gate.hasVideo = false, false, k.shown
	for n := range k.has {
		if !k.link.headersLast[n] {
			s.reopen(n)
		}
	}
}

// reopen tells that the newest header of a lane is older than the file's end.
func (s *Splicer) reopen(lane int) {
	g := &s.gate
	if g.ready[lane] && !s.turning {
		return
	}
	s.pending.dropType(typeOf(lane))
	s.turning = s.split || s.pending.Len() > 0
	for i := range s.written.Len() {
		h := s.written.At(i)
		c := Classify(h)
		s.learn(h, &c)
	}
	g.ready[lane] = s.passed[lane]
	if lane == 1 {
		g.open.add(&s.catch.open)
	}
}

// inFile tells whether a frame is left out, since the file has it.
func (s *Splicer) inFile(t *Tag, sum uint64) bool {
	k, n := &s.catch, lane(t.Type)
	l := &k.link
	due := t.Timestamp + k.shift
	if k.has[n] && !after(due, k.end[n]) {
		if !l.any[n] || after(due, l.top[n]) {
			l.any[n], l.top[n] = true, due
		}
		old := after(k.end[n]-maxBack, due) && after(due, l.at-maxStep) // and forgotten
		if old || s.seen.isAt(sum, due) || s.seen.isAt(sum, l.top[n]) { // where it was raised to
			l.tags++
			s.reopen(n)
			return true
		}
	}
	if after(due, k.last+maxBack) {
		s.endCatchUp()
	}
	return false
}

// giveUp lets the file go on with frame t, at its place if that is known, or else
// directly behind the end.
func (s *Splicer) giveUp(t *Tag) {
	k, n := &s.catch, lane(t.Type)
	next := s.line.next(n)
	pos, missing := next, k.link.media
	if at, ok := k.place(t.Timestamp); ok {
		if p := s.line.unwrapped(at); p > next {
			if missing = p - next; missing <= maxHole {
				pos = p
			}
		}
	}
	s.tell(SpliceEvent{Kind: PlaceLost, Type: t.Type, To: t.Timestamp, Tags: k.link.tags})
	s.line.goOn(n, t.Timestamp, pos, missing)
	s.catch = catchUp{}
}

// goOn puts the source's timestamp ts at pos, ms, behind which all else follows.
func (l *timeline) goOn(track int, ts uint32, pos, missing int64) {
	hole := pos - l.next(track)
	l.only(clock{last: ts, pos: pos, ok: true})
	l.rejoin, l.force = false, false
	l.tellRejoin(&place{track: track, ts: ts}, hole, missing)
	for i := range l.tracks {
		if t := &l.tracks[i]; t.any && hole > 0 {
			t.pos = max(t.pos, pos-l.frame(i))
			t.out = max(t.out, t.pos)
		}
	}
}

// endCatchUp tells of what was left out.
func (s *Splicer) endCatchUp() {
	k, l := &s.catch, &s.catch.link
	switch {
	case !k.on || l.tags == 0:
	case k.found || l.anew:
		s.fixed.Repeats += l.tags
		s.tell(SpliceEvent{
			Kind: RepeatDropped, Type: typeOf(1), To: l.first, Tags: l.tags,
			Gap: ms(int64(int32(k.last - l.first - k.shift))),
		})
	default:
		s.tell(SpliceEvent{Kind: PlaceLost, Type: typeOf(1), To: l.first, Tags: l.tags})
	}
	s.catch = catchUp{}
}
