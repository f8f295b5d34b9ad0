package flvtest

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/yutopp/go-flv/tag"
)

// repeatRows are streams in which headers and data come again, change, or are
// missing.
func repeatRows() []row {
	return []row{
		{"13", "both sequence headers again at the mark", Repair | Live, func(m *maker) Case {
			return Case{Want: m.intact(), Tags: m.inserted(m.mark, m.header(Video), m.header(Audio))}
		}},
		{"14", "another picture size and sample rate from the mark on", Repair | Live, func(m *maker) Case {
			rest := without(m.other, func(t Tag) bool { return t.Type == Script })
			c := Case{Tags: slices.Concat(m.tags[:m.mark], later(rest, m.tags[m.mark]))}
			c.Want.Media, c.Want.Files, c.Want.Slack = Media(c.Tags), 2, 60
			return c
		}},
		{"15", "no AVC sequence header", Live, func(m *maker) Case { return m.headless(Video) }},
		{"15b", "no AAC sequence header", Live, func(m *maker) Case { return m.headless(Audio) }},
		{"15s", "no AVC sequence header, but SPS and PPS in each key frame", Live, func(m *maker) Case {
			sets := m.parameterSets()
			c := Case{Tags: each(m.headless(Video).Tags, func(_ int, t Tag) Tag {
				if t.Key() {
					t.Body = slices.Concat(t.Body[:5], sets, t.Body[5:])
				}
				return t
			})}
			c.Want.Media = Media(slices.Concat([]Tag{m.header(Video)}, c.Tags))
			return c
		}},
		{"16", "the first key frame is missing", Live, func(m *maker) Case {
			i := slices.IndexFunc(m.tags, Tag.Key)
			c := Case{Tags: slices.Delete(m.Tags(), i, i+1)}
			c.Want = Want{Video: 1450, Audio: -1, Last: 57_960, Flags: FlagAudio | FlagVideo}
			return c
		}},
		{"17", "the ninth group of pictures comes twice", Live, func(m *maker) Case {
			from, to := m.keyAt(16_000), m.keyAt(18_000)
			return Case{Want: m.intact(), Tags: slices.Concat(m.tags[:to], m.tags[from:])}
		}},
		{"17b", "broken off at 31 s; two seconds later a new connection resends the last 3 s", Live, func(m *maker) Case {
			c := Case{Want: m.intact(), Tags: m.rejoined(28_000, 0)}
			return c
		}},
		{"17b0", "as 17b, and the new connection's clock begins with 0", Live, func(m *maker) Case {
			c := Case{Want: m.intact(), Tags: m.rejoined(28_000, 28_000)}
			return c
		}},
		{"17c", "60 identical frames of silence", Repair | Live, func(m *maker) Case {
			n := 0
			c := Case{Tags: each(m.tags, func(i int, t Tag) Tag {
				if i >= m.mark && n < 60 && t.Type == Audio && t.Frame() {
					t.Body = []byte{0xAF, 1, 0x01, 0x18, 0x20, 0x07}
					n++
				}
				return t
			})}
			c.Want.Media = Media(c.Tags)
			return c
		}},
		{"17d", "broken off at 31 s; a new connection begins with the key frame at 34 s", Live, func(m *maker) Case {
			c := Case{Tags: m.rejoined(34_000, 0)}
			c.Want.Media = Media(slices.Concat(m.tags[:m.cut()], m.tags[m.keyAt(34_000):]))
			return c
		}},
		{"17e", "broken off at 31 s; a new connection has another picture size and sample rate", Live, func(m *maker) Case {
			rest := later(m.other, Tag{Arrival: 33 * time.Second})
			rest[0].Rejoin = true
			c := Case{Tags: slices.Concat(m.tags[:m.cut()], rest)}
			c.Want.Video, c.Want.Audio = Frames(c.Tags)
			c.Want.Files, c.Want.Flags = 2, FlagAudio|FlagVideo
			return c
		}},
		{"23", "an end of sequence at the mark, and the stream goes on", Repair | Live, func(m *maker) Case {
			return Case{Want: m.intact(), Tags: m.inserted(m.mark, Tag{Type: Video, Body: []byte{0x17, 2, 0, 0, 0}})}
		}},
	}
}

// header is the good minute's sequence header of a type.
func (m *maker) header(typ tag.TagType) Tag {
	i := slices.IndexFunc(m.tags, func(t Tag) bool { return t.Type == typ && t.Header() })
	return m.tags[i]
}

// headless is the good minute without the sequence header of a type. What it
// leaves undecodable is not wanted.
func (m *maker) headless(typ tag.TagType) Case {
	return Case{
		Tags: without(m.tags, func(t Tag) bool { return t.Type == typ && t.Header() }),
		Want: Want{Media: Media(without(m.tags, func(t Tag) bool { return t.Type == typ }))},
	}
}

// parameterSets are the SPS and PPS of the AVC sequence header, each behind
// four bytes of length. The header has one of each (ISO 14496-15, 5.3.3.1).
func (m *maker) parameterSets() (nals []byte) {
	record := m.header(Video).Body[5:]
	for _, at := range []int{6, 0} {
		record = record[at:]
		if at == 0 {
			record = record[1:] // how many PPS
		}
		n := int(binary.BigEndian.Uint16(record))
		nals = binary.BigEndian.AppendUint32(nals, uint32(n))
		nals = append(nals, record[2:2+n]...)
		record = record[2+n:]
	}
	return nals
}

// keyAt is the index of the key frame with a timestamp.
func (m *maker) keyAt(ts uint32) int {
	return slices.IndexFunc(m.tags, func(t Tag) bool { return t.Key() && t.Timestamp == ts })
}

// cut is the index of the first tag after 31 s.
func (m *maker) cut() int {
	return slices.IndexFunc(m.tags, func(t Tag) bool { return t.Timestamp > 31_000 })
}

// rejoined is the good minute broken off at 31 s, and taken up at 33 s by a
// connection that begins with the key frame at from, and sends at once what was
// before 33 s. Its timestamps are less by what is taken off.
func (m *maker) rejoined(from, off uint32) []Tag {
	rest := each(slices.Concat(m.tags[:m.first()], m.tags[m.keyAt(from):]), func(_ int, t Tag) Tag {
		if t.Timestamp > 0 { // headers keep 0
			t.Timestamp -= off
		}
		t.Arrival = max(t.Arrival, 33*time.Second)
		return t
	})
	rest[0].Rejoin = true
	return slices.Concat(m.tags[:m.cut()], rest)
}

// later is a stream that begins at another's tag.
func later(tags []Tag, at Tag) []Tag {
	return each(tags, func(_ int, t Tag) Tag {
		t.Timestamp += at.Timestamp
		t.Arrival += at.Arrival
		return t
	})
}
