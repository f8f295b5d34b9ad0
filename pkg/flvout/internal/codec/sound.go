package codec

import (
	"encoding/binary"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/ac3"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/eac3"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg1audio"
)

// OpusRate is what Opus sounds at, whatever it was made of (RFC 7845, 5.1).
const OpusRate = 48000

// Opus reads an identification header (RFC 7845, 5.1).
func Opus(b []byte) Info {
	i := Info{SampleRate: OpusRate}
	if len(b) >= 10 && string(b[:8]) == "OpusHead" {
		i.Channels = int(b[9])
	}
	return i.Sane()
}

// OpusFrame reads a packet's first byte (RFC 6716, 3.1).
func OpusFrame(b []byte) Info {
	i := Info{SampleRate: OpusRate}
	if len(b) > 0 {
		i.Channels = 1 + int(b[0]>>2&1)
	}
	return i
}

// FLAC reads a STREAMINFO block (RFC 9639, 8.2): bare, behind the header of a
// block, or behind the signature as well.
func FLAC(b []byte) Info {
	if len(b) >= 4 && string(b[:4]) == "fLaC" {
		b = b[4:]
	}
	if len(b) >= 38 && b[0]&0x7F == 0 && b[1] == 0 && b[2] == 0 && b[3] == 34 {
		b = b[4:]
	}
	if len(b) < 34 {
		return Info{}
	}
	n := binary.BigEndian.Uint64(b[10:])
	return Info{
		SampleRate: int(n >> 44),
		Channels:   int(n>>41&7) + 1,
		BitDepth:   int(n>>36&0x1F) + 1,
	}.Sane()
}

// MP3 reads the header of a frame (ISO/IEC 11172-3, 2.4.1.3; 13818-3 for the lower
// rates).
func MP3(b []byte) Info {
	const version, mpeg25, reserved = 0x18, 0x00, 0x08
	if len(b) < 4 || b[1]&version == reserved {
		return Info{}
	}
	// The library knows no MPEG-2.5, which is MPEG-2 at half the rate and with half
	// of the version's bits; and it wants five bytes, of which it reads four.
	var h mpeg1audio.FrameHeader
	if h.Unmarshal([]byte{b[0], b[1] | 0x10, b[2], b[3], 0}) != nil {
		return Info{}
	}
	i := Info{SampleRate: h.SampleRate, Channels: 2}
	if b[1]&version == mpeg25 {
		i.SampleRate /= 2
	}
	if h.ChannelMode == mpeg1audio.ChannelModeMono {
		i.Channels = 1
	}
	return i
}

// AC3 reads the beginning of a frame of AC-3 or E-AC-3 (ETSI TS 102 366, 4.3 and
// E.1.2). Which of them it is tells bsid.
func AC3(b []byte) Info {
	if len(b) < 7 {
		return Info{}
	}
	if b[5]>>3 > 10 { // bsid: E-AC-3
		var s eac3.SyncInfo
		if s.Unmarshal(b) != nil {
			return Info{}
		}
		return Info{SampleRate: s.SampleRate(), Channels: s.ChannelCount()}
	}
	var s ac3.SyncInfo
	var i ac3.BSI
	if s.Unmarshal(b) != nil || i.Unmarshal(b[5:]) != nil {
		return Info{}
	}
	return Info{SampleRate: s.SampleRate(), Channels: i.ChannelCount()}
}
