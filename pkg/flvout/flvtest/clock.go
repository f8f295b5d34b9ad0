package flvtest

import (
	"slices"
	"time"
)

// clockRows are streams whose timestamps are not those of the good minute.
func clockRows() []row {
	shift := func(by uint32) func(m *maker) Case {
		return func(m *maker) Case {
			return m.retimed(func(_ int, t Tag) uint32 { return t.Timestamp + by })
		}
	}
	const half = 20_000 // ms into the stream, when a counter is full
	return []row{
		{"08", "the clock begins at 1000 s", Repair | Live, shift(1_000_000)},
		{"09", "the clock jumps by 30 s at the mark, the data comes without a pause", Live, func(m *maker) Case {
			c := m.retimed(func(i int, t Tag) uint32 {
				if i < m.mark {
					return t.Timestamp
				}
				return t.Timestamp + 30_000
			})
			c.Want.Slack = 60
			return c
		}},
		{"09g", "nothing comes for 30 s at the mark: a gap", Repair | Live, func(m *maker) Case {
			c := Case{Tags: each(m.tags, func(i int, t Tag) Tag {
				if i >= m.mark {
					t.Timestamp += 30_000
					t.Arrival += 30 * time.Second
				}
				return t
			})}
			c.Want.Media = Media(c.Tags)
			return c
		}},
		{"10", "the clock begins again with 0 at the mark", Repair | Live, func(m *maker) Case {
			c := m.retimed(func(i int, t Tag) uint32 {
				if i < m.mark {
					return t.Timestamp
				}
				return t.Timestamp - m.tags[m.mark].Timestamp
			})
			c.Want.Slack = 60
			return c
		}},
		{"11", "timestamps of 24 bits, full at 20 s", Repair | Live, func(m *maker) Case {
			return m.retimed(func(_ int, t Tag) uint32 { return (t.Timestamp + 1<<24 - half) % (1 << 24) })
		}},
		{"12", "timestamps of 32 bits, full at 20 s", Repair | Live, shift(1<<32 - half)},
		{"12b", "timestamps pass 2^31 at 20 s", Repair | Live, shift(1<<31 - half)},
		{"29", "composition times 80 ms less, timestamps 80 ms more", Repair | Live, func(m *maker) Case {
			c := Case{Tags: each(m.tags, func(_ int, t Tag) Tag {
				if t.Type == Video && t.Frame() {
					t = t.withCTS(t.CTS() - 80)
					t.Timestamp += 80
				}
				return t
			})}
			c.Want.Media = Media(c.Tags)
			return c
		}},
		{"33", "sound 1500 ms late", Repair | Live, func(m *maker) Case {
			c := m.retimed(func(_ int, t Tag) uint32 {
				if t.Type == Audio && t.Frame() {
					return t.Timestamp + 1500
				}
				return t.Timestamp
			})
			c.Want.Media = Media(c.Tags)
			return c
		}},
		{"34", "presentation times as timestamps, composition times 0", Live, func(m *maker) Case {
			c := Case{Tags: each(m.tags, func(_ int, t Tag) Tag {
				if t.Type == Video && t.Frame() {
					t.Timestamp += uint32(t.CTS())
					t = t.withCTS(0)
				}
				return t
			})}
			c.Want.Video, c.Want.Audio = Frames(m.tags)
			return c
		}},
		{"44", "sound 20 ms behind the picture, for 180 s", Live, func(m *maker) Case {
			return m.long(180, 0)
		}},
		{"45", "180 s, and timestamps full after 65 s", Live, func(m *maker) Case {
			return m.long(180, 1<<32-65_000)
		}},
	}
}

// retimed is the good minute, wanted as it was, with other timestamps. The
// sequence headers and metadata keep 0.
func (m *maker) retimed(ts func(i int, t Tag) uint32) Case {
	return Case{Want: m.intact(), Tags: each(m.tags, func(i int, t Tag) Tag {
		if i >= m.first() {
			t.Timestamp = ts(i, t)
		}
		return t
	})}
}

// first is the index of the first frame.
func (s *Set) first() int { return slices.IndexFunc(s.tags, Tag.Frame) }

// long is a stream of 25 fps, with a key frame every two seconds, in which the
// sound that comes with a picture is that of 20 ms before.
func (m *maker) long(seconds, from uint32) Case {
	sound := m.aac(20)
	sound.late = 20
	tags := m.stream(seconds*1000, from, m.avc(40, 50), sound)
	return Case{Tags: tags, Want: Want{Media: Media(tags)}}
}
