package flvout

import (
	"encoding/binary"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout/internal/codec"
)

// Parameters are what a sequence header says, or a frame of a codec that has
// none. Zero fields are unknown. Values can be compared.
type Parameters struct {
	Codec Codec
	Name  string // the codec's, as people write it: "H.264", "AAC"

	Profile string // as players spell it: "High", "Main 10", "LC", "HE-AAC"
	Level   string // "4.1"

	Width, Height int     // of the picture that is shown, in pixels
	FrameRate     float64 // pictures per second, as the encoder says

	SampleRate int // Hz, as it is heard
	Channels   int

	BitDepth int // of a sample of sound or of brightness
}

// ReadParameters reads what t, whose Class is c, says of its codec: a sequence
// header, a channel layout, or a frame that tells, as key frames of VP9 and each
// of MP3's do. Of several tracks it is the first. It takes any input, and what
// cannot be true it does not report.
func ReadParameters(t Tag, c *Class) Parameters {
	for tr := range c.Tracks() {
		return trackParameters(t, c, tr)
	}
	return Parameters{}
}

// trackParameters is ReadParameters for one of the tag's tracks.
func trackParameters(t Tag, c *Class, tr Track) Parameters {
	if c.Kind != KindConfig && c.Kind != KindFrame || len(t.Body) == 0 {
		return Parameters{}
	}
	p := Parameters{Codec: tr.Codec}
	var i codec.Info
	if c.video {
		p.Name = videoName(tr.Codec)
		if c.Kind == KindConfig {
			i = videoHeader(tr, c.packet == videoMPEG2TSSequenceStart && t.Body[0]&exVideoBit != 0)
		} else if c.Key {
			i = videoFrame(tr)
		}
	} else {
		p.Name = audioName(tr.Codec)
		switch {
		case c.Layout:
			i = channelLayout(tr.Payload)
		case c.Kind == KindConfig:
			i = audioHeader(tr)
		case t.Body[0]>>4 != exSoundFormat:
			i = legacySound(tr, t.Body[0])
		default:
			i = audioFrame(tr)
		}
	}
	p.Profile, p.Level = i.Profile, i.Level
	p.Width, p.Height, p.FrameRate = i.Width, i.Height, i.FrameRate
	p.SampleRate, p.Channels, p.BitDepth = i.SampleRate, i.Channels, i.BitDepth
	return p
}

// or fills what p does not know with what q knows of the same codec.
func (p Parameters) or(q Parameters) Parameters {
	if p.Codec != q.Codec {
		return p
	}
	if p.Profile == "" {
		p.Profile = q.Profile
	}
	if p.Level == "" {
		p.Level = q.Level
	}
	if p.Width == 0 {
		p.Width, p.Height = q.Width, q.Height
	}
	if p.FrameRate == 0 {
		p.FrameRate = q.FrameRate
	}
	if p.SampleRate == 0 {
		p.SampleRate = q.SampleRate
	}
	if p.Channels == 0 {
		p.Channels = q.Channels
	}
	if p.BitDepth == 0 {
		p.BitDepth = q.BitDepth
	}
	return p
}

func videoHeader(tr Track, mpeg2TS bool) codec.Info {
	switch tr.Codec {
	case CodecAVC:
		return codec.AVC(tr.Payload)
	case CodecHEVC:
		return codec.HEVC(tr.Payload)
	case CodecVVC:
		return codec.VVC(tr.Payload)
	case CodecAV1:
		if !mpeg2TS { // that has a descriptor of MPEG-2 TS
			return codec.AV1(tr.Payload)
		}
	case CodecVP8, CodecVP9:
		return codec.VPX(tr.Payload)
	}
	return codec.Info{}
}

// videoFrame reads a key frame. Servers that one joins late may send no header
// at all, and then the frame has the parameter sets.
func videoFrame(tr Track) codec.Info {
	b := tr.Payload
	switch tr.Codec {
	case CodecAVC:
		return parameterSet(b, codec.AVCUnit)
	case CodecHEVC:
		return parameterSet(b, codec.HEVCUnit)
	case CodecAV1:
		return codec.AV1Unit(b)
	case CodecVP8:
		return codec.VP8Frame(b)
	case CodecVP9:
		return codec.VP9Frame(b)
	case Codec(tag.CodecIDSorensonH263):
		return codec.H263(b)
	case Codec(tag.CodecIDScreenVideo), Codec(tag.CodecIDScreenVideoVersion2):
		return codec.Screen(b)
	case Codec(tag.CodecIDOn2VP6):
		return codec.VP6(b, false)
	case Codec(tag.CodecIDOn2VP6WithAlphaChannel):
		return codec.VP6(b, true)
	}
	return codec.Info{}
}

// parameterSet gives a frame's NAL units to read until one of them is what it
// looks for.
func parameterSet(b []byte, read func([]byte) (codec.Info, bool)) codec.Info {
	for range maxUnits {
		if len(b) < 4 {
			break
		}
		size := uint64(binary.BigEndian.Uint32(b))
		if b = b[4:]; size > uint64(len(b)) {
			break
		}
		if i, ok := read(b[:size]); ok {
			return i
		}
		b = b[size:]
	}
	return codec.Info{}
}

func audioHeader(tr Track) codec.Info {
	switch tr.Codec {
	case CodecAAC:
		return codec.AAC(tr.Payload)
	case CodecOpus:
		return codec.Opus(tr.Payload)
	case CodecFLAC:
		return codec.FLAC(tr.Payload)
	}
	return codec.Info{}
}

func audioFrame(tr Track) codec.Info {
	switch tr.Codec {
	case CodecMP3:
		return codec.MP3(tr.Payload)
	case CodecAC3, CodecEAC3:
		return codec.AC3(tr.Payload)
	case CodecOpus:
		return codec.OpusFrame(tr.Payload)
	}
	return codec.Info{}
}

// channelLayout reads a MultichannelConfig (E-RTMP v2): an order, and how many.
func channelLayout(b []byte) codec.Info {
	if len(b) < 2 {
		return codec.Info{}
	}
	return codec.Info{Channels: int(b[1])}.Sane()
}

// legacySound reads the bits of a tag's first byte for rate, size and channels
// (FLV 10.1, E.4.2.1), which some formats ignore, and of MP3 the frame itself.
func legacySound(tr Track, b byte) codec.Info {
	i := codec.Info{
		SampleRate: [4]int{5512, 11025, 22050, 44100}[b>>2&3],
		Channels:   1 + int(b&1),
	}
	switch tag.SoundFormat(b >> 4) {
	case tag.SoundFormatLinearPCMPlatformEndian, tag.SoundFormatLinearPCMLittleEndian:
		i.BitDepth = 8 << (b >> 1 & 1)
	case tag.SoundFormatADPCM:
	case tag.SoundFormatMP3, tag.SoundFormatMP3_8kHz:
		if m := codec.MP3(tr.Payload); m.SampleRate != 0 {
			return m
		}
		if b>>4 == byte(tag.SoundFormatMP3_8kHz) {
			i.SampleRate = 8000
		}
	case tag.SoundFormatNellymoser16kHzMono:
		i.SampleRate, i.Channels = 16000, 1
	case tag.SoundFormatNellymoser8kHzMono:
		i.SampleRate, i.Channels = 8000, 1
	case tag.SoundFormatNellymoser:
	case tag.SoundFormatG711ALawLogarithmicPCM, tag.SoundFormatG711muLawLogarithmicPCM:
		i.SampleRate = 8000
	case tag.SoundFormatSpeex:
		i.SampleRate, i.Channels = 16000, 1
	case legacyOpus:
		return codec.OpusFrame(tr.Payload)
	default: // AAC's bits say nothing
		return codec.Info{}
	}
	return i
}

// videoName is a codec's name in words, "" if it is unknown.
func videoName(c Codec) string {
	switch c {
	case CodecAVC:
		return "H.264"
	case CodecHEVC:
		return "H.265"
	case CodecVVC:
		return "H.266"
	case CodecAV1:
		return "AV1"
	case CodecVP8:
		return "VP8"
	case CodecVP9:
		return "VP9"
	case Codec(tag.CodecIDJPEG):
		return "JPEG"
	case Codec(tag.CodecIDSorensonH263):
		return "Sorenson H.263"
	case Codec(tag.CodecIDScreenVideo):
		return "Screen Video"
	case Codec(tag.CodecIDScreenVideoVersion2):
		return "Screen Video 2"
	case Codec(tag.CodecIDOn2VP6):
		return "VP6"
	case Codec(tag.CodecIDOn2VP6WithAlphaChannel):
		return "VP6 with alpha"
	}
	return ""
}

func audioName(c Codec) string {
	switch c {
	case CodecAAC:
		return "AAC"
	case CodecMP3:
		return "MP3"
	case CodecOpus:
		return "Opus"
	case CodecFLAC:
		return "FLAC"
	case CodecAC3:
		return "AC-3"
	case CodecEAC3:
		return "E-AC-3"
	case Codec(tag.SoundFormatLinearPCMPlatformEndian), Codec(tag.SoundFormatLinearPCMLittleEndian):
		return "PCM"
	case Codec(tag.SoundFormatADPCM):
		return "ADPCM"
	case Codec(tag.SoundFormatNellymoser), Codec(tag.SoundFormatNellymoser8kHzMono), Codec(tag.SoundFormatNellymoser16kHzMono):
		return "Nellymoser"
	case Codec(tag.SoundFormatG711ALawLogarithmicPCM):
		return "G.711 A-law"
	case Codec(tag.SoundFormatG711muLawLogarithmicPCM):
		return "G.711 µ-law"
	case Codec(tag.SoundFormatSpeex):
		return "Speex"
	}
	return ""
}
