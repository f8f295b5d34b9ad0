package flvtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/yutopp/go-flv/tag"
)

// The tag types that are FLV's.
const (
	Audio  = tag.TagTypeAudio
	Video  = tag.TagTypeVideo
	Script = tag.TagTypeScriptData
)

// A Tag is one of a file or of a live stream.
type Tag struct {
	Type      tag.TagType // the whole first byte: filter and reserved bits too
	Timestamp uint32      // ms
	StreamID  uint32      // 24 bits
	Body      []byte      // shared by many cases: not to be written to

	// Offset is where the tag begins in the file that Split was given.
	Offset int64

	// Arrival is when a tag of a live stream came, from the start of the first
	// connection.
	Arrival time.Duration
	// Rejoin is set on the first tag of each connection but the first.
	Rejoin bool
}

const (
	headSize    = 13 // header and PreviousTagSize0
	headerSize  = 11
	trailerSize = 4
	maxBody     = 1<<24 - 1
)

// Size is what the tag takes in a file, with its trailer.
func (t Tag) Size() int { return headerSize + len(t.Body) + trailerSize }

// End is the offset behind the tag's trailer.
func (t Tag) End() int64 { return t.Offset + int64(t.Size()) }

// content is what a tag of audio or video holds.
type content uint8

const (
	other content = iota
	config
	frame
	end
)

// content judges by the packet type. Of several tracks in a tag, all have one.
func (t Tag) content() content {
	b := t.Body
	switch {
	case len(b) == 0:
		return other
	case t.Type == Video && b[0]&0x80 != 0:
		return enhanced(b, 6, b[0]>>4&7 == 5)
	case t.Type == Audio && b[0]>>4 == 9:
		return enhanced(b, 5, false)
	case t.Type == Video && b[0]>>4 == 5, t.Type != Video && t.Type != Audio:
		return other
	case t.Type == Video && (b[0]&15 == 7 || b[0]&15 == 12), t.Type == Audio && b[0]>>4 == 10:
		if len(b) < 2 || b[1] > 2 {
			return other
		}
		return [...]content{config, frame, end}[b[1]]
	}
	return frame // of a codec without headers
}

// enhanced is the content of a tag with an extended header: E-RTMP v2, "Extended
// VideoTagHeader". A command has a packet type only if that is Metadata.
func enhanced(b []byte, multitrack byte, command bool) content {
	kind := b[0] & 15
	for b = b[1:]; kind == 7; { // ModEx
		if len(b) < 3 {
			return other
		}
		n := int(b[0]) + 1
		b = b[1:]
		if n == 256 {
			n = int(binary.BigEndian.Uint16(b)) + 1
			b = b[2:]
		}
		if len(b) <= n {
			return other
		}
		kind, b = b[n]&15, b[n+1:]
	}
	if kind == multitrack && len(b) > 0 {
		kind = b[0] & 15
	}
	switch {
	case kind == 4: // colour, or the layout of channels
		return config
	case command:
		return other
	case kind == 0, kind == 5:
		return config
	case kind == 1, kind == 3:
		return frame
	case kind == 2:
		return end
	}
	return other
}

// Header reports whether the tag is a sequence header, or what goes with one:
// enhanced colour information or a channel layout.
func (t Tag) Header() bool { return t.content() == config }

// EndOfSequence reports whether the tag is one, of AVC or enhanced.
func (t Tag) EndOfSequence() bool { return t.content() == end }

// Frame reports whether the tag holds media: audio or video, not empty, no
// header, no end of sequence, no command.
func (t Tag) Frame() bool { return t.content() == frame }

// Key reports whether the tag is a key frame by its frame type.
func (t Tag) Key() bool {
	return t.Type == Video && t.Frame() && t.Body[0]>>4&7 == 1
}

// CTS is the composition time of an AVC frame in ms.
func (t Tag) CTS() int32 {
	if t.Type != Video || len(t.Body) < 5 {
		return 0
	}
	return int32(uint32(t.Body[2])<<24|uint32(t.Body[3])<<16|uint32(t.Body[4])<<8) >> 8
}

// withCTS is t with another composition time.
func (t Tag) withCTS(cts int32) Tag {
	t.Body = slices.Clone(t.Body)
	t.Body[2], t.Body[3], t.Body[4] = byte(cts>>16), byte(cts>>8), byte(cts)
	return t
}

// Append appends the tag as it lies in a file. A body that an FLV file cannot
// hold panics: it is the test's mistake.
func (t Tag) Append(dst []byte) []byte {
	n, ts := len(t.Body), t.Timestamp
	if n > maxBody {
		panic("flvtest: a body of more than 24 bits of size")
	}
	dst = append(dst, byte(t.Type), byte(n>>16), byte(n>>8), byte(n),
		byte(ts>>16), byte(ts>>8), byte(ts), byte(ts>>24),
		byte(t.StreamID>>16), byte(t.StreamID>>8), byte(t.StreamID))
	dst = append(dst, t.Body...)
	return binary.BigEndian.AppendUint32(dst, uint32(headerSize+n))
}

// The flags of a file's header.
const (
	FlagVideo = 1
	FlagAudio = 4
)

// File is the FLV file that holds tags.
func File(flags byte, tags ...Tag) []byte {
	size := headSize
	for _, t := range tags {
		size += t.Size()
	}
	b := make([]byte, 0, size)
	b = append(b, 'F', 'L', 'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0)
	for _, t := range tags {
		b = t.Append(b)
	}
	return b
}

// Split returns the tags of a file that must be whole and right: its header,
// every stream ID and every trailer. It is what outputs are judged by. The
// bodies are slices of b.
func Split(b []byte) ([]Tag, error) {
	switch {
	case len(b) < headSize:
		return nil, errors.New("flvtest: shorter than a header")
	case string(b[:4]) != "FLV\x01" || b[4]&^(FlagAudio|FlagVideo) != 0:
		return nil, fmt.Errorf("flvtest: header %x", b[:5])
	case binary.BigEndian.Uint32(b[5:]) != 9 || binary.BigEndian.Uint32(b[9:]) != 0:
		return nil, fmt.Errorf("flvtest: data offset and first trailer %x", b[5:headSize])
	}
	var tags []Tag
	for at := headSize; at < len(b); {
		t, ok := cut(b[at:])
		if !ok {
			return tags, fmt.Errorf("flvtest: torn tag %d at %d", len(tags), at)
		}
		t.Offset = int64(at)
		switch got := binary.BigEndian.Uint32(b[at+t.Size()-trailerSize:]); {
		case t.Type != Audio && t.Type != Video && t.Type != Script:
			return tags, fmt.Errorf("flvtest: tag %d at %d: type %#x", len(tags), at, byte(t.Type))
		case t.StreamID != 0:
			return tags, fmt.Errorf("flvtest: tag %d at %d: stream ID %d", len(tags), at, t.StreamID)
		case int(got) != headerSize+len(t.Body):
			return tags, fmt.Errorf("flvtest: tag %d at %d: trailer %d behind a tag of %d bytes",
				len(tags), at, got, headerSize+len(t.Body))
		}
		tags = append(tags, t)
		at += t.Size()
	}
	return tags, nil
}

// cut takes the tag at the start of b, whatever its type and its trailer.
func cut(b []byte) (t Tag, ok bool) {
	if len(b) < headerSize {
		return t, false
	}
	t.Type = tag.TagType(b[0])
	t.Timestamp = uint32(b[7])<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6])
	t.StreamID = uint32(b[8])<<16 | uint32(b[9])<<8 | uint32(b[10])
	n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	if len(b) < headerSize+n+trailerSize {
		return t, false
	}
	t.Body = b[headerSize : headerSize+n : headerSize+n]
	return t, true
}

// Frames counts the frames of both kinds.
func Frames(tags []Tag) (video, audio int) {
	for _, t := range tags {
		switch {
		case t.Frame() && t.Type == Video:
			video++
		case t.Frame():
			audio++
		}
	}
	return video, audio
}

// Media returns the audio and video tags, with sequence headers and without
// ends of sequence.
func Media(tags []Tag) []Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return !t.Frame() && !t.Header() })
}
