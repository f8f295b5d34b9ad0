package flvout

// A place is where a tag belongs.
type place struct {
	track, clock int
	ts           uint32
	pos          int64
	cts          int32 // ms, by how much later it is shown
	key          bool
	fits         bool // it is no further from the tags before than is ordinary
	wraps        bool // if the clock counts to 2^24 only
}

// place looks where a tag belongs, and changes nothing.
func (l *timeline) place(track int, ts uint32) place {
	t := &l.tracks[track]
	pos := l.clocks[t.clock].at(ts)
	if !l.jumped && t.any && !l.rejoin && pos >= t.low &&
		(pos <= t.out+maxPast || pos <= t.out+maxStep && !l.hasty(track, pos)) {
		return place{track: track, clock: t.clock, ts: ts, pos: pos, fits: true}
	}
	return l.search(track, ts)
}

// search is place when the track's clock may not be the one, or does not fit.
func (l *timeline) search(track int, ts uint32) place {
	t, o := &l.tracks[track], &l.tracks[1-track]
	own := place{track: track, clock: t.clock, ts: ts, pos: l.clocks[t.clock].at(ts)}
	switch {
	case l.rejoin:
		return own
	case !t.any && !o.any: // the first of all
		own.fits = true
		return own
	case !t.any:
		own.clock = o.clock
		own.pos = l.clocks[o.clock].at(ts)
	}
	want := l.before(track).out
	best := own
	for _, i := range [...]int{own.clock, 1 - own.clock} {
		c := &l.clocks[i]
		if !c.ok || i != own.clock && !l.jumped && (best.fits || i != o.clock) {
			continue
		}
		for _, wraps := range [...]bool{false, true} {
			p := place{track: track, clock: i, ts: ts, pos: c.at(ts), wraps: wraps}
			if wraps {
				if !c.mayWrap(ts) {
					continue
				}
				p.pos += wrap24
			}
			p.fits = l.fits(&p)
			if p.fits && (!best.fits || dist(p.pos, want) < dist(best.pos, want)) {
				best = p
			}
		}
	}
	return best
}

// fits tells whether a place is near what its own track had last, or what the
// other had: a track may be silent for a while. How far a track lags from the
// beginning is its own affair.
func (l *timeline) fits(p *place) bool {
	t, o := &l.tracks[p.track], &l.tracks[1-p.track]
	if !t.any {
		return dist(p.pos, o.out) <= maxStep
	}
	return p.pos >= t.low && !l.hasty(p.track, p.pos) &&
		(p.pos <= t.out+maxStep || o.any && p.pos >= o.out-sideBySide && p.pos <= o.out+maxStep)
}

// before returns the track that tells where a tag is to be expected: its own, or
// the other if that is far ahead.
func (l *timeline) before(track int) *trackLine {
	t, o := &l.tracks[track], &l.tracks[1-track]
	if t.any && (!o.any || o.out-t.out < sideBySide) {
		return t
	}
	return o
}

func (l *timeline) newest() *trackLine {
	if l.tracks[0].out > l.tracks[1].out {
		return &l.tracks[0]
	}
	return &l.tracks[1]
}
