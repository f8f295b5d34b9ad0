package flvtest

import (
	"encoding/binary"
	"slices"
)

// byteRows are files with bytes lost, or bytes between the tags that belong to
// none.
func byteRows() []row {
	return []row{
		{"01", "the last 100 bytes are missing", Repair, func(m *maker) Case { return m.truncated(100) }},
		{"02", "5 stray bytes at the end", Repair, func(m *maker) Case {
			c := Case{File: append(m.Good(), m.noise(5)...), Want: m.intact()}
			c.Want.Tail = 5
			return c
		}},
		{"02b", "the last trailer is missing", Repair, func(m *maker) Case { return m.truncated(trailerSize) }},
		{"02c", "two bytes of the last trailer are missing", Repair, func(m *maker) Case { return m.truncated(2) }},
		{"05", "100 random bytes before the mark", Repair, func(m *maker) Case { return m.stray(m.noise(100)) }},
		{"05b", "64 KiB of zeros before the mark", Repair, func(m *maker) Case { return m.stray(make([]byte, 64<<10)) }},
		{"05c", "half a tag before the mark, whose header promises 200 bytes and whose 50 are followed by good tags", Repair,
			func(m *maker) Case {
				fake := Tag{Type: Video, Timestamp: 20_000, Body: m.noise(200)}
				return m.stray(fake.Append(nil)[:headerSize+50])
			}},
		{"05d", "half of the key frame at the mark is missing", Repair, func(m *maker) Case {
			t := m.tags[m.mark]
			half := t.Offset + int64(t.Size()/2)
			return Case{File: m.edited(half, t.End()), Want: Want{
				Media:   Media(slices.Delete(m.Tags(), m.mark, m.mark+1)),
				Garbage: half - t.Offset,
			}}
		}},
		{"05e", "10 to 2000 random bytes in each of 50 places", Repair, func(m *maker) Case {
			c := Case{Want: m.intact()}
			c.File = append(c.File, m.file[:headSize]...)
			for i, t := range m.tags {
				if i%80 == 40 && i/80 < 50 {
					n := 10 + m.random.IntN(1990)
					c.File = append(c.File, m.noise(n)...)
					c.Want.Garbage += int64(n)
				}
				c.File = t.Append(c.File)
			}
			return c
		}},
		{"28", "the same file again behind the first", Repair, func(m *maker) Case {
			return Case{
				File: slices.Concat(m.file, m.file),
				// Twice as many if repeats are kept.
				Want: Want{Video: -1, Audio: -1, Heads: 1},
			}
		}},
		{"28b", "a file that breaks off at the mark, and behind it one of the rest, from 0", Repair, func(m *maker) Case {
			rest := each(m.tags[m.mark:], func(_ int, t Tag) Tag {
				t.Timestamp -= m.tags[m.mark].Timestamp
				return t
			})
			c := Case{Want: m.intact()}
			c.File = append(File(FlagAudio|FlagVideo, m.tags[:m.mark]...),
				File(FlagAudio|FlagVideo, slices.Concat(m.tags[:3], rest)...)...)
			c.Want.Heads, c.Want.Slack = 1, 60
			return c
		}},
		{"30", "200 000 zeros at the end", Repair, func(m *maker) Case {
			c := Case{File: append(m.Good(), make([]byte, 200_000)...), Want: m.intact()}
			c.Want.Tail = 200_000
			return c
		}},
	}
}

// truncated is a file that lacks its last bytes.
func (m *maker) truncated(n int64) Case {
	end := int64(len(m.file)) - n
	c := Case{File: slices.Clone(m.file[:end])}
	var whole []Tag
	for _, t := range m.tags {
		if t.End()-trailerSize > end {
			c.Want.Tail = end - t.Offset
			break
		}
		whole = append(whole, t)
		c.Want.Torn = t.End() > end
	}
	c.Want.Media = Media(whole)
	return c
}

// stray is a file with bytes before the mark that belong to no tag.
func (m *maker) stray(b []byte) Case {
	c := Case{File: m.edited(m.Mark(), m.Mark(), b...), Want: m.intact()}
	c.Want.Garbage = int64(len(b))
	return c
}

// chainRows are files whose tags are all there, in a chain that readers break
// at.
func chainRows() []row {
	return []row{
		{"03", "the mark's trailer is DEADBEEF", Repair, func(m *maker) Case {
			return m.trailers(func(i int, size uint32) uint32 {
				if i == m.mark {
					return 0xDEADBEEF
				}
				return size
			})
		}},
		{"04", "all trailers are 0", Repair, func(m *maker) Case {
			return m.trailers(func(int, uint32) uint32 { return 0 })
		}},
		{"04b", "all trailers lack the 11 bytes of the tag's header", Repair, func(m *maker) Case {
			return m.trailers(func(_ int, size uint32) uint32 { return size - headerSize })
		}},
		{"06", "empty audio, video and script tags at the mark", Repair | Live, func(m *maker) Case {
			c := Case{Want: m.intact()}
			c.Tags = m.inserted(m.mark, Tag{Type: Audio}, Tag{Type: Video}, Tag{Type: Script})
			c.Want.Alien = 3
			return c
		}},
		{"07", "a tag of type 15 at the mark", Repair, func(m *maker) Case { return m.alien(15) }},
		{"07b", "a tag of type 8 with the filter bit at the mark", Repair, func(m *maker) Case { return m.alien(0x28) }},
		{"25", "stream ID 1 in all tags", Repair, func(m *maker) Case {
			return Case{Want: m.intact(), File: File(FlagAudio|FlagVideo, each(m.tags, func(_ int, t Tag) Tag {
				t.StreamID = 1
				return t
			})...)}
		}},
		{"26", "a header of 13 bytes", Repair, func(m *maker) Case {
			c := Case{File: m.edited(9, 9, 0, 0, 0, 0), Want: m.intact()}
			c.File[8] = 13
			return c
		}},
	}
}

// trailers is a file with its trailers changed by f.
func (m *maker) trailers(f func(i int, size uint32) uint32) Case {
	c := Case{File: m.Good(), Want: m.intact()}
	for i, t := range m.tags {
		p := c.File[t.End()-trailerSize : t.End()]
		was := binary.BigEndian.Uint32(p)
		if is := f(i, was); is != was {
			binary.BigEndian.PutUint32(p, is)
			c.Want.Trailers++
		}
	}
	return c
}

// alien is a file with a tag before the mark whose type byte is none of FLV's.
func (m *maker) alien(typ byte) Case {
	t := Tag{Type: Audio, Timestamp: 20_000, Body: m.noise(11)}
	b := t.Append(nil)
	b[0] = typ
	c := Case{File: m.edited(m.Mark(), m.Mark(), b...), Want: m.intact()}
	c.Want.Alien = 1
	return c
}
