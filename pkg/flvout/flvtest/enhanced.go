package flvtest

import (
	"encoding/hex"
	"slices"
	"strings"
)

// The packet types of enhanced tags.
const (
	sequenceStart = 0
	codedFrames   = 1
	sequenceEnd   = 2
	codedFramesX  = 3
	metadata      = 4 // of audio: MultichannelConfig
	modEx         = 7

	keyFrame   = 0x90 // the extended header's bit, and frame type 1
	interFrame = 0xA0
	noFrame    = 0x80 // frame type 0, as MediaMTX writes it
	extAudio   = 0x90
)

// A coding is how the payloads of a codec look.
type coding struct {
	fourCC string
	config []byte // nil: the codec has no SequenceStart
	// key and inter are how a frame begins, of which n bytes more follow.
	key, inter func(n int) []byte
	cts        bool   // CodedFrames have a composition time
	every      uint32 // ms, of audio
}

// unhex reads the bytes that the tables of this package write.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// nal is a NAL unit's header behind four bytes of length.
func nal(header ...byte) func(n int) []byte {
	return func(n int) []byte { return slices.Concat([]byte{0, 0, 0, byte(n + len(header))}, header) }
}

// begun is the same bytes before each frame.
func begun(s string) func(n int) []byte { return func(int) []byte { return unhex(s) } }

// obu is a temporal delimiter, what comes before a frame, and the frame's OBU.
func obu(before string, first byte) func(n int) []byte {
	return func(n int) []byte {
		return slices.Concat([]byte{0x12, 0}, unhex(before), []byte{0x32, byte(n + 1), first})
	}
}

// x265's parameter sets of 96x54 at 25 fps.
const hvcC = "0101600000009000000000001ef000fcfdf8f800000f03a00001001840010c01ffff016000000300900000030000" +
	"03001e959809a10001002942010101600000030090000003000003001ea030839f596566b932bc05a02000000300200000030321a2" +
	"000100064401c173d189"

func videoCodings(m *maker) map[string]coding {
	return map[string]coding{
		"avc1": {config: m.header(Video).Body[5:], key: nal(0x65), inter: nal(0x41), cts: true},
		"hvc1": {config: unhex(hvcC), key: nal(0x26, 1), inter: nal(2, 1), cts: true},
		// No more than the record's beginning: four bytes of length, no sets.
		"vvc1": {config: unhex("FE 00 00"), key: nal(0, 0x39), inter: nal(0, 1), cts: true},
		"av01": {config: unhex("81040C00 0A0B00000024CF7F0DBFFF3008"),
			key: obu("0A0B00000024CF7F0DBFFF3008", 0x10), inter: obu("", 0x30)},
		"vp08": {config: unhex("01000000 000A8002 02020000"), key: begun("500100 9D012A 6000 3600"), inter: begun("510100")},
		"vp09": {config: unhex("01000000 000A8202 02020000"), key: begun("82498342"), inter: begun("86")},
	}
}

func audioCodings(m *maker) map[string]coding {
	return map[string]coding{
		"Opus": {config: unhex("4F70757348656164 01 01 3801 80BB0000 0000 00"), key: begun("F8"), every: 20},
		"fLaC": {config: unhex("664C6143 80000022 1200 1200 00000B 00000D 0AC440F0 00000000" +
			"00000000000000000000000000000000"), key: begun("FFF8 C9 00"), every: 104},
		"ac-3": {key: begun("0B774E770C402F84"), every: 32},
		"ec-3": {key: begun("0B7700BF3287C000"), every: 32},
		".mp3": {key: begun("FFFB90C4"), every: 24},
		"mp4a": {config: m.header(Audio).Body[2:], key: begun("01"), every: 23},
	}
}

func (m *maker) video(fourCC string) coding {
	c := videoCodings(m)[fourCC]
	c.fourCC = fourCC
	return c
}

func (m *maker) audio(fourCC string) coding {
	c := audioCodings(m)[fourCC]
	c.fourCC = fourCC
	return c
}

// payload is that of frame i, unlike all others.
func (c coding) payload(m *maker, key bool) []byte {
	begin := c.key
	if !key {
		begin = c.inter
	}
	const n = 16
	return append(begin(n), m.noise(n)...)
}

// tagged is an enhanced tag's body.
func tagged(first byte, packet byte, fourCC string, payload ...byte) []byte {
	return slices.Concat([]byte{first | packet}, []byte(fourCC), payload)
}

// enhancedVideo is the track of a codec: 25 fps, a key frame every two
// seconds. Frames have a composition time, if the codec's have one, as FFmpeg
// sends them: in CodedFrames if it is not 0.
func (m *maker) enhancedVideo(fourCC string) track {
	c := m.video(fourCC)
	return track{
		typ: Video, every: 40,
		headers: [][]byte{tagged(keyFrame, sequenceStart, fourCC, c.config...)},
		frame: func(i int) []byte {
			first, key := byte(interFrame), i%50 == 0
			if key {
				first = keyFrame
			}
			p := c.payload(m, key)
			switch cts := byte(i % 3 * 40); {
			case !c.cts:
				return tagged(first, codedFrames, fourCC, p...)
			case cts == 0:
				return tagged(first, codedFramesX, fourCC, p...)
			default:
				return tagged(first, codedFrames, fourCC, slices.Concat([]byte{0, 0, cts}, p)...)
			}
		},
		end: tagged(keyFrame, sequenceEnd, fourCC),
	}
}

// enhancedAudio is the track of a codec.
func (m *maker) enhancedAudio(fourCC string) track {
	c := m.audio(fourCC)
	k := track{
		typ: Audio, every: c.every,
		frame: func(int) []byte { return tagged(extAudio, codedFrames, fourCC, c.payload(m, true)...) },
		end:   tagged(extAudio, sequenceEnd, fourCC),
	}
	if c.config != nil {
		k.headers = [][]byte{tagged(extAudio, sequenceStart, fourCC, c.config...)}
	}
	return k
}

// enhancedRows are streams of E-RTMP, one track of a kind.
func enhancedRows() []row {
	rows := []row{
		{"50", "the good minute, enhanced: avc1 and mp4a", Repair | Live, func(m *maker) Case {
			c := Case{Tags: each(m.tags, enhance)}
			c.Want.Media = Media(c.Tags)
			return c
		}},
		{"50-mtx", "hvc1 of frame type 0, key frames too", Repair | Live, func(m *maker) Case {
			k := m.enhancedVideo("hvc1")
			k.headers[0][0] = noFrame | sequenceStart
			marked := k.frame
			k.frame = func(i int) []byte {
				b := marked(i)
				b[0] = noFrame | b[0]&15
				return b
			}
			return m.synthetic(k, m.aac(23))
		}},
		{"50-color", "hvc1 with colour information of frame type 5", Repair | Live, func(m *maker) Case {
			k := m.enhancedVideo("hvc1")
			color := properties{{"colorConfig", properties{{"bitDepth", num(10)}, {"colorPrimaries", num(9)},
				{"transferCharacteristics", num(16)}, {"matrixCoefficients", num(9)}}.object()}}
			k.headers = append(k.headers, tagged(0xD0, metadata, "hvc1", append(str("colorInfo"), color.object()...)...))
			return m.synthetic(k, m.aac(23))
		}},
		{"50-surround", "Opus with a layout of six channels", Repair | Live, func(m *maker) Case {
			k := m.enhancedAudio("Opus")
			k.headers = append(k.headers, tagged(extAudio, metadata, "Opus", unhex("01 06 0000003F")...))
			return m.synthetic(m.avc(40, 50), k)
		}},
		{"50-modex", "hvc1 and Opus, each frame with nanoseconds in ModEx", Repair | Live, func(m *maker) Case {
			picture, sound := m.enhancedVideo("hvc1"), m.enhancedAudio("Opus")
			for _, k := range []*track{&picture, &sound} {
				plain := k.frame
				k.frame = func(i int) []byte {
					b := plain(i)
					// 3 bytes of type 0, and then the packet type.
					return slices.Concat([]byte{b[0]&0xF0 | modEx, 2, 7, 0xA1, 0x20, b[0] & 15}, b[1:])
				}
			}
			return m.synthetic(picture, sound)
		}},
		{"50-empty", "av01 with an empty SequenceStart and then one with a configuration", Repair | Live, func(m *maker) Case {
			k := m.enhancedVideo("av01")
			k.headers = slices.Insert(k.headers, 0, tagged(keyFrame, sequenceStart, "av01"))
			return m.synthetic(k, m.aac(23))
		}},
	}
	for _, cc := range []string{"hvc1", "vvc1", "av01", "vp08", "vp09"} {
		rows = append(rows, row{"50-" + cc, cc + " with AAC", Repair | Live, func(m *maker) Case {
			return m.synthetic(m.enhancedVideo(cc), m.aac(23))
		}})
	}
	for _, cc := range []string{"Opus", "fLaC", "ac-3", "ec-3", ".mp3", "mp4a"} {
		rows = append(rows, row{"50-" + cc, cc + " with AVC", Repair | Live, func(m *maker) Case {
			return m.synthetic(m.avc(40, 50), m.enhancedAudio(cc))
		}})
	}
	return rows
}

// enhance is a tag of AVC or AAC with an extended header.
func enhance(_ int, t Tag) Tag {
	packet := [...]byte{other: 0, config: sequenceStart, frame: codedFrames, end: sequenceEnd}[t.content()]
	switch {
	case t.Type == Video && t.Frame():
		t.Body = tagged(0x80|t.Body[0]&0x70, packet, "avc1", t.Body[2:]...)
	case t.Type == Video:
		t.Body = tagged(0x80|t.Body[0]&0x70, packet, "avc1", t.Body[5:]...)
	case t.Type == Audio:
		t.Body = tagged(extAudio, packet, "mp4a", t.Body[2:]...)
	}
	return t
}
