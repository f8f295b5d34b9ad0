package codec

import (
	"encoding/binary"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
)

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
	const maxUnits = 16
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
		if av1.OBUType(h>>3&0x0F) == av1.OBUTypeSequenceHeader {
			return readAV1Sequence(b[:size])
		}
		b = b[size:]
	}
	return Info{}
}

// readAV1Sequence reads what is in a sequence header OBU (AV1, 5.5.1). What follows
// the size may be torn. The library refuses one with a decoder model or an initial
// display delay, which encoders write when told to.
func readAV1Sequence(b []byte) Info {
	const header, maxSize = byte(av1.OBUTypeSequenceHeader << 3), 256
	var s av1.SequenceHeader
	// Without the extension byte, which the library refuses, and without a size.
	unit := append([]byte{header}, b[:min(len(b), maxSize)]...)
	if err := s.Unmarshal(unit); err != nil && s.MaxFrameWidthMinus1 == 0 {
		return Info{}
	}
	i := Info{
		Profile:  av1Profile(s.SeqProfile),
		Level:    av1Level(s.SeqLevelIdx[0]),
		Width:    s.Width(),
		Height:   s.Height(),
		BitDepth: s.ColorConfig.BitDepth,
	}
	if t := s.TimingInfo; t != nil && t.EqualPictureInterval {
		i.FrameRate = float64(t.TimeScale) / (float64(t.NumUnitsInDisplayTick) * (float64(t.NumTicksPerPictureMinus1) + 1))
	}
	return i.Sane()
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
