package flvout

// join goes on where frame t belongs. Of what it needs nothing has to be waited
// for, since it is recorded.
func (s *Splicer) join(t *Tag) {
	k := &s.catch
	k.found = true
	l := &k.link
	l.begin = l.lanes[lane(t.Type)].shift
	for n := range l.lanes {
		l.lanes[n].last = t.Timestamp
	}
	s.line.align(t.Type, t.Timestamp, t.Timestamp+l.begin)
	s.gate.waiting, s.gate.trim, s.gate.hasVideo = false, false, k.shown
	for n := range k.has {
		if !l.headersLast[n] {
			s.reopen(n)
		}
	}
}

// reopen tells that the newest header of a lane is older than the recording's end.
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

// isRecorded tells whether a frame is left out, since the recording has it: in each
// lane those up to the very one that came last. Where that does not come, as servers
// lose frames, time tells.
func (s *Splicer) isRecorded(t *Tag, sum uint64) bool {
	k, n := &s.catch, lane(t.Type)
	l := &k.link
	due := s.follow(t, sum)
	if k.has[n] && !l.lanes[n].past {
		last := k.reach(s.seen, n, due, sum)
		if last || !after(due, k.end[n]) {
			l.tags++
			s.reopen(n)
			return true
		}
		l.lanes[n].past = true
	}
	if !l.goesOn {
		l.goesOn = true
		if shift := l.lanes[n].shift; shift != l.begin && !s.line.jumped {
			s.line.align(t.Type, t.Timestamp, due) // the seam is here, not where the place was found
		}
	}
	ended := true
	for i := range l.lanes {
		ended = ended && l.lanes[i].past == k.has[i]
	}
	if ended || after(due, k.last+maxCaughtUp) {
		s.endCatchUp()
	}
	return false
}

// follow returns where in the recording a frame belongs. It goes with what servers
// lose, and with the source's clock where that jumps in what is recorded.
func (s *Splicer) follow(t *Tag, sum uint64) uint32 {
	k, n := &s.catch, lane(t.Type)
	me, other := &k.link.lanes[n], &k.link.lanes[1-n]
	before := me.last
	d := int32(t.Timestamp - before)
	me.last = t.Timestamp
	if me.past {
		return t.Timestamp + me.shift
	}
	me.astray = me.astray || d < -maxBack || d > maxStep
	at, known := s.seen.match(sum, t.Timestamp+me.shift)
	if known {
		me.astray = false
	}
	if !me.astray {
		me.shift = at - t.Timestamp
		return at
	}
	if place, alike := s.seen.lookup(sum); alike == 1 {
		me.astray, me.any = false, false
		me.shift, at = place-t.Timestamp, place
		if dist(int64(int32(me.shift-other.shift)), 0) > maxBack {
			s.line.alignBeside(t.Type, t.Timestamp, at, other.last, other.last+other.shift)
		} else {
			s.line.tracks[n].clock = s.line.tracks[1-n].clock
		}
	}
	return at
}

// maxCaughtUp is how far beyond the recording's end a stream has to be for the
// other track to have got there too, in ms.
const maxCaughtUp = 10_000

// reach notes a frame that is due at a place of the recording. It tells whether it is
// the lane's last there.
func (k *catchUp) reach(s *seen, lane int, due uint32, sum uint64) (last bool) {
	me := &k.link.lanes[lane]
	if !me.any || after(due, me.top) {
		me.any, me.top = true, due
	}
	if last = k.isLast(s, lane, due, sum); last {
		me.met++
		me.past = me.met == k.like[lane]
	}
	return last
}

// isLast tells whether a frame that is due at a place is the lane's last in the
// recording.
func (k *catchUp) isLast(s *seen, lane int, due uint32, sum uint64) bool {
	last := &k.newest[lane]
	if sum != last.sum {
		return false
	}
	for _, at := range [...]uint32{due, k.link.lanes[lane].top} { // where it was raised to
		if dist(int64(int32(at-last.at)), 0) <= nearby {
			return true
		}
	}
	_, n := s.lookup(sum)
	return n == 1 && dist(int64(int32(due-last.at)), 0) <= maxStep
}

// giveUp lets the recording go on with frame t, at its place if that is known, or else
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
	s.tell(SpliceEvent{Kind: PlaceLost, Type: t.Type, To: t.Timestamp, Tags: k.tags + k.link.tags})
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
	e := SpliceEvent{Kind: PlaceLost, Type: typeOf(1), To: l.first, Tags: k.tags + l.tags}
	if k.found || l.anew || l.tags == 0 || l.run > 0 {
		e.Kind = RepeatDropped
		s.fixed.Repeats += e.Tags
	}
	if k.found {
		e.Gap = ms(int64(int32(k.last - l.first - l.begin)))
	}
	s.catch = catchUp{}
	if e.Tags > 0 {
		s.tell(e)
	}
}
