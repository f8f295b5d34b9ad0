package codec

import "github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

// Audio object types (ISO/IEC 14496-3, table 1.17).
const (
	aacLC     = int(mpeg4audio.ObjectTypeAACLC)
	aacLTP    = 4
	aacSBR    = int(mpeg4audio.ObjectTypeSBR)
	aacPS     = int(mpeg4audio.ObjectTypePS)
	aacEscape = 31
)

// AAC reads an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1). The rate and the
// channels are what comes out: of spectral band replication twice the rate, of
// parametric stereo two channels. A stream may use either without a word here.
func AAC(b []byte) Info {
	const maxSize = 1024 // a longer one tells no more
	r := &bitReader{b: b[:min(len(b), maxSize)]}
	object := aacObject(r)
	sbr, ps := object == aacSBR || object == aacPS, object == aacPS
	known := object
	if !sbr { // the library knows LC alone, but the others begin alike
		known = aacLC
	}
	c := aacConfig(r, known)
	i := Info{SampleRate: c.SampleRate, Channels: aacChannels(int(c.ChannelConfig))}
	if sbr {
		i.SampleRate = c.ExtensionSampleRate
		object = int(c.Type)
	}
	if i.SampleRate == 0 || object == 0 {
		return Info{}
	}
	if object <= aacLTP { // there is a GASpecificConfig
		skipAACRate(r)
		r.skip(4) // channelConfiguration
		if sbr {
			skipAACRate(r)
			r.skip(5)
		}
		r.skip(1)     // frameLengthFlag
		if r.flag() { // dependsOnCoreCoder
			r.skip(14)
		}
		r.skip(1) // extensionFlag
		if c.ChannelConfig == 0 {
			const element = 5 // what the library wants to see in front
			if e, err := mpeg4audio.ParsePCEFromRawDataBlock(r.rest(element, 3)); err == nil {
				i.Channels = e.ChannelCount
			}
		}
		if !sbr {
			sbr, ps = readAACExtension(r, &i)
		}
	}
	if ps && i.Channels == 1 {
		i.Channels = 2
	}
	i.Profile = aacProfile(object, sbr, ps)
	return i.Sane()
}

// aacConfig has the library read from a rate on, as behind an object type. What it
// may refuse is behind the rate, so that its error does not matter.
func aacConfig(r *bitReader, object int) (c mpeg4audio.AudioSpecificConfig) {
	_ = c.Unmarshal(r.rest(uint64(object), 5))
	return c
}

// readAACExtension looks behind the configuration for what older decoders do not
// look for, nor does the library: that there is spectral band replication. A
// program_config_element may be in between.
func readAACExtension(r *bitReader, i *Info) (sbr, ps bool) {
	const syncSBR, syncPS = 0x2B7, 0x548
	for ; !r.failed; r.skip(1) {
		e := *r
		if e.u(11) != syncSBR || aacObject(&e) != aacSBR {
			continue
		}
		if !e.flag() || e.failed {
			break
		}
		c := aacConfig(&e, aacLC)
		if c.SampleRate == 0 {
			break
		}
		i.SampleRate = c.SampleRate
		skipAACRate(&e)
		return true, e.u(11) == syncPS && e.flag()
	}
	return false, false
}

func aacObject(r *bitReader) int {
	n := r.int(5)
	if n == aacEscape {
		n = 32 + r.int(6)
	}
	return n
}

func skipAACRate(r *bitReader) {
	if r.u(4) == 15 {
		r.skip(24)
	}
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
