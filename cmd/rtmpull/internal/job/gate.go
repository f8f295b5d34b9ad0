package job

import (
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// A gate holds back what a server that has just been connected cannot use:
// video before a key frame of its track and, when a stream is resumed,
// everything before a key frame.
type gate struct {
	open  [4]uint64 // the video tracks that have had a key frame, by ID
	keys  bool      // there are key frames to wait for
	video uint32    // timestamp of the newest video frame

	resuming bool
	since    uint32  // timestamp of the first frame skipped this time
	now, all Skipped // this time, and the times before
}

// Skipped is what was passed over after a connection was lost: all that came
// before the key frame with which the next one began.
type Skipped struct {
	Frames int64
	Time   time.Duration // from the first of them to the frame after the last
}

// maxWithoutVideo is after how much audio a resumed stream does not wait for
// video any more: it may be over.
const maxWithoutVideo = 10_000 // ms

// shut lets video wait for a key frame.
func (g *gate) shut() { g.open = [4]uint64{} }

// resume lets everything wait for one.
func (g *gate) resume() {
	g.all = g.total()
	g.now, g.resuming = Skipped{}, true
	g.shut()
}

func (g *gate) total() Skipped {
	return Skipped{g.all.Frames + g.now.Frames, g.all.Time + g.now.Time}
}

// admit tells whether the current packet is to be sent. With the first frame
// after a resumption it begins to replay the headers.
func (f *feed) admit() bool {
	p, g := &f.cur, &f.gate
	known := p.class.Kind == flvout.KindFrame
	if !p.timed() || !known && g.keys { // where there are key frames, a stream goes on with those
		return !g.resuming
	}
	video := known && p.video()
	f.sendable = f.sendable || !video || p.class.Key
	if video {
		g.video = p.Timestamp
	}
	if g.resuming {
		if !g.resumes(p, video) {
			return false
		}
		f.state.replaying, f.state.header = true, 0
	}
	if video && !g.pass(&p.class) {
		f.leave(&f.left.Undecodable)
		return false
	}
	return true
}

// resumes tells whether a stream can go on with frame p, and counts it otherwise.
func (g *gate) resumes(p *packet, video bool) bool {
	if g.now.Frames > 0 {
		g.now.Time = time.Duration(max(0, int32(p.Timestamp-g.since))) * time.Millisecond
	}
	if p.class.Key || !video && (!g.keys || int32(p.Timestamp-g.video) > maxWithoutVideo) {
		g.resuming = false
		return true
	}
	if g.now.Frames == 0 {
		g.since = p.Timestamp
	}
	g.now.Frames++
	return false
}

// pass tells whether a video frame has a track that can be decoded.
func (g *gate) pass(c *flvout.Class) (ok bool) {
	if !c.Multitrack {
		if c.Key {
			g.open[0] |= 1
		}
		ok = g.open[0]&1 != 0
	} else {
		ok = g.passTracks(*c)
	}
	g.keys = g.keys || c.Key
	return ok
}

func (g *gate) passTracks(c flvout.Class) (ok bool) {
	for t := range c.Tracks() {
		word, bit := &g.open[t.ID/64], uint64(1)<<(t.ID%64)
		if c.Key {
			*word |= bit
		}
		ok = ok || *word&bit != 0
	}
	return ok
}
