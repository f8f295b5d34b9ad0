package flvout

// maxStrange is how much of a recorded stream may come with nothing in it of a
// recording's end, in ms, or three groups of pictures if they are longer. Then the
// recording goes on without.
const maxStrange = 30_000

// A catchUp finds the place where a recorded stream goes on that there is the
// beginning of. Servers send it from where they are asked to, from a key frame near
// that, or from its beginning whatever they are asked for; with the timestamps of
// the stream, or from 0 on. By their hashes the newest frames of the recording are
// known. All that comes before them is left out, and so are they.
type catchUp struct {
	on    bool
	found bool // the place is known
	list  bool // what comes is a list of streams, and from its beginning

	// Of the recording, in its own time.
	origin  uint32 // ms, the stream's time where it begins
	asked   uint32 // ms, what the stream was asked for
	wanted  uint32 // ms, the same in the stream's time
	start   beginning
	shown   bool
	has     [2]bool      // the lane has frames
	end     [2]uint32    // ms, the latest of them
	newest  [2]lastFrame // the last of them,
	like    [2]int       // which are so many alike
	last    uint32       // ms, of both
	oldest  uint32       // ms, of what is remembered
	open    TrackSet     // of video
	strange int64        // ms, how much may come that is not known
	tags    int64        // left out, of connections that were lost

	link catchLink
}

// A catchLink is what a catchUp knows of one connection.
type catchLink struct {
	start   beginning
	anew    bool   // it begins where the recording does
	fromNew uint32 // the shift if it does

	begun       bool
	first       uint32 // timestamps
	newest      uint32
	media       int64 // ms, in which nothing of the recording's end came
	tags        int64 // left out
	headersLast [2]bool

	// Frames in a row that may be of the recording's end.
	run    int
	taken  bool // the newest frame is one
	placed bool // they are where they should be, and not only like those there
	odd    bool // they are where they should not be
	sole   int  // frames that are like no other, or placed
	heavy  bool // one of them weighs
	seen   bool // one is video

	lanes  [2]catchLane // from those on
	begin  uint32       // the shift where the place was found
	goesOn bool         // frames have come that are not recorded
}

// A catchLane is where a track is. Where servers lose frames, and the time that they
// lasted, the tracks do not keep their distance.
type catchLane struct {
	shift  uint32 // ms, modulo 2^32: the recording's time is the timestamp and that
	last   uint32 // timestamp
	astray bool   // it has jumped
	any    bool
	top    uint32 // ms, the latest that came
	met    int    // how many were like the last of the recording, at its place
	past   bool   // that is behind us
}

// after tells whether a time is later than another, both modulo 2^32.
func after(a, b uint32) bool { return int32(a-b) > 0 }

// leftBehind tells whether a frame is left out, since it is recorded, or nobody
// knows yet where it belongs.
func (s *Splicer) leftBehind(t *Tag, c *Class) bool {
	k := &s.catch
	l := &k.link
	sum := s.seen.sum(*t, c)
	if !k.found {
		k.measure(t.Timestamp)
		begins := !l.start.done
		first := begins && (c.Key || !k.shown && l.tags == 0)
		if l.start.add(t.Timestamp, c.Key, sum, k.shown); begins && l.start.done && k.beginsAnew() {
			l.anew, l.fromNew = true, k.start.at-l.start.at
			if l.lanes[lane(t.Type)].shift != l.fromNew {
				l.run = 0
			}
			if k.asked > 0 || k.list {
				s.tell(SpliceEvent{Kind: CatchingUp, Type: t.Type, To: t.Timestamp})
			}
		}
		switch {
		case l.anew && after(k.oldest-maxStep, t.Timestamp+l.fromNew): // nobody remembers that
			l.tags++
			return true
		case (l.anew || !k.list) && k.follow(s.seen, t, c, sum, first):
			if s.join(t); l.taken {
				l.tags++
				return true
			}
		case k.over(t, c):
			if s.o.Lost == nil || s.stick(s.o.Lost()) == nil {
				s.giveUp(t)
			}
			return false
		default:
			l.tags++
			return true
		}
	}
	return s.isRecorded(t, sum)
}

// Astray tells whether a recorded stream that is to go on with the recording has come,
// and has not shown the recording's end so far, but for what a server may lose of it.
func (s *Splicer) Astray() bool {
	k, l := &s.catch, &s.catch.link
	if !k.on || l.tags == 0 {
		return false
	}
	for _, lane := range l.lanes {
		if (k.found || l.run > 0) && (lane.past || lane.any && !after(k.last-lookBack, lane.top)) {
			return false
		}
	}
	return true
}

// measure counts the media that comes. Of a stream that comes from its beginning
// the recording's time is not counted.
func (k *catchUp) measure(ts uint32) {
	l := &k.link
	if !l.begun {
		l.begun, l.first, l.newest = true, ts, ts
	}
	d := int32(ts - l.newest)
	if d > -maxStep && d <= 0 {
		return
	}
	if d < 0 && k.list { // the next item
		l.fromNew += l.newest - ts
	}
	l.newest = ts
	if d > 0 && d <= maxStep && (!l.anew || after(ts+l.fromNew, k.last)) {
		l.media += int64(d)
	}
}

// beginsAnew tells whether the connection begins as the recording does, and not where
// it was asked to.
func (k *catchUp) beginsAnew() bool {
	is, was := &k.link.start, &k.start
	if !was.done || is.sum != was.sum {
		return false
	}
	if k.list {
		return true
	}
	at, ok := k.place(is.at)
	return dist(int64(int32(is.at-k.wanted)), 0) > maxBack && (!ok || dist(int64(int32(at-was.at)), 0) <= maxBack)
}

// follow tells whether frame t, with those before it, shows where the stream is.
func (k *catchUp) follow(s *seen, t *Tag, c *Class, sum uint64, first bool) bool {
	l, n := &k.link, lane(t.Type)
	if l.odd && weighs(*t, c) && s.isAt(sum, t.Timestamp-k.origin) {
		l.run = 0
	}
	if l.run > 0 {
		at, known := s.match(sum, t.Timestamp+l.lanes[n].shift)
		past := l.lanes[n].past
		if !past && known {
			l.lanes[n].shift = at - t.Timestamp
			return k.take(s, t, c, sum)
		}
		if l.heavy && (!l.odd || l.sole >= minRun) && (l.seen || !k.shown) && (past || k.isBehind(n, at)) {
			l.taken = false
			return true // the recording ended with those
		}
		l.run = 0
	}
	at, placed, ok := k.guess(s, t.Timestamp, sum, first)
	if !ok {
		return false
	}
	l.placed, l.odd = placed, !placed && k.isOdd(t.Timestamp, at)
	l.sole, l.heavy, l.seen = 0, false, false
	l.lanes = [2]catchLane{{shift: at - t.Timestamp}, {shift: at - t.Timestamp}}
	return k.take(s, t, c, sum)
}

// match returns where a frame is that is due at a place. If it is like no other it
// may be a little elsewhere: servers lose frames, and the time that they lasted.
func (s *seen) match(sum uint64, due uint32) (at uint32, ok bool) {
	if s.isAt(sum, due) {
		return due, true
	}
	if at, n := s.lookup(sum); n == 1 && dist(int64(int32(at-due)), 0) <= maxBack {
		return at, true
	}
	return due, false
}

// isBehind tells whether a place is a little behind the lane's last frame.
func (k *catchUp) isBehind(lane int, at uint32) bool {
	return (!k.has[lane] || after(at, k.end[lane])) && !after(at, k.last+maxStep)
}

// isOdd tells whether timestamps that seem to be the stream's say that a frame is
// elsewhere. Then it takes more to believe that: what is sent while nothing happens
// comes over and over again.
func (k *catchUp) isOdd(ts, at uint32) bool {
	p, ok := k.place(ts)
	d := dist(int64(int32(p-at)), 0)
	return ok && d > maxBack && d <= maxHole
}

// guess returns where a frame may be that is the first of a row. One that is at a
// place where it should be is no guess; others must be like no other.
func (k *catchUp) guess(s *seen, ts uint32, sum uint64, first bool) (at uint32, placed, ok bool) {
	l := &k.link
	if l.anew {
		due := ts + l.fromNew
		if at, ok = s.near(sum, due); ok {
			return at, true, true
		}
		if at, ok = s.match(sum, due); ok || !after(due, k.last) {
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
	k.reach(s, n, t.Timestamp+l.lanes[n].shift, sum)
	l.run++
	l.taken = true
	l.seen = l.seen || n == 1
	l.headersLast[n] = false
	if _, like := s.lookup(sum); l.placed || like == 1 {
		l.sole++
		l.heavy = l.heavy || weighs(*t, c)
	}
	need := minSmall
	if l.heavy && !l.odd {
		need = minRun
	}
	return l.sole >= min(need, s.count, seenTags) && (l.seen || !k.shown)
}

// place returns where in the recording a timestamp is, if the timestamps are the
// stream's.
func (k *catchUp) place(ts uint32) (at uint32, ok bool) {
	l := &k.link
	if l.anew {
		return ts + l.fromNew, true
	}
	return ts - k.origin, areOfStream(l.first, k.wanted) || areOfStream(l.first, k.origin+k.asked)
}

// over tells whether it has been waited for long enough, and frame t can be the
// next.
func (k *catchUp) over(t *Tag, c *Class) bool {
	l := &k.link
	if l.media < k.strange || k.shown && !c.Key && l.media < 2*k.strange {
		return false
	}
	at, ok := k.place(t.Timestamp)
	return !ok || after(at, k.last)
}
