package flvout

import "time"

// How long a frame lasts as long as there is but one, in ms.
const (
	loneAudio = 23 // 1024 samples at 44.1 kHz
	loneVideo = loneFrame
)

// maxCache is how far a server may go back for those who come late, ms: to the last
// key frame, and that is up to ten seconds away.
const maxCache = 10_000

// maxSooner is how much sooner a stream may come by a new connection, ms. If it were
// more it is another clock: that of another encoder for the same programme.
const maxSooner = 1000

// frame returns how long a frame of the track lasts.
func (l *timeline) frame(track int) int64 {
	if track == 0 {
		return l.tracks[0].steps.frame(loneAudio)
	}
	return l.tracks[1].steps.frame(loneVideo)
}

// mend decides on a tag that does not fit: a hole, which stays, or a jump of the
// clock, after which the tag follows on what its track had last. It tells whether
// the tag is by the same clock as before.
func (l *timeline) mend(p *place) (same bool) {
	if l.rejoin {
		l.join(p)
		return false
	}
	ref := l.before(p.track)
	if c := &l.clocks[p.clock]; c.mayWrap(p.ts) && l.judge && l.real(p.pos+wrap24-ref.out, ref) {
		l.wrap(p)
	}
	d := p.pos - ref.out
	if d > 0 && d <= 4*l.frame(p.track) {
		return true // its frames are that rare
	}
	if hasty := d > 0 && d <= maxStep; hasty || !l.real(d, ref) {
		l.fixed.Jumps++
		l.tell(ClockJumped, p, d)
		l.jump(p)
		if hasty { // and perhaps nothing came for a part of it
			p.pos = max(p.pos, ref.out+min(d, l.now-ref.arrived))
		} else {
			l.lull(p)
		}
		return false
	}
	l.fixed.Gaps++
	l.fixed.Missing += ms(d)
	if d <= maxHole {
		l.tell(GapKept, p, d)
		return true
	}
	l.tell(GapCut, p, d)
	l.jump(p)
	l.leaked = 0 // it is not late by that
	return false
}

// jump begins another clock with the tag. The other track may still go by the
// old one.
func (l *timeline) jump(p *place) {
	t, o := &l.tracks[p.track], &l.tracks[1-p.track]
	slot := 1 - t.clock
	if o.any {
		slot = 1 - o.clock
	}
	l.alone = retreat{t.any && o.any && o.clock == t.clock && p.pos < t.out && p.pos >= t.out-maxBack, p.track, t.out}
	narrow := l.clocks[p.clock].narrow
	p.pos, p.clock = l.next(p.track), slot
	l.clocks[slot] = clock{ok: true, narrow: narrow}
	l.jumped = true
}

// maxLull is for how long nothing may come of a stream that goes on, ms: some servers
// send in bursts.
const maxLull = 1000

// lull tells of the time for which nothing came before the clock jumped, as when the
// server has a new publisher. The clock does not tell how long that was.
func (l *timeline) lull(p *place) {
	silence := l.now - l.heard
	if !l.judge || silence <= maxLull || silence <= 4*l.frame(p.track) {
		return
	}
	silence -= l.frame(p.track)
	l.fixed.Gaps++
	l.fixed.Missing += ms(silence)
	l.tell(GapCut, p, silence)
}

// A retreat is a step back by less than maxBack that only one of two tracks has
// made so far. If the other does not, the clock was not set: the sender put the
// track where it belongs.
type retreat struct {
	ok    bool
	track int
	at    int64 // ms
}

// settle takes a step back of one track for what it is, if the other has gone on
// without.
func (l *timeline) settle() {
	t, o := &l.tracks[l.alone.track], &l.tracks[1-l.alone.track]
	switch {
	case t.clock == o.clock:
		l.alone = retreat{}
	case o.out-l.alone.at > sideBySide:
		pos := l.clocks[o.clock].at(t.last)
		l.fixed.Jumps++
		l.tell(ClockJumped, &place{track: l.alone.track, ts: t.last}, t.pos-pos)
		t.clock, t.pos, t.low = o.clock, pos, min(t.low, pos-maxPast)
		l.jumped, l.alone = false, retreat{}
	}
}

// next is where a track goes on without a seam. It does not begin before the
// other track has ended: there the other half of the same moment will follow.
func (l *timeline) next(track int) int64 {
	t, o := &l.tracks[track], &l.tracks[1-track]
	if !t.any {
		return o.end()
	}
	return max(t.end()+l.frame(track), o.end())
}

// covered returns up to where there is a frame of any track.
func (l *timeline) covered() (end int64) {
	for n := range l.tracks {
		if t := &l.tracks[n]; t.any {
			end = max(end, t.out+l.frame(n))
		}
	}
	return end
}

// end is where a track's last frame lies, or would, had those come that are shown
// before it: pictures that follow should not be shown among them.
func (t *trackLine) end() int64 {
	return max(t.out, min(t.shown-t.delay, t.out+maxBack))
}

// join decides where the first tag of a new connection belongs.
func (l *timeline) join(p *place) {
	goesOn := l.goesOn(p)
	l.rejoin, l.force = false, false
	c := l.clocks[p.clock]
	p.clock = 0
	if goesOn {
		lacks := p.pos - l.covered()
		if lacks < l.frame(p.track)/2 { // it is none: frames are not all of one length
			lacks = 0
		}
		l.tellRejoin(p, lacks, lacks)
	} else {
		silence := l.silence()
		if l.judge && l.leaked != 0 {
			l.fixed.Rejoins++
			l.openSeam(l.rejoined(p, 0, 0), silence)
		} else {
			l.tellRejoin(p, 0, silence)
		}
		p.pos = l.next(p.track)
		c = clock{narrow: c.narrow, ok: true}
	}
	l.only(c)
}

// goesOn tells whether the first tag of a new connection may be by the clock of the
// one before.
func (l *timeline) goesOn(p *place) bool {
	t, o := &l.tracks[p.track], &l.tracks[1-p.track]
	if !t.any && o.any {
		t, p.clock = o, o.clock
		p.pos = l.clocks[p.clock].at(p.ts)
	}
	d := p.pos - t.out
	if l.force || !l.clocks[p.clock].ok || d <= 0 || d > maxHole {
		return false
	}
	silence, late := l.silence(), max(0, l.heard-t.out-l.early)
	return !l.judge || d < silence+late+maxSooner && d > silence-maxCache-tolerance(d)
}

// silence is for how long nothing has come, if arrival is told.
func (l *timeline) silence() int64 {
	if !l.judge {
		return 0
	}
	return l.now - l.heard
}

// wrap moves a tag, and its clock for good, over 2^24.
func (l *timeline) wrap(p *place) {
	c := &l.clocks[p.clock]
	c.narrow = true
	p.pos = c.at(p.ts)
	l.fixed.Wraps++
	l.tell(ClockWrapped, p, 0)
}

// real tells whether nothing came for the time d, ms. A stream that lags, since
// the way to us was blocked, may leave out what it is behind.
func (l *timeline) real(d int64, ref *trackLine) bool {
	switch {
	case d <= 0:
		return false
	case !l.judge:
		return d <= maxHole
	}
	silence := l.now - ref.arrived
	late := max(0, ref.arrived-ref.out-l.early)
	return d > silence-tolerance(d) && d < silence+late+tolerance(d)
}

// tolerance is by how much silence and a hole of d may differ, ms.
func tolerance(d int64) int64 { return max(holeTolerance, d/5) }

// listen notes how late a tag at pos is. The least late one is what others are
// measured by; it may grow by 1 in 1000, for clocks differ.
func (l *timeline) listen(pos int64, stepped bool) {
	late := l.now - pos
	switch {
	case l.leaked == 0:
		l.early, l.leaked, l.since, l.ahead = late, max(pos, 1), l.now, 0
	case late < l.early:
		if stepped && l.now-l.since >= cached {
			l.ahead += l.early - late
		}
		l.early, l.leaked = late, max(pos, 1)
	case pos-l.leaked >= 1000:
		l.early++
		l.ahead = max(0, l.ahead-1)
		l.leaked = pos
	}
}

// hasty tells whether a frame that leaves some out is earlier than any before,
// and that by so much, or so often, that they do not lack: the clock was set.
func (l *timeline) hasty(track int, pos int64) bool {
	d := pos - l.newest().out
	return d > maxPast && l.judge && l.leaked != 0 && l.now-l.since >= cached &&
		pos-l.now+l.early+l.ahead > holeTolerance && d > 4*l.frame(track)
}

func (l *timeline) tell(kind SpliceKind, p *place, gap int64) {
	if l.event == nil {
		return
	}
	l.event(SpliceEvent{
		Kind: kind, Type: typeOf(p.track), At: ms(l.newest().out),
		From: l.before(p.track).last, To: p.ts, Gap: ms(gap),
	})
}

func (l *timeline) tellRejoin(p *place, gap, missing int64) {
	l.fixed.Rejoins++
	l.fixed.Missing += ms(missing)
	if l.event != nil {
		l.event(l.rejoined(p, gap, missing))
	}
}

func (l *timeline) rejoined(p *place, gap, missing int64) SpliceEvent {
	return SpliceEvent{
		Kind: Rejoined, Type: typeOf(p.track), At: ms(l.newest().out),
		From: l.newest().last, To: p.ts, Gap: ms(gap), Missing: ms(missing),
	}
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
