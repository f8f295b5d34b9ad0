package flvtest

import (
	"slices"
	"time"

	"github.com/yutopp/go-flv/tag"
)

// A track makes the tags of one track of a stream that no encoder made: right
// in its headers, random in what only a decoder reads.
type track struct {
	typ     tag.TagType
	every   uint32 // ms
	late    uint32 // ms from a frame's timestamp to its arrival
	headers [][]byte
	frame   func(i int) []byte
	end     []byte // end of sequence; nil: none
}

// stream is the tags of all tracks for so many ms, from a timestamp on. A
// video track comes before those of audio, as servers send them.
func (m *maker) stream(ms, from uint32, tracks ...track) (tags []Tag) {
	for _, k := range tracks {
		for _, h := range k.headers {
			tags = append(tags, Tag{Type: k.typ, Timestamp: from, Body: h})
		}
	}
	for n := make([]int, len(tracks)); ; {
		due := func(i int) uint32 { return uint32(n[i])*tracks[i].every + tracks[i].late }
		next := 0
		for i := range tracks {
			if due(i) < due(next) {
				next = i
			}
		}
		if due(next) >= ms {
			break
		}
		k, at := tracks[next], due(next)
		tags = append(tags, Tag{Type: k.typ, Timestamp: from + at - k.late,
			Arrival: time.Duration(at) * time.Millisecond, Body: k.frame(n[next])})
		n[next]++
	}
	for _, k := range tracks {
		if k.end != nil {
			tags = append(tags, Tag{Type: k.typ, Timestamp: tags[len(tags)-1].Timestamp, Body: k.end})
		}
	}
	return tags
}

// avc is a track of H.264 with a key frame every so many frames.
func (m *maker) avc(every uint32, group int) track {
	return track{typ: Video, every: every, headers: [][]byte{m.header(Video).Body}, frame: func(i int) []byte {
		if i%group == 0 {
			return slices.Concat([]byte{0x17, 1, 0, 0, 0, 0, 0, 0, 17, 0x65}, m.noise(16))
		}
		return slices.Concat([]byte{0x27, 1, 0, 0, 0, 0, 0, 0, 17, 0x41}, m.noise(16))
	}}
}

// aac is a track of AAC.
func (m *maker) aac(every uint32) track {
	return track{typ: Audio, every: every, headers: [][]byte{m.header(Audio).Body}, frame: func(int) []byte {
		return append([]byte{0xAF, 1}, m.noise(12)...)
	}}
}

// synthetic is a case of ten seconds that is to come out as it is.
func (m *maker) synthetic(tracks ...track) Case {
	tags := m.stream(10_000, 0, tracks...)
	return Case{Tags: tags, Want: Want{Media: Media(tags)}}
}
