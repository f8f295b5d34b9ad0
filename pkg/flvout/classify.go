package flvout

import (
	"encoding/binary"

	"github.com/yutopp/go-flv/tag"
)

// A Kind is what a tag is to a recording.
type Kind uint8

// The kinds of tags.
const (
	KindUnknown   Kind = iota // media in a form we do not know: kept as it is
	KindFrame                 // coded audio or video
	KindConfig                // a sequence header, or an audio track's channel layout
	KindEnd                   // the end of a sequence; more may follow
	KindColorInfo             // E-RTMP's video metadata
	KindCommand               // a seek command in a video message: nothing to show
	KindEmpty                 // audio or video without a byte; in audio it means silence
	KindMalformed             // ends before its own header does
	KindMetadata              // script data named onMetaData
	KindScript                // any other script data
)

// A Class is what Classify found out about a tag. It borrows the tag's body.
type Class struct {
	Kind Kind

	// Key tells that decoding can start at this video frame. Where the header
	// does not say (MediaMTX writes frame type 0), the bitstream is asked.
	Key bool

	// Multitrack tells that the body holds E-RTMP tracks. Kind and Key are true
	// of all of them, Codec and CTS of the first; Tracks yields each.
	Multitrack bool

	// Layout tells that a configuration is an audio track's channel layout, which
	// stands beside its sequence header.
	Layout bool

	Codec   Codec
	CTS     int32  // composition time offset, ms
	Payload []byte // what follows the header; of several tracks, all of them

	frame  tag.FrameType
	multi  uint8 // AvMultitrackType
	packet uint8 // Ex packet type, inside ModEx and Multitrack
	video  bool
}

// Limits and bits of the E-RTMP headers.
const (
	maxModEx = 16 // chained ModEx; no sender needs more than two

	exVideoBit    = 0x80
	exSoundFormat = 9 // go-flv's SoundFormatReserved

	packetModEx = 7 // the same for audio and video

	multiOneTrack  = 0
	multiManyCodec = 2

	avcHeaderSize = 5 // frame type and codec, packet type, SI24 cts
)

// E-RTMP v2, VideoPacketType.
const (
	videoSequenceStart        = 0
	videoCodedFrames          = 1
	videoSequenceEnd          = 2
	videoCodedFramesX         = 3
	videoMetadata             = 4
	videoMPEG2TSSequenceStart = 5
	videoMultitrack           = 6
)

// E-RTMP v2, AudioPacketType.
const (
	audioSequenceStart      = 0
	audioCodedFrames        = 1
	audioSequenceEnd        = 2
	audioMultichannelConfig = 4
	audioMultitrack         = 5
)

// Classify looks at a tag's first bytes, legacy or enhanced, and says what it
// is. It reads no further than it must, allocates nothing and takes any input.
func Classify(t Tag) (c Class) {
	switch t.Type {
	case tag.TagTypeVideo:
		c.readVideo(t.Body)
	case tag.TagTypeAudio:
		c.readAudio(t.Body)
	case tag.TagTypeScriptData, tagTypeScriptAMF3:
		c.Kind = KindScript
		if name, _ := scriptName(scriptBody(t)); string(name) == onMetaData {
			c.Kind = KindMetadata
		}
	}
	return c
}

func (c *Class) readVideo(b []byte) {
	c.video = true
	switch {
	case len(b) == 0:
		c.Kind = KindEmpty
	case b[0]&exVideoBit == 0:
		c.readLegacyVideo(b)
	default:
		c.readExVideo(b)
	}
}

func (c *Class) readExVideo(b []byte) {
	frame := tag.FrameType(b[0] >> 4 & 7)
	packet, rest, ok := skipModEx(b[0]&0x0F, b[1:])
	if !ok {
		return
	}
	if frame == tag.FrameTypeVideoInfoCommandFrame && packet != videoMetadata {
		// A command has no FourCC. FFmpeg gives its metadata frame type 5 too.
		c.Kind = KindCommand
		return
	}
	c.packet, c.Multitrack = packet, packet == videoMultitrack
	if !c.enter(rest) {
		c.Kind = KindMalformed
		return
	}
	switch c.packet {
	case videoSequenceStart, videoMPEG2TSSequenceStart:
		c.Kind = KindConfig
	case videoSequenceEnd:
		c.Kind = KindEnd
	case videoMetadata:
		c.Kind = KindColorInfo
	case videoCodedFrames, videoCodedFramesX:
		c.Kind = KindFrame
		c.finishFrame(frame)
	}
}

func (c *Class) readLegacyVideo(b []byte) {
	frame := tag.FrameType(b[0] >> 4)
	if frame == tag.FrameTypeVideoInfoCommandFrame {
		c.Kind = KindCommand
		return
	}
	codec := legacyVideoCodec(tag.CodecID(b[0] & 0x0F))
	if !codec.hasAVCHeader() {
		c.Kind, c.Codec, c.Payload = KindFrame, codec, b[1:]
		c.Key = frame == tag.FrameTypeKeyFrame
		return
	}
	if len(b) < avcHeaderSize {
		c.Kind = KindMalformed
		return
	}
	c.Codec, c.Payload = codec, b[avcHeaderSize:]
	switch tag.AVCPacketType(b[1]) {
	case tag.AVCPacketTypeSequenceHeader: // of any frame type
		c.Kind = KindConfig
	case tag.AVCPacketTypeEOS:
		c.Kind = KindEnd
	case tag.AVCPacketTypeNALU:
		c.Kind = KindFrame
		c.CTS = si24(b[2:])
		c.frame = frame
		c.Key = isKey(frame, codec, c.Payload, usualNALSize)
	}
}

func (c *Class) readAudio(b []byte) {
	switch {
	case len(b) == 0:
		c.Kind = KindEmpty
	case b[0]>>4 != exSoundFormat:
		c.readLegacyAudio(b)
	default:
		c.readExAudio(b)
	}
}

func (c *Class) readExAudio(b []byte) {
	packet, rest, ok := skipModEx(b[0]&0x0F, b[1:])
	if !ok {
		return
	}
	c.packet, c.Multitrack = packet, packet == audioMultitrack
	if !c.enter(rest) {
		c.Kind = KindMalformed
		return
	}
	switch c.packet {
	case audioSequenceStart, audioMultichannelConfig:
		c.Kind = KindConfig
		c.Layout = c.packet == audioMultichannelConfig
	case audioSequenceEnd:
		c.Kind = KindEnd
	case audioCodedFrames:
		c.Kind = KindFrame
	}
}

func (c *Class) readLegacyAudio(b []byte) {
	format := tag.SoundFormat(b[0] >> 4)
	if format != tag.SoundFormatAAC {
		c.Kind, c.Codec, c.Payload = KindFrame, legacyAudioCodec(format), b[1:]
		return
	}
	if len(b) < 2 {
		c.Kind = KindMalformed
		return
	}
	c.Kind, c.Codec, c.Payload = KindFrame, CodecAAC, b[2:]
	if tag.AACPacketType(b[1]) == tag.AACPacketTypeSequenceHeader {
		c.Kind = KindConfig
	}
}

// skipModEx passes over chained ModEx headers (E-RTMP v2, "ModEx") to the packet
// type that they wrap. It fails on one that is longer than the message, and on
// a chain that no sender would write.
func skipModEx(packet byte, b []byte) (inner byte, rest []byte, ok bool) {
	for range maxModEx {
		if packet != packetModEx {
			return packet, b, true
		}
		if len(b) < 1 {
			return 0, nil, false
		}
		size := int(b[0]) + 1
		b = b[1:]
		if size == 256 { // the byte was 0xFF: a longer size follows
			if len(b) < 2 {
				return 0, nil, false
			}
			size = int(binary.BigEndian.Uint16(b)) + 1
			b = b[2:]
		}
		if len(b) < size+1 {
			return 0, nil, false
		}
		packet = b[size] & 0x0F
		b = b[size+1:]
	}
	return packet, b, packet != packetModEx
}

// enter reads what lies between an Ex header's packet type and its payload:
// the multitrack byte and the FourCC.
func (c *Class) enter(b []byte) bool {
	if c.Multitrack {
		if len(b) < 1 {
			return false
		}
		c.multi = b[0] >> 4
		c.packet = b[0] & 0x0F
		b = b[1:]
	}
	if len(b) < 4 {
		return false
	}
	c.Codec = Codec(binary.BigEndian.Uint32(b))
	if !c.Multitrack || c.multi != multiManyCodec {
		b = b[4:] // many codecs: each track repeats its own
	}
	c.Payload = b
	return true
}

// finishFrame reads the composition time of a coded Ex video frame, or of its
// first track, and decides whether it is a key frame.
func (c *Class) finishFrame(frame tag.FrameType) {
	first := Track{Codec: c.Codec}
	if c.Multitrack {
		first, _, _ = c.cutTrack(c.Payload)
	} else {
		first.CTS, first.Payload = c.cutCTS(c.Codec, c.Payload)
		c.Payload = first.Payload
	}
	c.CTS = first.CTS
	c.frame = frame
	c.Key = isKey(frame, first.Codec, first.Payload, usualNALSize)
}

// setNALSize decides again whether a video frame is a key frame, with NAL unit
// lengths of another size than four bytes. It knows no other tracks' sizes.
func (c *Class) setNALSize(size int) {
	if c.Kind == KindFrame && c.Codec.hasNALUnits() && !c.Multitrack {
		c.Key = isKey(c.frame, c.Codec, c.Payload, size)
	}
}

// isKey trusts the frame types that say key or inter. Of the others, reserved
// or for servers only, MediaMTX writes 0 on every frame.
func isKey(frame tag.FrameType, codec Codec, payload []byte, nalSize int) bool {
	switch frame {
	case tag.FrameTypeKeyFrame:
		return true
	case tag.FrameTypeInterFrame, tag.FrameTypeDisposableInterFrame:
		return false
	}
	return keyInBitstream(codec, payload, nalSize)
}

func si24(b []byte) int32 {
	_ = b[2]
	return int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8
}
