package codec

import "encoding/binary"

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
	if len(b) < 4 || b[0] != 0xFF || b[1]&0xE0 != 0xE0 {
		return Info{}
	}
	version, layer, index := b[1]>>3&3, b[1]>>1&3, b[2]>>2&3
	if version == 1 || layer == 0 || index == 3 {
		return Info{}
	}
	i := Info{Channels: 2, SampleRate: [3]int{44100, 48000, 32000}[index]}
	switch version {
	case 2: // MPEG-2
		i.SampleRate /= 2
	case 0: // MPEG-2.5
		i.SampleRate /= 4
	}
	if b[3]>>6 == 3 {
		i.Channels = 1
	}
	return i
}

// AC3 reads the beginning of a frame of AC-3 or E-AC-3 (ETSI TS 102 366, 4.3 and
// E.1.2). Which of them it is tells bsid.
func AC3(b []byte) Info {
	if len(b) < 7 || b[0] != 0x0B || b[1] != 0x77 {
		return Info{}
	}
	rates := [4]int{48000, 44100, 32000, 0}
	r := &bitReader{b: b[2:]}
	if b[5]>>3 > 10 { // bsid: E-AC-3
		r.skip(2 + 3 + 11)
		i := Info{SampleRate: rates[r.int(2)]}
		if half := r.int(2); i.SampleRate == 0 && half < 3 {
			i.SampleRate = rates[half] / 2
		}
		i.Channels = ac3Channels(r.int(3)) + r.int(1)
		return i
	}
	r.skip(16)
	i := Info{SampleRate: rates[r.int(2)]}
	r.skip(6 + 5 + 3)
	mode := r.int(3)
	if mode&1 != 0 && mode != 1 {
		r.skip(2) // cmixlev
	}
	if mode&4 != 0 {
		r.skip(2) // surmixlev
	}
	if mode == 2 {
		r.skip(2) // dsurmod
	}
	i.Channels = ac3Channels(mode) + r.int(1)
	return i
}

// ac3Channels is the number of full-range channels of an acmod.
func ac3Channels(mode int) int { return [8]int{2, 1, 2, 3, 3, 4, 4, 5}[mode] }
