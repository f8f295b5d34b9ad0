package flvtest

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// scriptRows are files and streams whose header, metadata or other script data
// is wrong, missing or odd.
func scriptRows() []row {
	const ecma, object = 0x08, 0x03
	announced := func(name string) func(m *maker) Case {
		return func(m *maker) Case { return m.announced(name) }
	}
	return slices.Concat([]row{
		{"18", "a second onMetaData at 40 ms", Live, announced("onMetaData")},
		{"18f", "@setDataFrame before onMetaData", Repair | Live, func(m *maker) Case {
			c := Case{Want: m.intact(), Tags: m.Tags()}
			c.Tags[0] = m.at(0, append(str("@setDataFrame"), c.Tags[0].Body...))
			return c
		}},
		{"18h", "onJoinPoint at 40 ms", Live, announced("onJoinPoint")},
		{"18i", "onTextData and onCuePoint", Live, func(m *maker) Case {
			return Case{Want: m.intact(), Tags: m.inserted(m.mark, script("onTextData"), script("onCuePoint"))}
		}},
		{"19", "the header's flags tell of no track", Repair, func(m *maker) Case { return m.flagged(0, m.tags) }},
		{"19a", "the header's flags tell of sound alone", Repair, func(m *maker) Case { return m.flagged(FlagAudio, m.tags) }},
		{"19b", "all of the header's flags are set", Repair, func(m *maker) Case { return m.flagged(0xFF, m.tags) }},
		{"19c", "the header's flags tell of sound that is not there", Repair, func(m *maker) Case {
			return m.flagged(FlagAudio|FlagVideo, without(m.tags, func(t Tag) bool { return t.Type == Audio }))
		}},
		{"20", "the metadata's duration is 5 s", Repair, func(m *maker) Case {
			c := Case{File: m.Good(), Want: m.intact()}
			i := bytes.Index(c.File, []byte("duration\x00")) + len("duration\x00")
			binary.BigEndian.PutUint64(c.File[i:], math.Float64bits(5))
			return c
		}},
		{"31", "no metadata", Repair | Live, func(m *maker) Case {
			return Case{Want: m.intact(), Tags: m.tags[1:]}
		}},
		{"31b", "metadata in an Object", Repair | Live, func(m *maker) Case {
			return m.described(describe(m.tags).body(object, nil))
		}},
		{"31c", "Null behind the metadata", Repair | Live, func(m *maker) Case {
			return m.described(describe(m.tags).body(ecma, []byte{5}))
		}},
		{"31d", "5000 zeros behind the metadata", Repair | Live, func(m *maker) Case {
			return m.described(describe(m.tags).body(ecma, make([]byte, 5000)))
		}},
		{"31e", "metadata in an ECMA array that says it has 0 properties", Repair | Live, func(m *maker) Case {
			b := describe(m.tags).body(ecma, nil)
			return m.described(slices.Concat(b[:14], make([]byte, 4), b[18:]))
		}},
		{"31f", "a string of 2000 bytes before the key-frame index", Repair, func(m *maker) Case {
			return m.indexed(func(p properties, index value) properties {
				return append(p, property{"comment", str(string(bytes.Repeat([]byte{'x'}, 2000)))}, property{"keyframes", index})
			})
		}},
	}, spacerRows())
}

// announced is the good minute with a script tag of 40 ms behind its sixth tag.
func (m *maker) announced(name string) Case {
	t := script(name)
	t.Timestamp = 40
	return Case{Want: m.intact(), Tags: slices.Concat(m.tags[:6], []Tag{t}, m.tags[6:])}
}

func script(name string) Tag {
	return Tag{Type: Script, Body: append(str(name), properties{{"text", str("here")}}.ecma()...)}
}

// flagged is a file of tags whose header has other flags.
func (m *maker) flagged(flags byte, tags []Tag) Case {
	return Case{File: File(flags, tags...), Want: Want{Media: Media(tags)}}
}

// described is the good minute with another body of its metadata.
func (m *maker) described(body []byte) Case {
	return Case{Want: m.intact(), Tags: slices.Concat([]Tag{m.at(0, body)}, m.tags[1:])}
}

// metadata is a tag of onMetaData.
func (m *maker) metadata(p properties) Tag { return m.at(0, p.body(0x08, nil)) }
