package serve

import (
	"slices"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

const (
	// maxGOP is how much is kept for those who come late, in bytes. What is
	// longer from key frame to key frame they do not see from its beginning.
	maxGOP = 16 << 20

	// maxHeaders bounds the sequence headers that are kept, and maxMetadata the
	// metadata. What is larger reaches those who watch already.
	maxHeaders  = 1 << 20
	maxMetadata = 1 << 20

	// videoGap is how long, in ms of media, a stream's video may say nothing
	// before nobody waits for its next key frame.
	videoGap = 10_000

	// messageCost is what a message takes besides its payload.
	messageCost = 128
)

func cost(m *message.Message) int { return len(m.Payload) + messageCost }

// A past is what a stream has been so far, as much of it as those need who come
// late: the metadata, the sequence headers, and all since the last key frame.
type past struct {
	metadata *message.Message
	headers  []header // in force now, in the order they came
	before   []header // in force where gop begins

	gop     []*message.Message // begins with a key frame; empty: there is none, or it is too long
	gopSize int

	any, keyed bool   // a frame has come; a key frame
	last       uint32 // timestamp of the last frame
	lastVideo  uint32
}

// A header is a sequence header, or what else holds from now on.
type header struct {
	key     headerKey
	message *message.Message
}

// A headerKey tells what a header is about. A later one that is about the same
// is in its place.
type headerKey struct {
	typ    message.Type
	kind   flvout.Kind
	layout bool // an audio track's channel layout: beside its sequence header
	tracks [4]uint64
}

// covers tells whether k is about all that other is about.
func (k *headerKey) covers(other *headerKey) bool {
	for i, tracks := range other.tracks {
		if tracks&^k.tracks[i] != 0 {
			return false
		}
	}
	return k.typ == other.typ && k.kind == other.kind && k.layout == other.layout
}

// add takes the next audio or video message, and tells whether a viewer may
// begin with it although there have been key frames.
func (p *past) add(m *message.Message) (start bool) {
	c := flvout.Classify(flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: m.Payload})
	if c.Kind == flvout.KindConfig || c.Kind == flvout.KindColorInfo {
		p.addHeader(m, &c)
		p.keep(m)
		return false
	}
	p.any, p.last = true, m.Timestamp
	if m.Type != message.TypeVideo {
		p.keep(m)
		return int32(m.Timestamp-p.lastVideo) > videoGap
	}
	p.lastVideo = m.Timestamp
	if !c.Key || trackSet(&c)[0]&1 == 0 { // one time line is enough: that of the default track
		p.keep(m)
		return false
	}
	clear(p.gop)
	p.keyed, p.before = true, p.headers
	p.gop, p.gopSize = append(p.gop[:0], m), cost(m)
	return true
}

// keep adds a message to the group of pictures, if there is one.
func (p *past) keep(m *message.Message) {
	if len(p.gop) == 0 {
		return
	}
	if p.gopSize += cost(m); p.gopSize > maxGOP {
		p.gop = nil
		return
	}
	p.gop = append(p.gop, m)
}

// addHeader keeps a header in place of those that it replaces. The slice is
// made anew: before may be the old one.
func (p *past) addHeader(m *message.Message, c *flvout.Class) {
	h := header{headerKey{typ: m.Type, kind: c.Kind, layout: isLayout(m), tracks: trackSet(c)}, m}
	headers := slices.DeleteFunc(slices.Clone(p.headers), func(old header) bool { return h.key.covers(&old.key) })
	headers = append(headers, h)
	size := 0
	for i := len(headers) - 1; i >= 0; i-- {
		if size += cost(headers[i].message); size > maxHeaders {
			headers = headers[i+1:]
			break
		}
	}
	p.headers = headers
}

// isLayout tells an Ex audio message that has a channel layout
// (MultichannelConfig), plain or of tracks, from a sequence header.
func isLayout(m *message.Message) bool {
	const exAudio, multitrack, multichannelConfig = 9, 5, 4
	b := m.Payload
	if m.Type != message.TypeAudio || len(b) < 2 || b[0]>>4 != exAudio {
		return false
	}
	packet := b[0] & 0x0f
	if packet == multitrack {
		packet = b[1] & 0x0f
	}
	return packet == multichannelConfig
}

func trackSet(c *flvout.Class) (set [4]uint64) {
	for t := range c.Tracks() {
		set[t.ID/64] |= 1 << (t.ID % 64)
	}
	return set
}

// setMetadata keeps what is told of the stream; nil: nothing any more.
func (p *past) setMetadata(m *message.Message) {
	p.metadata = nil
	if m != nil && len(m.Payload) <= maxMetadata {
		p.metadata = m
	}
}

// opening is what comes before the first frame. In the middle of a stream it
// has that frame's time, as other servers give it: there are players that take
// the first time they see for the beginning.
func (p *past) opening(headers []header, at uint32) []*message.Message {
	var all []*message.Message
	add := func(m *message.Message) {
		c := *m
		if p.any {
			c.Timestamp = at
		}
		all = append(all, &c)
	}
	if p.metadata != nil {
		add(p.metadata)
	}
	for _, h := range headers {
		add(h.message)
	}
	return all
}
