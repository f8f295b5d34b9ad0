package flvout

import (
	"bytes"
	"encoding/binary"

	"github.com/yutopp/go-flv"
	"github.com/yutopp/go-flv/tag"
)

// How much is held while the opening waits for the other track: time in ms, from
// the oldest to the newest frame, and bytes. The head of a file is mended when it
// is closed, and so it waits only to learn which track begins first.
const (
	streamHeldTime = 2000
	fileHeldTime   = 1000
	maxHeldSize    = 1 << 20
)

// An opening holds a stream's first tags until it is known which tracks there
// are and where the stream begins. Neither can be mended on a pipe: mpegts.js
// waits for both tracks that the header announces, and a file whose second
// track began a little before the first would start with times below 0.
type opening struct {
	wait uint32 // ms
	tags []byte // framed, with the source's timestamps
	meta *Metadata

	// What goes ahead of them, once somebody asked: of a file, and of a stream.
	head    *head
	metaTag []byte

	audio, video bool // there is a tag of this track
	heard, shown bool // there is a frame of it

	all            tally  // of the tags, with the source's timestamps
	oldest, newest uint32 // the source's timestamps of frames, if there is one
}

// add copies t.
func (o *opening) add(t Tag, c *Class) {
	first := !o.heard && !o.shown
	if t.Type&tagTypeMask == tag.TagTypeAudio {
		o.audio = true
		o.heard = o.heard || c.movesClock()
	} else {
		o.video = true
		o.shown = o.shown || c.movesClock()
	}
	if c.movesClock() {
		if first {
			o.oldest, o.newest = t.Timestamp, t.Timestamp
		}
		if int32(t.Timestamp-o.oldest) < 0 {
			o.oldest = t.Timestamp
		}
		if int32(t.Timestamp-o.newest) > 0 {
			o.newest = t.Timestamp
		}
	}
	o.all.add(t, c, 0)
	o.tags = appendTag(o.tags, t)
}

// media tells whether there is anything to open a file for.
func (o *opening) media() bool { return o.audio || o.video }

// ready tells whether there is nothing more to wait for.
func (o *opening) ready() bool {
	return o.heard && o.shown || o.newest-o.oldest >= o.wait || len(o.tags) >= maxHeldSize
}

// setMetadata takes what the server says.
func (o *opening) setMetadata(m *Metadata) { o.meta, o.metaTag, o.head = m, nil, nil }

// announced tells which tracks came or are said to come.
func (o *opening) announced() (audio, video bool) {
	return o.audio || o.meta.Audio(), o.video || o.meta.Video()
}

// movesClock tells the tags whose timestamps can be trusted. A form that we do
// not know may well be a frame.
func (c *Class) movesClock() bool { return c.Kind == KindFrame || c.Kind == KindUnknown }

// appendHead appends the file's header and the PreviousTagSize of no tag.
func appendHead(dst []byte, audio, video bool) []byte {
	h := flv.Header{Version: 1, DataOffset: flv.HeaderLength}
	if audio { // go-flv's flags are not the bits on the wire
		h.Flags |= flv.FlagsAudio
	}
	if video {
		h.Flags |= flv.FlagsVideo
	}
	b := bytes.NewBuffer(dst)
	_ = flv.EncodeFlvHeader(b, &h) // a Buffer takes everything
	return binary.BigEndian.AppendUint32(b.Bytes(), 0)
}
