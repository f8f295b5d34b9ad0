package flvtest

import "slices"

const (
	multiVideo = 6 // packet types
	multiAudio = 5

	oneTrack       = 0x00 // and the kinds of multitrack, in the high nibble
	manyTracks     = 0x10
	manyTrackTypes = 0x20
)

// multitrackRows are streams with more than one track of a kind.
func multitrackRows() []row {
	return []row{
		{"50-onetrack", "hvc1, and avc1 as track 1 in tags of its own", Repair | Live, func(m *maker) Case {
			second := m.enhancedVideo("avc1")
			rewrapped(&second, func(b []byte) []byte {
				return slices.Concat([]byte{b[0]&0xF0 | multiVideo, oneTrack | b[0]&15}, b[1:5], []byte{1}, b[5:])
			})
			return m.synthetic(m.enhancedVideo("hvc1"), second, m.aac(23))
		}},
		{"50-manytracks", "two tracks of hvc1 in each tag", Repair | Live, func(m *maker) Case {
			k := m.enhancedVideo("hvc1")
			rewrapped(&k, func(b []byte) []byte {
				return slices.Concat([]byte{b[0]&0xF0 | multiVideo, manyTracks | b[0]&15}, b[1:5],
					sized(0, b[5:]), sized(1, b[5:]))
			})
			return m.synthetic(k, m.aac(23))
		}},
		{"50-manycodecs", "av01 and hvc1 in each tag", Repair | Live, func(m *maker) Case {
			first, second := m.enhancedVideo("av01"), m.video("hvc1")
			rewrapped(&first, func(b []byte) []byte {
				var with []byte // the second track's part
				switch b[0] & 15 {
				case sequenceStart:
					with = second.config
				case codedFrames:
					with = slices.Concat([]byte{0, 0, 40}, second.payload(m, b[0]&0xF0 == keyFrame))
				}
				return slices.Concat([]byte{b[0]&0xF0 | multiVideo, manyTrackTypes | b[0]&15},
					b[1:5], sized(0, b[5:]), []byte(second.fourCC), sized(1, with))
			})
			return m.synthetic(first, m.aac(23))
		}},
		{"50-opus2", "two tracks of Opus in each tag", Repair | Live, func(m *maker) Case {
			k := m.enhancedAudio("Opus")
			rewrapped(&k, func(b []byte) []byte {
				return slices.Concat([]byte{b[0]&0xF0 | multiAudio, manyTracks | b[0]&15}, b[1:5],
					sized(0, b[5:]), sized(1, b[5:]))
			})
			return m.synthetic(m.avc(40, 50), k)
		}},
		{"50-aac1", "AAC, and mp4a as track 1 in tags of its own", Repair | Live, func(m *maker) Case {
			second := m.enhancedAudio("mp4a")
			rewrapped(&second, func(b []byte) []byte {
				return slices.Concat([]byte{b[0]&0xF0 | multiAudio, oneTrack | b[0]&15}, b[1:5], []byte{1}, b[5:])
			})
			return m.synthetic(m.avc(40, 50), m.aac(23), second)
		}},
	}
}

// sized is a track's part of a tag with many.
func sized(id byte, body []byte) []byte {
	n := len(body)
	return slices.Concat([]byte{id, byte(n >> 16), byte(n >> 8), byte(n)}, body)
}

// rewrapped changes all bodies of a track.
func rewrapped(k *track, f func(b []byte) []byte) {
	for i, h := range k.headers {
		k.headers[i] = f(h)
	}
	plain := k.frame
	k.frame = func(i int) []byte { return f(plain(i)) }
	if k.end != nil {
		k.end = f(k.end)
	}
}
