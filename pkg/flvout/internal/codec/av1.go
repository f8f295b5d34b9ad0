package codec

import "encoding/binary"

// AV1 reads an AV1CodecConfigurationRecord (AV1 in ISO-BMFF, 2.3.3): four bytes,
// and OBUs behind them.
func AV1(b []byte) Info {
	if len(b) < 4 || b[0] != 0x81 {
		return Info{}
	}
	i := AV1Unit(b[4:])
	i.Profile, i.Level = av1Profile(b[1]>>5), av1Level(b[1]&0x1F)
	i.BitDepth = 8
	if high, twelve := b[2]&0x40 != 0, b[2]&0x20 != 0; high && twelve {
		i.BitDepth = 12
	} else if high {
		i.BitDepth = 10
	}
	return i.Sane()
}

// AV1Unit reads the sequence header among the OBUs of a temporal unit, which
// comes before the frames of every key frame.
func AV1Unit(b []byte) Info {
	const sequenceHeader, maxUnits = 1, 16
	for range maxUnits {
		if len(b) < 1 {
			break
		}
		h, size := b[0], uint64(len(b)-1)
		b = b[1:]
		if h&0x04 != 0 { // extension byte
			if len(b) < 1 {
				break
			}
			b, size = b[1:], size-1
		}
		if h&0x02 != 0 {
			n, used := binary.Uvarint(b) // leb128
			if used <= 0 || n > uint64(len(b)-used) {
				break
			}
			b, size = b[used:], n
		}
		if h>>3&0x0F == sequenceHeader {
			return readAV1Sequence(b[:size])
		}
		b = b[size:]
	}
	return Info{}
}

// readAV1Sequence reads a sequence header OBU as far as its bit depth (AV1,
// 5.5.1).
func readAV1Sequence(b []byte) (i Info) {
	r := &bitReader{b: b}
	profile := byte(r.u(3))
	r.flag() // still_picture
	reduced := r.flag()
	var levelIDC byte
	if reduced {
		levelIDC = byte(r.u(5))
	} else {
		levelIDC = readAV1Operation(r, &i)
	}
	widthBits, heightBits := r.int(4)+1, r.int(4)+1
	i.Width, i.Height = r.int(widthBits)+1, r.int(heightBits)+1
	if r.failed {
		return Info{}
	}
	i.Profile, i.Level = av1Profile(profile), av1Level(levelIDC)
	if depth := readAV1Depth(r, profile, reduced); !r.failed {
		i.BitDepth = depth
	}
	return i.Sane()
}

// readAV1Operation reads the timing and the operating points, and returns the
// level of the first of them.
func readAV1Operation(r *bitReader, i *Info) (levelIDC byte) {
	delayBits, model := 0, false
	if r.flag() { // timing_info_present_flag
		units, scale := r.u(32), r.u(32)
		if r.flag() { // equal_picture_interval; uvlc is AV1's name of ue
			i.FrameRate = rate(scale, units*(r.ue()+1))
		}
		if model = r.flag(); model {
			delayBits = r.int(5) + 1
			r.skip(32 + 5 + 5)
		}
	}
	delay := r.flag() // initial_display_delay_present_flag
	for n := range r.int(5) + 1 {
		r.skip(12)
		idc := byte(r.u(5))
		if n == 0 {
			levelIDC = idc
		}
		if idc > 7 {
			r.flag() // seq_tier
		}
		if model && r.flag() {
			r.skip(2*delayBits + 1)
		}
		if delay && r.flag() {
			r.skip(4)
		}
	}
	return levelIDC
}

// readAV1Depth goes on behind the size to the bit depth.
func readAV1Depth(r *bitReader, profile byte, reduced bool) int {
	if !reduced && r.flag() { // frame_id_numbers_present_flag
		r.skip(4 + 3)
	}
	r.skip(3)
	if !reduced {
		r.skip(4)
		order := r.flag()
		if order {
			r.skip(2)
		}
		content := true // SELECT_SCREEN_CONTENT_TOOLS
		if !r.flag() {
			content = r.flag()
		}
		if content && !r.flag() { // seq_choose_integer_mv
			r.skip(1)
		}
		if order {
			r.skip(3)
		}
	}
	r.skip(3)
	if !r.flag() { // high_bitdepth
		return 8
	}
	if profile == 2 && r.flag() { // twelve_bit
		return 12
	}
	return 10
}

func av1Profile(idc byte) string {
	switch idc {
	case 0:
		return "Main"
	case 1:
		return "High"
	case 2:
		return "Professional"
	}
	return ""
}

// av1Level names a level by seq_level_idx (AV1, A.3); 31 is for no limits.
func av1Level(idx byte) string {
	if idx > 23 {
		return ""
	}
	return level(2+int(idx)/4, int(idx)%4)
}
