package flvout

import (
	"time"

	"github.com/yutopp/go-flv/tag"
)

// A tally sums up the tags in a file. It is a value, so that a copy of it can
// be taken back to when a write fails.
type tally struct {
	audio, video trackTally
	keys         int64
	lastKey      IndexEntry // the newest key frame; see keys
	onKey        bool       // the newest frame of video is one
	sequence     sequence
}

// A trackTally sums up the tags of the audio or the video.
type trackTally struct {
	tags        int64
	bytes       int64  // of bodies
	frames      int64  // those of the tags that are frames; 0: the rest is not set
	first, last uint32 // timestamps of frames
	top         uint32 // the highest of them
	step, prev  uint32 // the two newest distances between frames; 0 is none
}

// add counts a tag that has its timestamp in the file already, and lies there at
// a position.
func (s *tally) add(t Tag, c *Class, at int64) {
	var track *trackTally
	switch t.Type & tagTypeMask {
	case tag.TagTypeAudio:
		track = &s.audio
	case tag.TagTypeVideo:
		track = &s.video
		s.sequence.add(t, c)
		if c.movesClock() {
			s.onKey = c.Key
		}
	default:
		return
	}
	track.bytes += int64(len(t.Body))
	track.tags++
	if c.Key {
		s.keys++
		s.lastKey = IndexEntry{t.Timestamp, at}
	}
	if c.movesClock() {
		track.frame(t.Timestamp)
	}
}

// size is how long the track's tags are in all, in bytes, trailers not counted.
func (t *trackTally) size() int64 { return t.bytes + t.tags*tagHeaderSize }

func (t *trackTally) frame(ts uint32) {
	if t.frames == 0 {
		t.first, t.top = ts, ts
	} else if d := int32(ts - t.last); d > 0 {
		t.step, t.prev = uint32(d), t.step
	}
	t.frames++
	t.last = ts
	t.top = later(t.top, ts)
}

// end returns when the track's last frame is over.
func (t *trackTally) end() uint32 {
	return t.top + uint32(lastStep(int64(t.step), int64(t.prev), 0))
}

// loneFrame is how long a frame lasts that is the only one, in ms: FLV does not
// say, and 25 frames a second are most likely.
const loneFrame = 40

// lastStep is how long a track's last frame lasts, in ms: as long as the one
// before, or, if that is longer than usual, the one before that, so that a gap
// just ahead of the last frame is not taken for its length. newest and before are
// the last distances between frames, 0 if there is none.
func lastStep(newest, before, usual int64) int64 {
	switch {
	case newest == 0:
		return loneFrame
	case newest > usual && before > 0:
		return min(newest, before)
	}
	return newest
}

// duration is from the first frame of any track to the end of the last.
func (s *tally) duration() time.Duration {
	var first, end uint32
	switch a, v := &s.audio, &s.video; {
	case a.frames > 0 && v.frames > 0:
		first, end = a.first+v.first-later(a.first, v.first), later(a.end(), v.end())
	case a.frames > 0:
		first, end = a.first, a.end()
	case v.frames > 0:
		first, end = v.first, v.end()
	}
	return time.Duration(end-first) * time.Millisecond
}

// later returns the later one of two timestamps, of which one may have begun anew
// after 2^32.
func later(a, b uint32) uint32 {
	if int32(a-b) > 0 {
		return a
	}
	return b
}

// media tells whether there is a tag of audio or video.
func (s *tally) media() bool { return s.audio.tags+s.video.tags > 0 }

// top is the highest timestamp of any frame.
func (s *tally) top() uint32 {
	return max(s.audio.top, s.video.top)
}

// stats are those of a file that has the tags.
func (s *tally) stats() Stats {
	return Stats{
		Audio:     s.audio.tags,
		Video:     s.video.tags,
		Frames:    s.video.frames,
		KeyFrames: s.keys,
		Bytes:     s.audio.bytes + s.video.bytes,
	}
}
