package codec

import "encoding/binary"

const hevcSPS = 33 // nal_unit_type

// HEVC reads an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1). The
// profile is the record's, since that is for all the parameter sets in it.
func HEVC(b []byte) Info {
	if len(b) < 23 { // its version is 1; some write 0
		return Info{}
	}
	i := Info{
		Profile:   hevcProfile(b[1]&0x1F, binary.BigEndian.Uint32(b[2:]), b[6:12]),
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
			if typ != hevcSPS {
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
func HEVCUnit(b []byte) (i Info, ok bool) {
	if len(b) < 16 || b[0]>>1&0x3F != hevcSPS {
		return Info{}, false
	}
	r := nalReader(b)
	r.skip(16) // the unit's header
	r.skip(4)  // sps_video_parameter_set_id
	layers := r.int(3) + 1
	r.skip(1)
	i = readHEVCProfile(r, layers)
	r.ue() // sps_seq_parameter_set_id
	chroma, planes := r.ue(), false
	if chroma == 3 {
		planes = r.flag()
	}
	width, height := r.ue(), r.ue()
	if r.flag() {
		x, y := cropUnits(chroma, planes)
		left, right, top, bottom := r.ue(), r.ue(), r.ue(), r.ue()
		width, height = crop(width, x*(left+right)), crop(height, y*(top+bottom))
	}
	i.BitDepth = 8 + r.count(8)
	if r.failed {
		return Info{}, false
	}
	i.Width, i.Height = side(width), side(height)
	i.FrameRate = hevcFrameRate(r, layers)
	return i.Sane(), true
}

// readHEVCProfile reads profile_tier_level (H.265, 7.3.3).
func readHEVCProfile(r *bitReader, layers int) Info {
	r.skip(3)
	idc, compatible := byte(r.u(5)), uint32(r.u(32))
	var constraints [6]byte
	for n := range constraints {
		constraints[n] = byte(r.u(8))
	}
	i := Info{Profile: hevcProfile(idc, compatible, constraints[:]), Level: hevcLevel(byte(r.u(8)))}
	if layers == 1 {
		return i
	}
	var profiles, levels [8]bool
	for n := range layers - 1 {
		profiles[n], levels[n] = r.flag(), r.flag()
	}
	r.skip(2 * (8 - (layers - 1)))
	for n := range layers - 1 {
		if profiles[n] {
			r.skip(88)
		}
		if levels[n] {
			r.skip(8)
		}
	}
	return i
}

// hevcFrameRate goes on from the bit depth of chroma to the timing in the VUI
// parameters.
func hevcFrameRate(r *bitReader, layers int) float64 {
	r.ue()                     // bit_depth_chroma_minus8
	pocBits := r.count(12) + 4 // log2_max_pic_order_cnt_lsb_minus4
	if all := r.flag(); !all { // sps_sub_layer_ordering_info_present_flag
		layers = 1
	}
	for range layers {
		r.ue()
		r.ue()
		r.ue()
	}
	for range 6 { // sizes of blocks and depths of their trees
		r.ue()
	}
	if r.flag() && r.flag() { // scaling_list_enabled_flag, sps_scaling_list_data_present_flag
		skipHEVCScalingLists(r)
	}
	r.skip(2)
	if r.flag() { // pcm_enabled_flag
		r.skip(8)
		r.ue()
		r.ue()
		r.skip(1)
	}
	skipHEVCReferenceSets(r)
	if r.flag() { // long_term_ref_pics_present_flag
		for range r.count(32) {
			r.skip(pocBits + 1)
		}
	}
	r.skip(2)
	if !r.flag() || r.failed { // vui_parameters_present_flag
		return 0
	}
	skipVUIColour(r)
	r.skip(3)
	if r.flag() { // default_display_window_flag
		for range 4 {
			r.ue()
		}
	}
	if !r.flag() { // vui_timing_info_present_flag
		return 0
	}
	units, scale := r.u(32), r.u(32)
	if r.failed {
		return 0
	}
	return rate(scale, units)
}

// skipHEVCScalingLists passes over scaling_list_data (H.265, 7.3.4).
func skipHEVCScalingLists(r *bitReader) {
	for size := range 4 {
		step := 1
		if size == 3 {
			step = 3
		}
		for matrix := 0; matrix < 6 && !r.failed; matrix += step {
			if !r.flag() {
				r.ue()
				continue
			}
			if size > 1 {
				r.se()
			}
			for range min(64, 1<<(4+size<<1)) {
				r.se()
			}
		}
	}
}

// skipHEVCReferenceSets passes over the short-term reference picture sets (H.265,
// 7.3.7), each of which may be told by its difference from the one before.
func skipHEVCReferenceSets(r *bitReader) {
	const maxPictures = 16
	before := 0 // pictures in the set before
	for n := range r.count(64) {
		if r.failed {
			return
		}
		if n > 0 && r.flag() { // inter_ref_pic_set_prediction_flag
			r.flag()
			r.ue()
			pictures := 0
			for range before + 1 {
				used := r.flag()
				if used || r.flag() { // use_delta_flag
					pictures++
				}
			}
			before = min(pictures, maxPictures)
			continue
		}
		before = min(r.count(maxPictures)+r.count(maxPictures), maxPictures)
		for range before {
			r.ue()
			r.flag()
		}
	}
}

// hevcProfile names a profile (H.265, A.3). A stream with number 0 may say by
// the compatibility flags, the highest bit being that of profile 0, what it is.
func hevcProfile(idc byte, compatible uint32, constraints []byte) string {
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
		return hevcRangeExtension(constraints)
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
