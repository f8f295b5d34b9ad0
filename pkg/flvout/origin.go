package flvout

import "github.com/yutopp/go-flv/tag"

// An origin puts a file's 0 at its first tag, for audio and video alike. The zero
// origin puts it at the first timestamp that it maps.
//
// Jumps of the source are jumps of the file, but for those to before the
// beginning, which are held at 0.
type origin struct {
	unwrapper        // of the source's timestamps; perhaps before the beginning
	now       uint32 // what at returned last
	audio     lastOut
	video     lastOut
}

// lastOut is what at returned last for one track.
type lastOut struct {
	ts uint32
	ok bool
}

// begin puts 0 at the source's timestamp ts. Call it before at if the first
// tag is not the earliest.
func (l *origin) begin(ts uint32) { l.start(ts, 0) }

// at returns where a frame of the track, audio or video, lies in the file.
//
// Sequence headers, metadata and ends of sequences must not be mapped: OBS and
// others send them with timestamp 0 at any time. They belong at latest.
func (l *origin) at(track tag.TagType, ts uint32) uint32 {
	l.now = uint32(max(l.move(ts), 0))
	if out := l.track(track); out != nil {
		*out = lastOut{l.now, true}
	}
	return l.now
}

// latest returns where the track is: at its last frame, or at the file's last
// frame if it had none yet. It is never later than the track's next frame in a
// stream whose timestamps rise.
func (l *origin) latest(track tag.TagType) uint32 {
	if out := l.track(track); out != nil && out.ok {
		return out.ts
	}
	return l.now
}

func (l *origin) track(t tag.TagType) *lastOut {
	switch t & tagTypeMask {
	case tag.TagTypeAudio:
		return &l.audio
	case tag.TagTypeVideo:
		return &l.video
	}
	return nil
}
