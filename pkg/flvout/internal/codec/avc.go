package codec

import (
	"encoding/binary"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// AVC reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
func AVC(b []byte) Info {
	if len(b) < 4 || b[0] != 1 {
		return Info{}
	}
	i := Info{Profile: avcProfile(b[1], b[2]), Level: avcLevel(b[1], b[2], b[3])}
	if len(b) < 8 || b[5]&0x1F == 0 {
		return i
	}
	if s, ok := AVCUnit(b[8:min(len(b), 8+int(binary.BigEndian.Uint16(b[6:])))]); ok {
		return s
	}
	return i
}

// maxParameterSet is how much of a parameter set is read, which is more than one
// with everything in it has.
const maxParameterSet = 4096

// AVCUnit reads a NAL unit, if it is a sequence parameter set (H.264, 7.3.2.1.1).
// What follows the size may be torn.
func AVCUnit(b []byte) (i Info, ok bool) {
	if len(b) < 4 || h264.NALUType(b[0]&0x1F) != h264.NALUTypeSPS {
		return Info{}, false
	}
	var s h264.SPS
	// The VUI parameters come last, so that with them there is a size.
	if err := s.Unmarshal(b[:min(len(b), maxParameterSet)]); err != nil && s.VUI == nil || s.BitDepthLumaMinus8 > 6 {
		return Info{}, false
	}
	i = Info{
		Profile:   avcProfile(b[1], b[2]),
		Level:     avcLevel(b[1], b[2], b[3]),
		Width:     s.Width(),
		Height:    s.Height(),
		FrameRate: s.FPS(),
		BitDepth:  8 + int(s.BitDepthLumaMinus8),
	}
	if c := s.FrameCropping; c != nil && (s.ChromaFormatIdc == 0 || s.SeparateColourPlaneFlag) {
		i.Width -= int(c.LeftOffset + c.RightOffset) // the library does not, without chroma samples
	}
	return i.Sane(), true
}

// avcProfile names a profile (H.264, A.2). Of the constraints, set 0 is the
// highest bit.
func avcProfile(idc, constraints byte) string {
	set1, intra := constraints&0x40 != 0, constraints&0x10 != 0
	name := ""
	switch idc {
	case 44:
		return "CAVLC 4:4:4 Intra"
	case 66:
		if set1 {
			return "Constrained Baseline"
		}
		return "Baseline"
	case 77:
		return "Main"
	case 88:
		return "Extended"
	case 100:
		return "High"
	case 110:
		name = "High 10"
	case 118:
		return "Multiview High"
	case 122:
		name = "High 4:2:2"
	case 128:
		return "Stereo High"
	case 244:
		name = "High 4:4:4 Predictive"
		if intra {
			return "High 4:4:4 Intra"
		}
	default:
		return ""
	}
	if intra {
		name += " Intra"
	}
	return name
}

// avcLevel names a level (H.264, A.3.1). Level 1b hides behind 1.1 in the oldest
// profiles.
func avcLevel(profile, constraints, idc byte) string {
	switch {
	case idc == 9, idc == 11 && constraints&0x10 != 0 && (profile == 66 || profile == 77 || profile == 88):
		return "1b"
	case idc < 10 || idc > 62:
		return ""
	}
	return level(int(idc)/10, int(idc)%10)
}
