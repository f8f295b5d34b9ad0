package flvout

import (
	"encoding/binary"
	"iter"
)

// maxUnits bounds the search for the unit that tells a frame's type; parameter
// sets, SEI and delimiters come before it.
const maxUnits = 32

// usualNALSize is the size of a NAL unit's length that every sender seen writes.
const usualNALSize = 4

// keyInBitstream tells whether payload, one coded frame, begins a sequence. The
// lengths of NAL units have nalSize bytes.
func keyInBitstream(codec Codec, payload []byte, nalSize int) bool {
	switch codec {
	case CodecAVC, CodecHEVC, CodecVVC:
		return keyNALUnit(codec, payload, nalSize)
	case CodecAV1:
		return keyOBU(payload)
	case CodecVP9:
		return keyVP9(payload)
	case CodecVP8:
		return len(payload) >= 6 && payload[0]&1 == 0 && // RFC 6386, 9.1
			payload[3] == 0x9D && payload[4] == 0x01 && payload[5] == 0x2A
	}
	return false
}

// keyNALUnit asks the first NAL unit that carries a slice.
func keyNALUnit(codec Codec, b []byte, nalSize int) bool {
	for u := range nalUnits(b, nalSize) {
		switch codec {
		case CodecAVC: // H.264, table 7-1
			if t := u[0] & 0x1F; t >= 1 && t <= 5 {
				return t == 5
			}
		case CodecHEVC: // H.265, table 7-1: IRAP is 16 to 21
			if t := u[0] >> 1 & 0x3F; t < 32 {
				return t >= 16 && t <= 21
			}
		case CodecVVC: // H.266, table 5: IDR_W_RADL, IDR_N_LP, CRA
			if t := u[1] >> 3; t <= 11 {
				return t >= 7 && t <= 9
			}
		}
	}
	return false
}

// nalUnits yields the first units of a frame that have two bytes at least. The
// last is cut short if the frame is.
func nalUnits(b []byte, nalSize int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for range maxUnits {
			if len(b) < nalSize+2 {
				return
			}
			var size uint64
			for _, v := range b[:nalSize] {
				size = size<<8 | uint64(v)
			}
			b = b[nalSize:]
			u := b[:min(size, uint64(len(b)))]
			if len(u) >= 2 && !yield(u) || size > uint64(len(b)) {
				return
			}
			b = b[size:]
		}
	}
}

// nalSize returns the size of NAL unit lengths that a sequence header announces
// (ISO 14496-15, 5.3.3.1, 8.3.3.1 and 11.2.4.2), or the usual.
func nalSize(codec Codec, record []byte) int {
	switch {
	case codec == CodecAVC && len(record) > 4:
		return int(record[4]&3) + 1
	case codec == CodecHEVC && len(record) > 21:
		return int(record[21]&3) + 1
	case codec == CodecVVC && len(record) > 0:
		return int(record[0]>>1&3) + 1
	}
	return usualNALSize
}

// keyOBU looks for a sequence header and a key frame behind it (AV1, 5.3, 5.9).
func keyOBU(b []byte) bool {
	const sequenceHeader, frameHeader, frame = 1, 3, 6
	sequence := false
	for range maxUnits {
		if len(b) < 1 {
			return false
		}
		h := b[0]
		b = b[1:]
		if h&0x04 != 0 { // extension byte
			if len(b) < 1 {
				return false
			}
			b = b[1:]
		}
		size := uint64(len(b))
		if h&0x02 != 0 {
			n, used := binary.Uvarint(b) // leb128
			if used <= 0 || n > uint64(len(b)-used) {
				return false
			}
			size, b = n, b[used:]
		}
		switch h >> 3 & 0x0F {
		case sequenceHeader:
			sequence = true
		case frameHeader, frame:
			// show_existing_frame 0, frame_type 0
			return sequence && size > 0 && b[0]&0xE0 == 0
		}
		b = b[size:]
	}
	return false
}

// keyVP9 reads the uncompressed header as far as frame_type (VP9, 6.2).
func keyVP9(b []byte) bool {
	if len(b) < 1 || b[0]>>6 != 2 {
		return false
	}
	bits := b[0] << 4 // behind the marker and the profile
	if b[0]&0x30 == 0x30 {
		bits <<= 1 // profile 3: a reserved bit
	}
	return bits&0xC0 == 0 // show_existing_frame 0, frame_type 0
}
