package codec

import "encoding/binary"

// H263 reads the size from a picture of Sorenson's H.263 (SWF 19, H263VIDEOPACKET).
func H263(b []byte) Info {
	r := &bitReader{b: b}
	if r.u(17) != 1 { // PictureStartCode
		return Info{}
	}
	r.skip(5 + 8)
	i := Info{BitDepth: 8}
	switch r.u(3) { // PictureSize
	case 0:
		i.Width, i.Height = r.int(8), r.int(8)
	case 1:
		i.Width, i.Height = r.int(16), r.int(16)
	case 2:
		i.Width, i.Height = 352, 288
	case 3:
		i.Width, i.Height = 176, 144
	case 4:
		i.Width, i.Height = 128, 96
	case 5:
		i.Width, i.Height = 320, 240
	case 6:
		i.Width, i.Height = 160, 120
	}
	if r.failed {
		return Info{}
	}
	return i.Sane()
}

// Screen reads the size from a picture of Screen Video, version 1 or 2 (SWF 19,
// SCREENVIDEOPACKET): twelve bits each behind a block's size in four.
func Screen(b []byte) Info {
	if len(b) < 4 {
		return Info{}
	}
	return Info{
		Width:    int(binary.BigEndian.Uint16(b) & 0xFFF),
		Height:   int(binary.BigEndian.Uint16(b[2:]) & 0xFFF),
		BitDepth: 8,
	}.Sane()
}

// VP6 reads the size from a key frame of On2's VP6 behind FLV's byte of how much
// of the right and the lower border is not shown (FLV 10.1, E.4.3.1). With alpha,
// three bytes tell where that begins.
func VP6(b []byte, alpha bool) Info {
	if len(b) < 1 {
		return Info{}
	}
	hidden := b[0]
	b = b[1:]
	if alpha {
		if len(b) < 3 {
			return Info{}
		}
		b = b[3:]
	}
	if len(b) < 6 || b[0]&0x80 != 0 { // of an inter frame
		return Info{}
	}
	if b[0]&1 != 0 || b[1]&6 == 0 { // separated coefficients, or simple profile
		b = b[2:] // their offset
	}
	if len(b) < 4 {
		return Info{}
	}
	return Info{
		Width:    16*int(b[3]) - int(hidden>>4),
		Height:   16*int(b[2]) - int(hidden&15),
		BitDepth: 8,
	}.Sane()
}
