package message

// What FLV and Enhanced RTMP have in the first byte of audio and video, or in the
// second: what kind of packet it is.
const (
	exVideo      = 0x80 // of video: Enhanced RTMP, and the packet type in the low bits
	exAudio      = 9    // the sound format that says so
	videoCommand = 5    // the frame type of seek commands

	formatAAC  = 10
	codecAVC   = 7
	codecHEVC  = 12 // not of the specification, and wide-spread
	multiVideo = 6  // packet types of several tracks
	multiAudio = 5

	codedFrames  = 1 // packet types: those of AVC and AAC as well
	codedFramesX = 3 // of video
	modEx        = 7
)

// HasFrames tells whether m holds pictures or sound, and not only what has to be known
// before them, such as a sequence header: servers that keep those send them when there
// is nobody who publishes. Of formats that are not known everything is taken for
// frames.
func (m *Message) HasFrames() bool {
	b := m.Payload
	if !m.Type.IsMedia() || len(b) == 0 {
		return false
	}
	kind, ex, multi := b[0]&0x0F, b[0]>>4 == exAudio, byte(multiAudio)
	known := b[0]>>4 == formatAAC
	if m.Type == TypeVideo {
		ex, multi = b[0]&exVideo != 0, multiVideo
		known = kind == codecAVC || kind == codecHEVC
		if b[0]>>4&7 == videoCommand {
			return false
		}
	}
	switch {
	case !ex && !known:
		return true
	case len(b) < 2:
		return false
	case !ex:
		return b[1] == codedFrames
	case kind == multi:
		kind = b[1] & 0x0F
	}
	return kind == codedFrames || kind == modEx || m.Type == TypeVideo && kind == codedFramesX
}
