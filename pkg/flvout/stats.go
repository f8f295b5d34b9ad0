package flvout

import (
	"time"

	"github.com/yutopp/go-flv/tag"
)

// Stats counts what an output took. Tags that are held for the opening are
// counted when they are written; tags that a failed write lost are not counted.
type Stats struct {
	Audio     int64 // tags, sequence headers among them
	Video     int64
	Frames    int64 // of video, sequence headers not among them
	KeyFrames int64
	Bytes     int64 // of audio and video bodies
	Dropped   Dropped
}

// Dropped counts the tags that were not written, by reason.
type Dropped struct {
	Empty     int64 // audio or video without a body: RTMP's word for silence
	Command   int64 // seek commands in video messages
	Malformed int64 // shorter than their own header
	TooLarge  int64 // bodies that a tag's 24-bit size cannot tell
	Script    int64 // script data but for the first onMetaData
	Other     int64 // neither audio, video nor script data
	NoKey     int64 // video of a file that had to begin without a key frame
}

// Total returns the number of tags that were not written.
func (d Dropped) Total() int64 {
	return d.Empty + d.Command + d.Malformed + d.TooLarge + d.Script + d.Other + d.NoKey
}

// plus adds up the counters of two files.
func (s Stats) plus(o Stats) Stats {
	s.Audio += o.Audio
	s.Video += o.Video
	s.Frames += o.Frames
	s.KeyFrames += o.KeyFrames
	s.Bytes += o.Bytes
	d := &s.Dropped
	d.Empty += o.Dropped.Empty
	d.Command += o.Dropped.Command
	d.Malformed += o.Dropped.Malformed
	d.TooLarge += o.Dropped.TooLarge
	d.Script += o.Dropped.Script
	d.Other += o.Dropped.Other
	d.NoKey += o.Dropped.NoKey
	return s
}

// A tally sums up the tags in a file. It is a value, so that a copy of it can
// be taken back to when a write fails.
type tally struct {
	audio, video trackTally
	keys, bytes  int64
}

// A trackTally sums up the tags of the audio or the video.
type trackTally struct {
	tags        int64
	frames      int64  // those of them that are frames; 0: the rest is not set
	first, last uint32 // timestamps of frames
	top         uint32 // the highest of them
	step, prev  uint32 // the two newest distances between frames; 0 is none
}

// add counts a tag that has its timestamp in the file already.
func (s *tally) add(t Tag, c *Class) {
	var track *trackTally
	switch t.Type & tagTypeMask {
	case tag.TagTypeAudio:
		track = &s.audio
	case tag.TagTypeVideo:
		track = &s.video
	default:
		return
	}
	s.bytes += int64(len(t.Body))
	track.tags++
	if c.Key {
		s.keys++
	}
	if c.movesClock() {
		track.frame(t.Timestamp)
	}
}

func (t *trackTally) frame(ts uint32) {
	if t.frames == 0 {
		t.first, t.top = ts, ts
	} else if d := int32(ts - t.last); d > 0 {
		t.step, t.prev = uint32(d), t.step
	}
	t.frames++
	t.last = ts
	t.top = max(t.top, ts)
}

// loneFrame is how long a frame lasts that is the only one, in ms: FLV does not
// say, and 25 frames a second are most likely.
const loneFrame = 40

// end returns when the track's last frame is over. It lasts as long as the one
// before, or the one before that, so that a gap just ahead of the last frame is
// not taken for its length.
func (t *trackTally) end() uint32 {
	step := t.step
	if step == 0 {
		step = loneFrame
	}
	if t.prev != 0 {
		step = min(step, t.prev)
	}
	return t.top + step
}

// duration is from the first frame of any track to the end of the last.
func (s *tally) duration() time.Duration {
	var first, end uint32
	switch a, v := &s.audio, &s.video; {
	case a.frames > 0 && v.frames > 0:
		first, end = min(a.first, v.first), max(a.end(), v.end())
	case a.frames > 0:
		first, end = a.first, a.end()
	case v.frames > 0:
		first, end = v.first, v.end()
	}
	return time.Duration(end-first) * time.Millisecond
}

// media tells whether there is a tag of audio or video.
func (s *tally) media() bool { return s.audio.tags+s.video.tags > 0 }
