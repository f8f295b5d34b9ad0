package flvout

import (
	"slices"
	"time"
)

// A Cut is why a row of files goes on in the next.
type Cut uint8

// The reasons for a cut. At CutNoKey the limit was passed by far and no key frame
// came: the next file begins without video.
const (
	CutEnd   Cut = iota // none: the recording is over
	CutTime             // the file is as long as it may be
	CutSize             // the next pictures would make it too large
	CutClock            // a moment that was asked for has come
	CutSplit            // Split was called
	CutAsked            // SplitAtKey was called
	CutNoKey
)

var cutNames = [...]string{"end", "time", "size", "clock", "split", "signal", "no_key_frame"}

// String gives the reason's name, as for programs.
func (c Cut) String() string {
	if int(c) < len(cutNames) {
		return cutNames[c]
	}
	return ""
}

const (
	// cutSlack is how far ahead of its time a key frame may lie to be the one
	// that was meant, in ms: timestamps are rounded.
	cutSlack = 20

	// longestGOP is how long a key frame is waited for, in ms, where one is needed.
	// Who asks for shorter files than the encoder can give loses no picture.
	longestGOP = 30_000

	// maxFileTime is how long a file may be, in ms. FLV's timestamps are signed,
	// and mpegts.js takes those from 2^31 on for negative ones.
	maxFileTime = 1<<31 - 60_000

	// maxTagStep is the longest step between timestamps that is media, in ms. Streams
	// that nobody mends jump.
	maxTagStep = 600_000

	// closing is what a file may still grow by when it is completed, in bytes:
	// tags that end a sequence.
	closing = 64

	recentGOPs = 8
)

// A cutter finds the places where a row of files is cut: before a key frame of
// the default video track, or before any frame if a file has no video. It has no
// clock.
type cutter struct {
	time  int64 // ms; 0: no limit
	size  int64 // bytes; 0: no limit
	align func(at time.Duration) time.Duration

	arrived time.Duration
	edge    time.Duration // when to cut by the clock
	split   bool          // cut before the next frame
	asked   bool          // cut as soon as can be
	askedAt int64         // ms

	lowest uint8 // track of video, the default one; 0 unless there is no such
	any    bool  // there was video

	unwrapper       // of the file's frames, from its first; not begun: there is none
	video     bool  // there is one of video, or was one to be dropped
	key       int64 // ms of the newest key frame

	gop  int64 // the file's size at its newest key frame
	gops [recentGOPs]int64
	next int // of gops
}

// A sizer is the file that is written to.
type sizer interface{ Size() int64 }

// due tells whether to cut before a frame, and why.
func (r *cutter) due(t Tag, c *Class, file sizer) (why Cut, cut bool) {
	if !r.begun {
		return 0, false
	}
	if r.split {
		return CutSplit, true
	}
	pos := r.at(t)
	if pos == 0 { // still the picture that it began with
		return 0, false
	}
	var grow, slack, size int64
	key := r.isDefaultKey(c)
	if !key && (r.video || c.video) {
		return CutNoKey, r.overdue(pos, file)
	}
	if r.size > 0 {
		size = file.Size()
		grow = int64(tagHeaderSize + len(t.Body) + trailerSize)
	}
	if key {
		grow = max(grow, slices.Max(r.gops[:]), size-r.gop)
		slack = cutSlack
	}
	switch {
	case r.asked:
		return CutAsked, true
	case r.time > 0 && pos+slack >= r.time && !r.nearEdge(), pos >= maxFileTime-longestGOP:
		return CutTime, true
	case r.size > 0 && size+grow+closing > r.size:
		return CutSize, true
	case r.align != nil && r.arrived >= r.edge:
		return CutClock, true
	}
	return 0, false
}

// nearEdge tells whether the clock asks for a cut so soon that one by time would
// leave next to nothing in between, as with an hour by both.
func (r *cutter) nearEdge() bool {
	soon := time.Duration(min(r.time/10, longestGOP)) * time.Millisecond
	return r.align != nil && r.arrived < r.edge && r.edge-r.arrived <= soon
}

// overdue tells whether a limit is passed by as much again, and no key frame to be
// seen.
func (r *cutter) overdue(pos int64, file sizer) bool {
	switch {
	case pos >= maxFileTime:
		return true
	case pos-r.key < longestGOP:
		return false
	}
	return r.asked && pos-r.askedAt >= longestGOP ||
		r.time > 0 && pos >= 2*r.time ||
		r.size > 0 && file.Size() >= 2*r.size ||
		r.align != nil && r.arrived >= r.edge+longestGOP*time.Millisecond
}

// isDefaultKey tells whether a picture can begin a file: of further tracks a
// player need not know.
func (r *cutter) isDefaultKey(c *Class) bool {
	if !c.Key || !c.Multitrack {
		return c.Key
	}
	for t := range c.Tracks() {
		if t.ID <= r.lowest || !r.any {
			return true
		}
	}
	return false
}

// ask cuts the file, if it has a frame, where it can be.
func (r *cutter) ask() {
	if r.begun && !r.asked {
		r.asked, r.askedAt = true, r.pos
	}
}

// took notes a frame that is about to go to the file.
func (r *cutter) took(t Tag, c *Class, file sizer) {
	if !r.begun {
		r.begin(t.Timestamp, file)
	}
	r.pos, r.last = r.at(t), t.Timestamp
	r.video = r.video || c.video
	if c.Key {
		r.seen(c)
	}
	if r.isDefaultKey(c) {
		r.key = r.pos
		r.measure(file)
	}
}

// seen notes the tracks of a key frame.
func (r *cutter) seen(c *Class) {
	for t := range c.Tracks() {
		if t.ID < r.lowest || !r.any {
			r.lowest, r.any = t.ID, true
		}
	}
}

func (r *cutter) begin(ts uint32, file sizer) {
	r.start(ts, 0)
	r.key = 0
	r.gop = file.Size()
	if r.align != nil {
		r.edge = r.align(r.arrived)
	}
}

// measure ends a group of pictures.
func (r *cutter) measure(file sizer) {
	if r.size == 0 {
		return
	}
	size := file.Size()
	r.gops[r.next] = size - r.gop
	r.next = (r.next + 1) % recentGOPs
	r.gop = size
}

// cut ends the file before a frame, and returns how long it was, in ms.
func (r *cutter) cut(t Tag, file sizer) int64 {
	r.measure(file)
	r.begun, r.video, r.split, r.asked = false, false, false, false
	return r.at(t)
}

// at is where a frame lies in the file, in ms.
func (r *cutter) at(t Tag) int64 {
	step := r.step(t.Timestamp)
	if max(step, -step) > maxTagStep {
		step = 0
	}
	return r.pos + step
}
