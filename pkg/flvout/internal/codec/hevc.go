package codec

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// HEVC reads an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1). What it
// says itself counts where it has no parameter set that can be read.
func HEVC(b []byte) Info {
	if len(b) < 23 { // its version is 1; some write 0
		return Info{}
	}
	i := Info{
		Profile:   hevcProfile(b[1:]),
		Level:     hevcLevel(b[12]),
		BitDepth:  8 + int(b[17]&7),
		FrameRate: float64(binary.BigEndian.Uint16(b[19:])) / 256, // avgFrameRate, which most leave at 0
	}
	arrays := int(b[22])
	b = b[23:]
	for range arrays {
		if len(b) < 3 {
			break
		}
		typ, units := b[0]&0x3F, int(binary.BigEndian.Uint16(b[1:]))
		b = b[3:]
		for range units {
			if len(b) < 2 {
				return i.Sane()
			}
			size := min(int(binary.BigEndian.Uint16(b)), len(b)-2)
			unit := b[2 : 2+size]
			b = b[2+size:]
			if h265.NALUType(typ) != h265.NALUType_SPS_NUT {
				continue
			}
			if s, ok := HEVCUnit(unit); ok {
				if s.FrameRate == 0 {
					s.FrameRate = i.FrameRate
				}
				return s.Sane()
			}
		}
	}
	return i.Sane()
}

// HEVCUnit reads a NAL unit, if it is a sequence parameter set (H.265, 7.3.2.2).
// What follows the size may be torn.
func HEVCUnit(b []byte) (i Info, ok bool) {
	const profile = 3 // where profile_tier_level begins, behind two bytes of header
	if len(b) < 2 || h265.NALUType(b[0]>>1&0x3F) != h265.NALUType_SPS_NUT {
		return Info{}, false
	}
	payload := h264.EmulationPreventionRemove(b[:min(len(b), maxParameterSet)])
	if len(payload) < profile+12 {
		return Info{}, false
	}
	var s h265.SPS
	// These come behind the size, the bit depth and the check of the chroma format,
	// without which Width panics.
	if err := s.Unmarshal(withoutSubLayers(payload)); err != nil && s.MaxDecPicBufferingMinus1 == nil || s.BitDepthLumaMinus8 > 8 {
		return Info{}, false
	}
	return Info{
		Profile:   hevcProfile(payload[profile:]),
		Level:     hevcLevel(payload[profile+11]),
		Width:     s.Width(),
		Height:    s.Height(),
		FrameRate: s.FPS(),
		BitDepth:  8 + int(s.BitDepthLumaMinus8),
	}.Sane(), true
}

// withoutSubLayers makes a NAL unit of a sequence parameter set's payload, less the
// profiles and levels of its sub-layers. The library refuses such; they are whole
// bytes behind two of flags, a pair each (H.265, 7.3.3).
func withoutSubLayers(payload []byte) []byte {
	const flags = 15
	if layers := int(payload[2] >> 1 & 7); layers > 0 && len(payload) >= flags+2 {
		told := binary.BigEndian.Uint16(payload[flags:])
		size := 0
		for n := range layers {
			size += 11*int(told>>(15-2*n)&1) + int(told>>(14-2*n)&1)
		}
		size = min(size, len(payload)-flags-2)
		payload = slices.Concat(payload[:flags], []byte{0, 0}, payload[flags+2+size:])
	}
	return bytes.ReplaceAll(payload, []byte{0, 0, 3}, []byte{0, 0, 3, 3}) // emulation prevention
}

// hevcProfile names the profile in a profile_tier_level (H.265, 7.3.3 and A.3). A
// stream with number 0 may say by the compatibility flags, the highest bit being
// that of profile 0, what it is.
func hevcProfile(b []byte) string {
	idc, compatible := b[0]&0x1F, binary.BigEndian.Uint32(b[1:])
	if idc == 0 {
		for n := byte(1); n <= 4 && idc == 0; n++ {
			if compatible>>(31-n)&1 != 0 {
				idc = n
			}
		}
	}
	switch idc {
	case 1:
		return "Main"
	case 2:
		return "Main 10"
	case 3:
		return "Main Still Picture"
	case 4:
		return hevcRangeExtension(b[5:])
	case 5:
		return "High Throughput"
	case 6:
		return "Multiview Main"
	case 7:
		return "Scalable Main"
	case 8:
		return "3D Main"
	case 9:
		return "Screen-Extended Main"
	case 10:
		return "Scalable Format Range Extensions"
	case 11:
		return "High Throughput Screen-Extended"
	}
	return ""
}

// hevcRangeExtension names a profile of the format range extensions by its
// constraint flags (H.265, table A.2).
func hevcRangeExtension(c []byte) string {
	flags := uint16(c[0])<<8 | uint16(c[1]) // 4 flags of the source come first
	max12, max10, max8 := flags>>11&1 != 0, flags>>10&1 != 0, flags>>9&1 != 0
	max422, max420, mono := flags>>8&1 != 0, flags>>7&1 != 0, flags>>6&1 != 0
	intra := flags>>5&1 != 0
	name := "Main"
	switch {
	case mono:
		name = "Monochrome"
	case max420:
	case max422:
		name = "Main 4:2:2"
	default:
		name = "Main 4:4:4"
	}
	switch {
	case max8:
	case max10:
		name += " 10"
	case max12:
		name += " 12"
	default:
		name += " 16"
	}
	if intra {
		name += " Intra"
	}
	return name
}

// hevcLevel names a level: general_level_idc is 30 times that.
func hevcLevel(idc byte) string {
	if idc < 30 || idc > 7*30 {
		return ""
	}
	return level(int(idc)/30, int(idc)%30/3)
}
