package serve

import (
	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

const (
	// maxGOP is how much is kept for those who come late, in bytes. What is
	// longer from key frame to key frame they do not see from its beginning.
	maxGOP = 16 << 20

	// maxMetadata bounds the metadata that is kept. What is larger reaches those
	// who watch already.
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
	headers  flvout.Headers // in force now
	before   flvout.Headers // in force where gop begins

	gop     []*message.Message // begins with a key frame; empty: there is none, or it is too long
	gopSize int

	any, keyed bool   // a frame has come; a key frame
	last       uint32 // timestamp of the last frame
	lastVideo  uint32
}

// add takes the next audio or video message, and tells whether a viewer may
// begin with it although there have been key frames.
func (p *past) add(m *message.Message) (start bool) {
	t := flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: m.Payload}
	c := flvout.Classify(t)
	p.headers.Put(t, &c)
	if c.Kind != flvout.KindFrame && c.Kind != flvout.KindUnknown { // its time may be anything
		p.keep(m)
		return false
	}
	p.any, p.last = true, m.Timestamp
	if m.Type != message.TypeVideo {
		p.keep(m)
		return int32(m.Timestamp-p.lastVideo) > videoGap
	}
	p.lastVideo = m.Timestamp
	if tracks := c.TrackSet(); !c.Key || !tracks.Has(0) { // one time line is enough: that of the default track
		p.keep(m)
		return false
	}
	clear(p.gop)
	p.keyed, p.before = true, p.headers.Clone()
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
func (p *past) opening(headers flvout.Headers, at uint32) []*message.Message {
	var all []*message.Message
	add := func(m message.Message) {
		if p.any {
			m.Timestamp = at
		}
		all = append(all, &m)
	}
	if p.metadata != nil {
		add(*p.metadata)
	}
	for i := range headers.Len() {
		h := headers.At(i)
		m := message.Message{ChunkStreamID: audioChunkStreamID, Type: message.Type(h.Type), Timestamp: h.Timestamp, Payload: h.Body}
		if m.Type == message.TypeVideo {
			m.ChunkStreamID = videoChunkStreamID
		}
		add(m)
	}
	return all
}
