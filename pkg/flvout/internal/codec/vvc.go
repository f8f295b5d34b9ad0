package codec

// VVC reads a VvcDecoderConfigurationRecord (ISO/IEC 14496-15, 11.2.4.2). It has
// all there is to know, so that no parameter set need be read.
func VVC(b []byte) Info {
	r := &bitReader{b: b}
	r.skip(5 + 2)
	if !r.flag() { // ptl_present_flag
		return Info{}
	}
	r.skip(9) // ols_idx
	layers := r.int(3)
	r.skip(2 + 2)
	i := Info{BitDepth: 8 + r.int(3)}
	r.skip(5)
	r.skip(2)
	constraints := r.int(6) // bytes
	profile := r.int(7)
	r.skip(1)
	levelIDC := r.int(8)
	r.skip(2)
	if constraints > 0 {
		r.skip(8*constraints - 2)
	} else {
		r.skip(6)
	}
	if layers > 1 {
		present := 0
		for range layers - 1 {
			present += r.int(1)
		}
		r.skip(8 - (layers - 1))
		r.skip(8 * present)
	}
	r.skip(32 * r.int(8)) // sub-profiles
	i.Width, i.Height = r.int(16), r.int(16)
	i.FrameRate = float64(r.u(16)) / 256
	if r.failed {
		return Info{}
	}
	i.Profile = vvcProfile(profile)
	if major, minor := levelIDC/16, levelIDC%16/3; major > 0 && major < 16 {
		i.Level = level(major, minor)
	}
	return i.Sane()
}

func vvcProfile(idc int) string {
	switch idc {
	case 1:
		return "Main 10"
	case 17:
		return "Multilayer Main 10"
	case 33:
		return "Main 10 4:4:4"
	case 49:
		return "Multilayer Main 10 4:4:4"
	case 65:
		return "Main 10 Still Picture"
	case 97:
		return "Main 10 4:4:4 Still Picture"
	case 2:
		return "Main 12"
	case 34:
		return "Main 12 4:4:4"
	case 35:
		return "Main 16 4:4:4"
	}
	return ""
}
