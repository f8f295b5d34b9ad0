package flvtest

import (
	"math"
	"strings"
)

// spacerRows are files with a key-frame index and room for more of it, as
// different writers leave it. Players agree on few of them.
func spacerRows() []row {
	const room = 256
	top := func(name string, p properties, index value, v value) properties {
		return append(p, property{"keyframes", index}, property{name, v})
	}
	variants := []struct {
		id, name string
		make     func(p properties, index value) properties
	}{
		{"40", "numbers in an array behind the index", func(p properties, index value) properties {
			return top("spacer", p, index, repeated(2*room, num(0)))
		}},
		{"40b", "numbers in an array before the index", func(p properties, index value) properties {
			return append(p, property{"spacer", repeated(2*room, num(0))}, property{"keyframes", index})
		}},
		{"40c", "nulls in an array behind the index", func(p properties, index value) properties {
			return top("spacer", p, index, repeated(2*room, []byte{5}))
		}},
		{"40d", "strings of 1000 bytes behind the index", func(p properties, index value) properties {
			p = top("pad0", p, index, str(strings.Repeat(" ", 1000)))
			return append(p, property{"pad1", str(strings.Repeat(" ", 1000))})
		}},
		{"40e", "a string of 2000 bytes behind the index", func(p properties, index value) properties {
			return top("pad", p, index, str(strings.Repeat(" ", 2000)))
		}},
		{"40f", "a LongString behind the index", func(p properties, index value) properties {
			return top("pad", p, index, longStr(strings.Repeat(" ", 2000)))
		}},
	}
	var rows []row
	for _, v := range variants {
		rows = append(rows, row{v.id, "a key-frame index, and " + v.name, Repair, func(m *maker) Case { return m.indexed(v.make) }})
	}

	// What is in the index itself.
	inside := func(id, name string, f func(times, positions []value) value) row {
		return row{id, "a key-frame index " + name, Repair, func(m *maker) Case {
			return m.indexedBy(f, func(p properties, index value) properties {
				return append(p, property{"keyframes", index})
			})
		}}
	}
	filled := func(times, positions []value, v value) value {
		return index(times, positions, property{"spacer", repeated(2*room, v)}).object()
	}
	return append(rows,
		inside("40g", "with a spacer of zeros behind its arrays", func(times, positions []value) value {
			return filled(times, positions, num(0))
		}),
		inside("40h", "with a spacer of NaN behind its arrays", func(times, positions []value) value {
			return filled(times, positions, num(math.NaN()))
		}),
		inside("40i", "with a spacer before its arrays", func(times, positions []value) value {
			p := properties{{"spacer", repeated(2*room, num(0))}}
			return append(p, index(times, positions)...).object()
		}),
		inside("40j", "whose unused entries repeat the last", func(times, positions []value) value {
			for len(times) < room {
				times, positions = append(times, times[len(times)-1]), append(positions, positions[len(positions)-1])
			}
			return index(times, positions).object()
		}),
		inside("40k", "in an ECMA array", func(times, positions []value) value {
			return index(times, positions).ecma()
		}),
		inside("40l", "of one entry", func(times, positions []value) value {
			return index(times[:1], positions[:1]).object()
		}),
		inside("40m", "with the times of 31 key frames and the positions of 30", func(times, positions []value) value {
			return index(times, positions[:len(positions)-1]).object()
		}),
		row{"40n", "a key-frame index whose positions are 4 bytes off", Repair, func(m *maker) Case {
			c := m.indexedAt(4, func(times, positions []value) value { return index(times, positions).object() },
				func(p properties, index value) properties { return append(p, property{"keyframes", index}) })
			return c
		}},
		row{"40o", "a key-frame index, and 5000 zeros behind the metadata", Repair, func(m *maker) Case {
			c := m.indexed(func(p properties, index value) properties { return append(p, property{"keyframes", index}) })
			// The positions are 5000 bytes off then, as they are with a writer that pads.
			return m.described(append(c.Tags[0].Body, make([]byte, 5000)...))
		}},
	)
}

func index(times, positions []value, more ...property) properties {
	return append(properties{{"times", array(times...)}, {"filepositions", array(positions...)}}, more...)
}

// indexed is the good minute with a key-frame index in its metadata, as f puts
// it there.
func (m *maker) indexed(f func(p properties, index value) properties) Case {
	return m.indexedBy(func(times, positions []value) value { return index(times, positions).object() }, f)
}

func (m *maker) indexedBy(shape func(times, positions []value) value, f func(properties, value) properties) Case {
	return m.indexedAt(0, shape, f)
}

// indexedAt writes the metadata twice: its size moves what it tells of, and
// does not depend on it.
func (m *maker) indexedAt(off int64, shape func(times, positions []value) value, f func(properties, value) properties) Case {
	body := f(describe(m.tags), shape(m.keys(0))).body(8, nil)
	moved := int64(len(body)-len(m.tags[0].Body)) + off
	return m.described(f(describe(m.tags), shape(m.keys(moved))).body(8, nil))
}

// keys are the entries of an index: the sequence header, and the key frames.
func (m *maker) keys(moved int64) (times, positions []value) {
	for _, t := range m.tags {
		if t.Key() || t.Type == Video && t.Header() {
			times = append(times, num(float64(t.Timestamp)/1000))
			positions = append(positions, num(float64(t.Offset+moved)))
		}
	}
	return times, positions
}
