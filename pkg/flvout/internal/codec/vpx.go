package codec

import (
	"encoding/binary"
	"strconv"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/vp9"
)

// VPX reads a VPCodecConfigurationRecord of VP8 or VP9 (VP Codec ISO Media File
// Format Binding). Some write it as it stands in a box, behind a version and
// flags. It does not say a size.
func VPX(b []byte) Info {
	if len(b) >= 12 && b[0] <= 1 && b[1] == 0 && b[2] == 0 && b[3] == 0 {
		b = b[4:]
	}
	if len(b) < 3 || b[0] > 3 {
		return Info{}
	}
	i := Info{Profile: vpxProfile(b[0]), BitDepth: int(b[2] >> 4)}
	if b[1] >= 10 && b[1] <= 62 {
		i.Level = level(int(b[1])/10, int(b[1])%10)
	}
	return i.Sane()
}

func vpxProfile(n byte) string { return "Profile " + strconv.Itoa(int(n)) }

// VP8Frame reads the size from a key frame (RFC 6386, 9.1).
func VP8Frame(b []byte) Info {
	if len(b) < 10 || b[0]&1 != 0 || b[3] != 0x9D || b[4] != 0x01 || b[5] != 0x2A {
		return Info{}
	}
	return Info{
		Profile:  vpxProfile(b[0] >> 1 & 3),
		Width:    int(binary.LittleEndian.Uint16(b[6:]) & 0x3FFF),
		Height:   int(binary.LittleEndian.Uint16(b[8:]) & 0x3FFF),
		BitDepth: 8,
	}.Sane()
}

// VP9Frame reads the size from the uncompressed header of a key frame (VP9, 6.2).
func VP9Frame(b []byte) Info {
	var h vp9.Header
	if err := h.Unmarshal(b); err != nil || h.FrameSize == nil {
		return Info{}
	}
	return Info{
		Profile:  vpxProfile(h.Profile),
		Width:    h.Width(),
		Height:   h.Height(),
		BitDepth: int(h.ColorConfig.BitDepth),
	}.Sane()
}
