package codec

// Audio object types (ISO/IEC 14496-3, table 1.17).
const (
	aacSBR    = 5
	aacPS     = 29
	aacEscape = 31
)

// AAC reads an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1). The rate and the
// channels are what comes out: of spectral band replication twice the rate, of
// parametric stereo two channels. A stream may use either without a word here.
func AAC(b []byte) Info {
	r := &bitReader{b: b}
	object := aacObject(r)
	i := Info{SampleRate: aacRate(r)}
	layout := r.int(4)
	sbr, ps := object == aacSBR || object == aacPS, object == aacPS
	if sbr {
		i.SampleRate = aacRate(r)
		if object = aacObject(r); object == 22 { // ER BSAC
			r.skip(4)
		}
	}
	if r.failed || object == 0 {
		return Info{}
	}
	i.Channels = aacChannels(layout)
	if aacGeneral(object) {
		r.flag()      // frameLengthFlag
		if r.flag() { // dependsOnCoreCoder
			r.skip(14)
		}
		extension := r.flag()
		if layout == 0 {
			i.Channels = readProgramConfig(r)
		}
		if object == 6 || object == 20 {
			r.skip(3)
		}
		if extension {
			if object == 22 {
				r.skip(16)
			}
			if object == 17 || object == 19 || object == 20 || object == 23 {
				r.skip(3)
			}
			r.skip(1)
		}
		if !sbr && object < 17 && !r.failed {
			sbr, ps = readAACExtension(r, &i)
		}
	}
	if ps && i.Channels == 1 {
		i.Channels = 2
	}
	i.Profile = aacProfile(object, sbr, ps)
	return i.Sane()
}

// readAACExtension looks behind the configuration for what older decoders do not
// look for: that there is spectral band replication.
func readAACExtension(r *bitReader, i *Info) (sbr, ps bool) {
	if r.u(11) != 0x2B7 || aacObject(r) != aacSBR || !r.flag() || r.failed {
		return false, false
	}
	hz := aacRate(r)
	if r.failed {
		return false, false
	}
	if hz > 0 {
		i.SampleRate = hz
	}
	ps = r.u(11) == 0x548 && r.flag() && !r.failed
	return true, ps
}

func aacObject(r *bitReader) int {
	n := r.int(5)
	if n == aacEscape {
		n = 32 + r.int(6)
	}
	return n
}

func aacRate(r *bitReader) int {
	n := r.int(4)
	if n == 15 {
		return r.int(24)
	}
	return mpeg4Rate(n)
}

func mpeg4Rate(index int) int {
	switch index {
	case 0:
		return 96000
	case 1:
		return 88200
	case 2:
		return 64000
	case 3:
		return 48000
	case 4:
		return 44100
	case 5:
		return 32000
	case 6:
		return 24000
	case 7:
		return 22050
	case 8:
		return 16000
	case 9:
		return 12000
	case 10:
		return 11025
	case 11:
		return 8000
	case 12:
		return 7350
	}
	return 0
}

// aacChannels is the number of channels of a channelConfiguration (ISO/IEC
// 14496-3, table 1.19).
func aacChannels(layout int) int {
	switch {
	case layout <= 6:
		return layout
	case layout == 7, layout == 12, layout == 14:
		return 8
	case layout == 11:
		return 7
	case layout == 13:
		return 24
	}
	return 0
}

// aacGeneral tells the object types that a GASpecificConfig follows.
func aacGeneral(object int) bool {
	switch object {
	case 1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23:
		return true
	}
	return false
}

// readProgramConfig counts the channels of a program_config_element (ISO/IEC
// 14496-3, 4.4.1.1).
func readProgramConfig(r *bitReader) int {
	r.skip(4 + 2 + 4)
	single := [3]int{r.int(4), r.int(4), r.int(4)} // front, side, back
	low, data, coupling := r.int(2), r.int(3), r.int(4)
	for range 2 { // mono and stereo mixdown
		if r.flag() {
			r.skip(4)
		}
	}
	if r.flag() { // matrix mixdown
		r.skip(3)
	}
	channels := low
	for _, n := range single {
		for range n {
			channels += 1 + r.int(1)
			r.skip(4)
		}
	}
	r.skip(4*low + 4*data + 5*coupling)
	r.skip(r.n) // byte_alignment
	r.skip(8 * r.int(8))
	if r.failed {
		return 0
	}
	return channels
}

func aacProfile(object int, sbr, ps bool) string {
	switch {
	case ps:
		return "HE-AACv2"
	case sbr && object == 2:
		return "HE-AAC"
	}
	switch object {
	case 1:
		return "Main"
	case 2:
		return "LC"
	case 3:
		return "SSR"
	case 4:
		return "LTP"
	case 23:
		return "LD"
	case 39:
		return "ELD"
	case 42:
		return "xHE-AAC"
	}
	return ""
}
