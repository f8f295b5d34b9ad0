package flvout

import "github.com/yutopp/go-flv/tag"

// A Timeline turns a stream's timestamps into a file's: from 0, audio and video
// by the same amount. The zero Timeline puts 0 at the first timestamp that it
// maps. It belongs to one goroutine.
//
// It is moved by differences alone, as signed 32-bit numbers, and so passes
// 2^32 ms (49.7 days) without noticing. Jumps of the source are jumps of the
// file, but for those to before the beginning, which are held at 0.
type Timeline struct {
	begun bool
	last  uint32 // the source's timestamp mapped last
	pos   int64  // where that lies, perhaps before the beginning
	now   uint32 // what Map returned last
	audio lastOut
	video lastOut
}

// lastOut is what Map returned last for one track.
type lastOut struct {
	ts uint32
	ok bool
}

// Begin puts 0 at the source's timestamp ts. Call it before Map if the first
// tag is not the earliest.
func (l *Timeline) Begin(ts uint32) {
	l.begun, l.last, l.pos = true, ts, 0
}

// Map returns where a frame of the track, audio or video, lies in the file.
//
// Sequence headers, metadata and ends of sequences must not be mapped: OBS and
// others send them with timestamp 0 at any time. They belong at Now.
func (l *Timeline) Map(track tag.TagType, ts uint32) uint32 {
	if !l.begun {
		l.Begin(ts)
	}
	l.pos += int64(int32(ts - l.last))
	l.last = ts
	l.now = uint32(max(l.pos, 0))
	if out := l.track(track); out != nil {
		*out = lastOut{l.now, true}
	}
	return l.now
}

// Now returns where the track is: at its last frame, or at the file's last
// frame if it had none yet. It is never later than the track's next frame in a
// stream whose timestamps rise.
func (l *Timeline) Now(track tag.TagType) uint32 {
	if out := l.track(track); out != nil && out.ok {
		return out.ts
	}
	return l.now
}

func (l *Timeline) track(t tag.TagType) *lastOut {
	switch t & tagTypeMask {
	case tag.TagTypeAudio:
		return &l.audio
	case tag.TagTypeVideo:
		return &l.video
	}
	return nil
}
