package codec

import "encoding/binary"

// AVC reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
func AVC(b []byte) Info {
	if len(b) < 4 || b[0] != 1 {
		return Info{}
	}
	i := Info{Profile: avcProfile(b[1], b[2]), Level: avcLevel(b[1], b[2], b[3])}
	if len(b) < 8 || b[5]&0x1F == 0 {
		return i
	}
	if sps := b[8:min(len(b), 8+int(binary.BigEndian.Uint16(b[6:])))]; len(sps) > 0 && sps[0]&0x1F == avcSPS {
		if s, ok := readAVCSPS(sps); ok {
			return s
		}
	}
	return i
}

const avcSPS = 7 // nal_unit_type

// AVCUnit reads a NAL unit, if it is a sequence parameter set.
func AVCUnit(b []byte) (i Info, ok bool) {
	if len(b) < 4 || b[0]&0x1F != avcSPS {
		return Info{}, false
	}
	return readAVCSPS(b)
}

// readAVCSPS reads a sequence parameter set with its NAL unit's header (H.264,
// 7.3.2.1.1). What follows the size may be torn.
func readAVCSPS(b []byte) (i Info, ok bool) {
	r := nalReader(b)
	r.skip(8)
	profile, constraints, levelIDC := byte(r.u(8)), byte(r.u(8)), byte(r.u(8))
	i = Info{Profile: avcProfile(profile, constraints), Level: avcLevel(profile, constraints, levelIDC)}
	r.ue() // seq_parameter_set_id
	chroma, planes := uint64(1), false
	i.BitDepth = 8
	if avcHasChroma(profile) {
		if chroma = r.ue(); chroma == 3 {
			planes = r.flag()
		}
		i.BitDepth = 8 + r.count(6)
		r.ue()   // bit_depth_chroma_minus8
		r.flag() // qpprime_y_zero_transform_bypass_flag
		if r.flag() {
			lists := 8
			if chroma == 3 {
				lists = 12
			}
			for n := range lists {
				if r.flag() {
					skipAVCScalingList(r, n)
				}
			}
		}
	}
	r.ue() // log2_max_frame_num_minus4
	switch r.ue() {
	case 0:
		r.ue()
	case 1:
		r.flag()
		r.se()
		r.se()
		for range r.count(255) {
			r.se()
		}
	}
	r.ue() // max_num_ref_frames
	r.flag()
	width, height := (r.ue()+1)*16, (r.ue()+1)*16
	frames := r.flag() // frame_mbs_only_flag
	if !frames {
		height *= 2
		r.flag()
	}
	r.flag() // direct_8x8_inference_flag
	if r.flag() {
		x, y := cropUnits(chroma, planes)
		if !frames {
			y *= 2
		}
		left, right, top, bottom := r.ue(), r.ue(), r.ue(), r.ue()
		width, height = crop(width, x*(left+right)), crop(height, y*(top+bottom))
	}
	if r.failed {
		return Info{}, false
	}
	i.Width, i.Height = side(width), side(height)
	if r.flag() {
		i.FrameRate = avcFrameRate(r)
	}
	return i.Sane(), true
}

// cropUnits are how many pixels a unit of cropping is (H.264, 7.4.2.1.1; H.265,
// table 6-1).
func cropUnits(chroma uint64, planes bool) (x, y uint64) {
	switch {
	case planes:
	case chroma == 1:
		return 2, 2
	case chroma == 2:
		return 2, 1
	}
	return 1, 1
}

// side is a side as an int, which has 32 bits on some systems.
func side(n uint64) int { return int(min(n, maxSide+1)) }

// crop is what cropping leaves of a side, 0 if that is nothing.
func crop(side, by uint64) uint64 {
	if by >= side {
		return 0
	}
	return side - by
}

func avcHasChroma(profile byte) bool {
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		return true
	}
	return false
}

func skipAVCScalingList(r *bitReader, n int) {
	size := 16
	if n >= 6 {
		size = 64
	}
	last, next := int64(8), int64(8)
	for range size {
		if next != 0 {
			next = (last + r.se() + 256) % 256
		}
		if next != 0 {
			last = next
		}
		if r.failed {
			return
		}
	}
}

// avcFrameRate reads the VUI parameters as far as the timing (H.264, E.1.1). A
// tick is a field's.
func avcFrameRate(r *bitReader) float64 {
	skipVUIColour(r)
	if !r.flag() { // timing_info_present_flag
		return 0
	}
	units, scale := r.u(32), r.u(32)
	if r.failed {
		return 0
	}
	return rate(scale, 2*units)
}

// skipVUIColour passes over the beginning of VUI parameters, which H.264 and
// H.265 share: as far as the place of the chroma samples.
func skipVUIColour(r *bitReader) {
	if r.flag() && r.u(8) == 255 { // aspect_ratio_idc: Extended_SAR
		r.skip(32)
	}
	if r.flag() { // overscan_info_present_flag
		r.skip(1)
	}
	if r.flag() { // video_signal_type_present_flag
		r.skip(4)
		if r.flag() {
			r.skip(24)
		}
	}
	if r.flag() { // chroma_loc_info_present_flag
		r.ue()
		r.ue()
	}
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
