package job

import (
	"bytes"
	"slices"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// maxHeaders is how many bytes of headers are remembered, beside onMetaData. A
// sequence header has some dozens.
const maxHeaders = 1 << 20

// headers are what is in force at a place in a stream: what a server that begins
// there has to be told first.
type headers struct {
	metadata header
	list     []header // from the one that came longest ago
	size     int      // of the list's bodies
}

// A header is onMetaData, a sequence header, or E-RTMP's colour information.
type header struct {
	slot slot
	typ  message.Type
	body []byte
	over bool // its sequence has ended, another begins with it again
}

// A slot is what a header is about. Of each the newest counts.
type slot struct {
	typ    message.Type
	kind   flvout.Kind
	track  uint8 // the first
	many   bool  // more tracks follow
	layout bool  // of channels, beside the sequence header
}

// put remembers a header. It tells if the same one is in force already.
func (h *headers) put(typ message.Type, c *flvout.Class, body []byte) (same bool) {
	if c.Kind == flvout.KindMetadata {
		h.metadata.slot.kind = c.Kind
		return h.metadata.set(typ, body)
	}
	s := slotOf(typ, c, body)
	i := slices.IndexFunc(h.list, func(e header) bool { return e.slot == s })
	if i < 0 {
		i = len(h.list)
		h.list = append(h.list, header{slot: s})
	}
	e := h.list[i]
	h.size -= len(e.body)
	same = e.set(typ, body)
	h.size += len(e.body)
	copy(h.list[i:], h.list[i+1:])
	h.list[len(h.list)-1] = e
	for h.size > maxHeaders {
		h.size -= len(h.list[0].body)
		h.list = slices.Delete(h.list, 0, 1)
	}
	return same
}

func (e *header) set(typ message.Type, body []byte) (same bool) {
	same = !e.over && e.typ == typ && bytes.Equal(e.body, body)
	e.typ, e.over = typ, false
	if !same {
		e.body = append(e.body[:0], body...)
	}
	return same
}

// end notes the end of a sequence.
func (h *headers) end(typ message.Type) {
	for i := range h.list {
		if h.list[i].typ == typ {
			h.list[i].over = true
		}
	}
}

// at returns the header with the number i, in the order in which they are to be
// sent, or nil.
func (h *headers) at(i int) *header {
	if len(h.metadata.body) > 0 {
		if i == 0 {
			return &h.metadata
		}
		i--
	}
	if i < len(h.list) {
		return &h.list[i]
	}
	return nil
}

func slotOf(typ message.Type, c *flvout.Class, body []byte) slot {
	s := slot{typ: typ, kind: c.Kind}
	n := 0
	for t := range c.Tracks() {
		if n == 0 {
			s.track = t.ID
		}
		n++
	}
	s.many = n > 1
	if typ == message.TypeAudio && len(body) > 1 && body[0]>>4 == exAudio {
		packet := body[0]
		if c.Multitrack {
			packet = body[1]
		}
		s.layout = packet&0x0F == multichannelConfig
	}
	return s
}

// ownMetadata makes a stream's onMetaData out of a file's. It remembers the last
// one, which comes again in every round.
type ownMetadata struct{ file, stream []byte }

func (m *ownMetadata) of(t flvout.Tag) []byte {
	if m.file == nil || !bytes.Equal(m.file, t.Body) {
		m.file = append(m.file[:0], t.Body...)
		m.stream = append(m.stream[:0], flvout.StreamMetadata(t)...)
	}
	return m.stream
}

// E-RTMP v2: the sound format of an audio tag with an Ex header, and the
// AudioPacketType of a channel layout.
const (
	exAudio            = 9
	multichannelConfig = 4
)
