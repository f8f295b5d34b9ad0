package flvout

import (
	"encoding/binary"
	"strconv"

	"github.com/yutopp/go-flv/tag"
)

// A Codec is a FourCC as a big-endian number, as E-RTMP writes it into
// videocodecid and audiocodecid. A legacy codec that has no FourCC keeps its
// number, which is below 16.
type Codec uint32

// The FourCCs of E-RTMP v2.
const (
	CodecAVC  Codec = 'a'<<24 | 'v'<<16 | 'c'<<8 | '1'
	CodecHEVC Codec = 'h'<<24 | 'v'<<16 | 'c'<<8 | '1'
	CodecVVC  Codec = 'v'<<24 | 'v'<<16 | 'c'<<8 | '1'
	CodecAV1  Codec = 'a'<<24 | 'v'<<16 | '0'<<8 | '1'
	CodecVP8  Codec = 'v'<<24 | 'p'<<16 | '0'<<8 | '8'
	CodecVP9  Codec = 'v'<<24 | 'p'<<16 | '0'<<8 | '9'
	CodecAAC  Codec = 'm'<<24 | 'p'<<16 | '4'<<8 | 'a'
	CodecMP3  Codec = '.'<<24 | 'm'<<16 | 'p'<<8 | '3'
	CodecOpus Codec = 'O'<<24 | 'p'<<16 | 'u'<<8 | 's'
	CodecFLAC Codec = 'f'<<24 | 'L'<<16 | 'a'<<8 | 'C'
	CodecAC3  Codec = 'a'<<24 | 'c'<<16 | '-'<<8 | '3'
	CodecEAC3 Codec = 'e'<<24 | 'c'<<16 | '-'<<8 | '3'
)

// String returns the FourCC, or the number of a legacy codec.
func (c Codec) String() string {
	if c < 16 {
		return strconv.Itoa(int(c))
	}
	return string(binary.BigEndian.AppendUint32(nil, uint32(c)))
}

// Legacy codec IDs that no specification has; CDNs and several servers write
// them with AVC's header.
const (
	legacyHEVC = 12
	legacyAV1  = 13
	legacyOpus = 13 // audio, written by lal
)

func legacyVideoCodec(id tag.CodecID) Codec {
	switch id {
	case tag.CodecIDAVC:
		return CodecAVC
	case legacyHEVC:
		return CodecHEVC
	case legacyAV1:
		return CodecAV1
	}
	return Codec(id)
}

func legacyAudioCodec(format tag.SoundFormat) Codec {
	switch format {
	case tag.SoundFormatAAC:
		return CodecAAC
	case tag.SoundFormatMP3, tag.SoundFormatMP3_8kHz:
		return CodecMP3
	case legacyOpus:
		return CodecOpus
	}
	return Codec(format)
}

// hasAVCHeader tells the codecs whose legacy video header goes on with a packet
// type and a composition time (FLV 10.1, E.4.3.2).
func (c Codec) hasAVCHeader() bool {
	return c == CodecAVC || c == CodecHEVC || c == CodecAV1
}

// hasNALUnits tells the codecs whose frames are made of NAL units.
func (c Codec) hasNALUnits() bool { return c == CodecAVC || c == CodecHEVC || c == CodecVVC }

// needsHeader tells the codecs whose frames nobody can decode without a
// sequence header. That of Opus says how many channels there are, and of one or
// two it says so itself.
func (c Codec) needsHeader() bool {
	return c.hasNALUnits() || c == CodecAAC || c == CodecFLAC
}
