package flvout

import (
	"time"

	"github.com/yutopp/go-flv/tag"
)

// How far a timestamp may be from the one before. What is below is the
// stream's own affair and stays as it is: variable frame rates, slide shows,
// frames a little out of order.
const (
	maxBack = 1000           // ms, to the past
	maxPast = 100            // ms, of which behind where reordered frames may be
	maxStep = 5000           // ms, to the future
	maxHole = 10 * 60 * 1000 // ms; what stays out for longer is no hole but a new part

	// sideBySide is how long after a jump of the clock tags of before it are still
	// expected: audio and video do not jump at the same tag.
	sideBySide = 2000 // ms

	// cached is how long a connection may bring what the server has kept, which
	// comes as fast as it can.
	cached = 2000 // ms

	// A hole is real if its length is that of the silence on the wire, but for
	// this: servers send in bursts.
	holeTolerance = 2000 // ms, or a fifth of the hole if that is more
)

// A timeline makes one time line, which begins at 0, never goes back within a
// track and does not jump, out of what a server sends. Audio and video share it,
// and keep their distance.
//
// It goes by differences, as signed 32-bit numbers, and so does not notice 2^31
// and 2^32 ms (24.9 and 49.7 days); its own timestamps pass 2^32 in the same way.
// A difference out of the ordinary is either a hole in the stream, which stays,
// or a jump of the source's clock, which is taken out. The time of arrival tells
// them apart: in a hole nothing arrives.
//
// It is ready when it has a place to count in. It belongs to one goroutine.
type timeline struct {
	raw   bool              // timestamps are left as they are
	event func(SpliceEvent) // is told of every jump and hole; nil: nobody is
	fixed *Corrections      // where what is mended is counted

	begun  bool
	rejoin bool    // the next tag is of another connection
	force  bool    // and whatever its clock says it follows on
	jumped bool    // both clocks are in use
	alone  retreat // in hand
	seam   seam

	clocks [2]clock
	tracks [2]trackLine

	judge  bool  // arrival is told
	now    int64 // ms, arrival
	heard  int64 // ms, arrival of the tag mapped last
	early  int64 // arrival less position, ms, of the tag that was least late
	leaked int64 // ms, the position up to which early has been let grow
	since  int64 // ms, arrival of the first tag by which early is measured
	ahead  int64 // ms, of early that steps have taken off
}

// A trackLine is where the audio or the video is.
type trackLine struct {
	any     bool
	clock   int    // that its last tag went by
	last    uint32 // source's timestamp
	pos     int64  // ms, by the clock
	out     int64  // ms, as it was given out: not earlier than any before
	low     int64  // ms, from here on a frame is not too early
	shown   int64  // ms, when the latest picture is shown
	delay   int64  // ms, by how much the newest key frame is shown later
	arrived int64  // ms
	steps   steps
}

// begin puts 0 at the source's timestamp ts. Without it, 0 is at the first tag.
func (l *timeline) begin(ts uint32) {
	l.begun = true
	l.clocks = [2]clock{{last: ts, ok: true}}
}

// resume puts the last frame of a track of a recording that goes on at out, ms.
// The next tag follows on it, as behind a reconnect.
func (l *timeline) resume(track tag.TagType, out uint32) {
	t := &l.tracks[lane(track)]
	pos := int64(out)
	if l.begun {
		pos = l.unwrapped(out)
	}
	if t.any {
		t.steps.add(pos - t.pos)
	}
	t.any, t.pos, t.out = true, pos, max(t.out, pos)
	t.low = t.out - maxPast
	l.begun, l.rejoin, l.force = true, true, true
}

// arrived is Splicer.Arrived.
func (l *timeline) arrived(at time.Duration) {
	l.judge = true
	l.now = max(l.now, at.Milliseconds())
}

// reconnect tells that what comes next is from a new connection. If the source's
// clock went on meanwhile there will be a hole; otherwise it follows on.
func (l *timeline) reconnect() {
	l.closeSeam()
	l.rejoin = l.begun
}

// align puts the source's timestamp ts at out, ms, where the very tag of the
// track is already. What comes next goes on from there.
func (l *timeline) align(track tag.TagType, ts, out uint32) {
	n := lane(track)
	l.only(clock{last: ts, pos: l.unwrapped(out), narrow: l.clocks[l.tracks[n].clock].narrow, ok: true})
	l.seam.silence = 0 // nothing was missed
	if l.rejoin {
		l.rejoin, l.force = false, false
		l.tellRejoin(&place{track: n, ts: ts}, 0, 0)
	}
}

// alignBeside is align where the clock has jumped, from where it was behind the
// timestamp before, which is at was. Other tags may still go by that.
func (l *timeline) alignBeside(track tag.TagType, ts, out, before, was uint32) {
	n := lane(track)
	old := l.tracks[1-n].clock
	l.clocks[old].last, l.clocks[old].pos = before, l.unwrapped(was)
	l.clocks[1-old] = clock{last: ts, pos: l.unwrapped(out), narrow: l.clocks[old].narrow, ok: true}
	l.tracks[n].clock = 1 - old
	l.jumped, l.alone = true, retreat{}
}

// only makes c the one clock.
func (l *timeline) only(c clock) {
	l.clocks = [2]clock{c}
	l.tracks[0].clock, l.tracks[1].clock = 0, 0
	l.jumped, l.alone = false, retreat{}
	l.leaked = 0
}

// latest returns where the newest frame of any track lies, ms.
func (l *timeline) latest() uint32 { return uint32(l.newest().out) }

// lane is the number of a track.
func lane(track tag.TagType) int {
	if track&tagTypeMask == tag.TagTypeAudio {
		return 0
	}
	return 1
}

// typeOf is the type of tags in a lane.
func typeOf(lane int) tag.TagType {
	if lane == 0 {
		return tag.TagTypeAudio
	}
	return tag.TagTypeVideo
}

// take puts a frame of audio or video where it belongs, and mends that. If out is
// later than its own clock says, since its track is there already, shift is by how
// much, in ms: by that its composition time has to be smaller.
//
// Sequence headers, metadata and ends of sequences are not to be taken: many
// servers send them with timestamp 0.
func (l *timeline) take(p place) (out, shift uint32) {
	if l.raw {
		t := &l.tracks[p.track]
		t.any, t.out, l.begun = true, int64(p.ts), true
		t.last = p.ts
		return p.ts, 0
	}
	if !l.begun {
		l.begin(p.ts)
		p.pos = 0
	}
	t := &l.tracks[p.track]
	same := p.fits
	switch {
	case !p.fits:
		same = l.mend(&p)
	case p.wraps:
		l.wrap(&p)
	}
	if same && t.any {
		t.steps.add(p.pos - t.pos)
	}
	stepped := p.pos > l.newest().out+maxPast
	c := &l.clocks[p.clock]
	c.last, c.pos = p.ts, p.pos
	c.narrow = c.narrow && p.ts < wrap24
	at := p.pos
	if at < t.out {
		at = t.out
		l.fixed.Raised++
	}
	switch {
	case !t.any:
		t.low = at - maxPast
	case at > t.out:
		// Timestamps of presentation go back, but not behind the picture that was
		// the latest before the one that is it now.
		t.low = max(t.out-maxPast, at-maxBack)
	}
	t.any, t.clock, t.last, t.pos, t.out, t.arrived = true, p.clock, p.ts, p.pos, at, l.now
	if p.cts >= 0 && p.cts <= maxBack {
		t.shown = max(t.shown, p.pos+int64(p.cts))
		if p.key {
			t.delay = int64(p.cts)
		}
	}
	l.heard = l.now
	if l.judge {
		l.listen(p.pos, stepped)
	}
	if l.seam.open {
		l.crossSeam(p.pos)
	}
	if l.jumped && at-l.clocks[1-p.clock].pos > sideBySide {
		l.jumped, l.alone = false, retreat{}
	}
	if l.alone.ok {
		l.settle()
	}
	return uint32(at), uint32(at - p.pos)
}

// unwrapped returns the position near the newest that is given out as out.
func (l *timeline) unwrapped(out uint32) int64 {
	n := l.newest().out
	return n + int64(int32(out-uint32(n)))
}

func dist(a, b int64) int64 { return max(a-b, b-a) }
