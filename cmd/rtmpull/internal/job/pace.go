package job

import "time"

// What is no course of time any more.
const (
	maxForward = 10_000 // ms that the stream may be ahead of its newest frame
	maxBack    = 1000   // ms that a track may run back
)

// A pacer says when frames are due, by their timestamps, at so many times the
// speed of the clock. It has no clock: it is told the time.
//
// Time runs from the newest frame of any track: one that lies before it is due
// at once. A jump, forward of the stream or back of a track, takes no time. What
// is left over of the other track then, from before the jump, is due at once and
// moves nothing.
// Timestamps are compared as in package flvout: by signed differences.
type pacer struct {
	speed float64 // 0: all is due at once

	begun  bool
	newest uint32    // timestamp
	anchor time.Time // when pos 0 was due
	pos    int64     // ms of newest since then
	before int64     // ms until then
	left   uint32    // the newest when a track jumped back
	tracks [2]line
}

// A line is the course of a track's timestamps.
type line struct {
	begun bool
	last  uint32
	stale bool // the other track has jumped back, and this one is yet to
}

// due returns when the frame with timestamp ts is to be sent, and by how many
// ms time has jumped with it.
func (p *pacer) due(video bool, ts uint32, now time.Time) (at time.Time, jump int64) {
	t := &p.tracks[track(video)]
	var (
		ahead = int64(int32(ts - p.newest)) // of the stream
		step  = int64(int32(ts - t.last))   // of the track
		first = !t.begun
	)
	t.begun, t.last = true, ts
	t.stale = t.stale && p.leftOver(ts, step)
	switch {
	case !p.begun:
		p.begin(ts, now)
	case t.stale:
		return now, 0
	case ahead < -maxBack && !first && step < -maxBack:
		jump, p.left = ahead, p.newest
		other := &p.tracks[track(!video)]
		other.stale = other.begun
		p.begin(ts, now)
	case ahead > maxForward:
		jump = ahead
		p.begin(ts, now)
	case ahead > 0:
		p.newest = ts
		p.pos += ahead
	}
	if p.speed == 0 {
		return now, jump
	}
	pos := float64(p.pos + min(0, int64(int32(ts-p.newest))))
	return p.anchor.Add(time.Duration(pos / p.speed * float64(time.Millisecond))), jump
}

// leftOver tells whether a track that has come to ts by a step goes on where the
// stream was before the other one jumped back. Some time after that it is taken
// for a track whose course is another.
func (p *pacer) leftOver(ts uint32, step int64) bool {
	beyond := int64(int32(ts - p.left))
	return step >= -maxBack && beyond <= maxForward && max(beyond, -beyond) < int64(int32(ts-p.newest))
}

func (p *pacer) begin(ts uint32, now time.Time) {
	p.before += p.pos
	p.begun, p.newest, p.anchor, p.pos = true, ts, now, 0
}

// skip passes over what lies between the newest frame and the time ts. It is
// neither media nor a jump: its time has gone by.
func (p *pacer) skip(ts uint32) {
	step := int64(int32(ts - p.newest))
	if !p.begun || step <= 0 {
		return
	}
	p.newest = ts
	for i := range p.tracks {
		p.tracks[i].last = ts
	}
	if p.speed > 0 {
		p.anchor = p.anchor.Add(time.Duration(float64(step) / p.speed * float64(time.Millisecond)))
	}
}

// reset lets time begin anew with the next frame, which is due at once.
func (p *pacer) reset() {
	p.begun = false
	p.tracks = [2]line{}
}

// media is how much of the stream lies between the first frame and the newest.
// Jumps do not count, nor does what was passed over before a reset.
func (p *pacer) media() time.Duration {
	return time.Duration(p.before+p.pos) * time.Millisecond
}
