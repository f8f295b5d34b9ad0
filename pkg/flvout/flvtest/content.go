package flvtest

import (
	"bytes"
	"slices"
	"time"
)

// contentRows are streams with odd but legal content.
func contentRows() []row {
	return []row{
		{"27", "a key frame of 15.9 MB", Repair | Live, func(m *maker) Case {
			c := Case{Tags: m.Tags()}
			c.Tags[m.mark] = m.at(m.mark, m.big(15_900_000))
			c.Want.Media = Media(c.Tags)
			return c
		}},
		{"27b", "a key frame of 16 MiB and a byte, more than a tag can hold", Live, func(m *maker) Case {
			c := Case{Tags: m.Tags()}
			c.Tags[m.mark] = m.at(m.mark, m.big(1<<24+1))
			// With it, the frames that refer to it may be left out.
			c.Want = Want{Video: -1, Audio: 2585, Flags: FlagAudio | FlagVideo}
			return c
		}},
		{"32", "the first sound, and its sequence header, at 10 s", Repair | Live, func(m *maker) Case {
			c := Case{Tags: without(m.tags, func(t Tag) bool {
				return t.Type == Audio && (t.Header() || t.Timestamp < 10_000)
			})}
			i := slices.IndexFunc(c.Tags, func(t Tag) bool { return t.Type == Audio })
			h := m.header(Audio)
			h.Timestamp, h.Arrival = c.Tags[i].Timestamp, c.Tags[i].Arrival
			c.Tags = slices.Insert(c.Tags, i, h)
			c.Want.Media = Media(c.Tags)
			return c
		}},
		{"35", "505 bytes of filler in each frame", Repair | Live, func(m *maker) Case {
			filler := slices.Concat([]byte{0, 0, 1, 0xF5, 0x0C}, bytes.Repeat([]byte{0xFF}, 499), []byte{0x80})
			c := Case{Tags: each(m.tags, func(_ int, t Tag) Tag {
				if t.Type == Video && t.Frame() {
					t.Body = slices.Concat(t.Body, filler)
				}
				return t
			})}
			c.Want.Media = Media(c.Tags) // unless filler is to be removed
			return c
		}},
		{"36", "picture alone, 25 fps, no frame rate in the metadata", Repair | Live, func(m *maker) Case {
			return m.silent(1)
		}},
		{"36c", "picture alone, 5 fps, no frame rate in the metadata", Repair | Live, func(m *maker) Case {
			return m.silent(5)
		}},
		{"43", "9000 key frames, one every 2 s", Repair | Live, func(m *maker) Case {
			tags := m.stream(18_000_000, 0, m.avc(1000, 2))
			return Case{Tags: tags, Want: Want{Media: Media(tags)}}
		}},
	}
}

// big is a key frame with a body of n bytes.
func (m *maker) big(n int) []byte {
	nal := uint32(n - 9)
	head := []byte{0x17, 1, 0, 0, 80, byte(nal >> 24), byte(nal >> 16), byte(nal >> 8), byte(nal), 0x65}
	return append(head, m.noise(n-len(head))...)
}

// silent is the good minute's picture, slower by a factor.
func (m *maker) silent(slower uint32) Case {
	pictures := without(m.tags, func(t Tag) bool { return t.Type == Audio })
	c := Case{Tags: each(pictures, func(_ int, t Tag) Tag {
		switch {
		case t.Type == Script:
			t = m.metadata(describe(pictures).without("framerate"))
		case t.Frame():
			t = t.withCTS(t.CTS() * int32(slower))
		}
		t.Timestamp *= slower
		t.Arrival *= time.Duration(slower)
		return t
	})}
	c.Want.Media = Media(c.Tags)
	return c
}
