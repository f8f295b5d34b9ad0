package flvout

import (
	"encoding/binary"

	"github.com/yutopp/go-flv"
	"github.com/yutopp/go-flv/tag"
)

// A Tag is an FLV tag whose body is borrowed for the length of the call that
// passes it. Type is go-flv's, since its vocabulary is ours.
type Tag struct {
	Type      tag.TagType
	Timestamp uint32 // ms
	Body      []byte
}

// A TagWriter takes the tags of a recording, in order. It does not keep a
// tag's body after it returns.
type TagWriter interface {
	WriteTag(t Tag) error
}

// What go-flv has no name for. The low five bits of a tag's first byte are its
// type, the next is the filter bit of an encrypted body, the last two are
// reserved (FLV 10.1, E.4.1).
const (
	tagTypeScriptAMF3 tag.TagType = 15 // E-RTMP v2: a data message in AMF3, behind a format byte

	tagTypeMask   = 0x1F
	tagFilterBit  = 0x20
	tagReserved   = 0xC0
	tagHeaderSize = 11 // type, size UI24, timestamp UI24 + UI8, stream ID UI24
	trailerSize   = 4  // PreviousTagSize
	headSize      = int(flv.HeaderLength) + trailerSize
	maxBody       = 1<<24 - 1
)

// appendTag frames t: header, body and PreviousTagSize. The top byte of the
// timestamp comes last (FLV 10.1, E.4.1). A body that is in its place already,
// as AvailableBuffer lends it, stays there.
func appendTag(dst []byte, t Tag) []byte {
	dst = appendTagHeader(dst, t, len(t.Body))
	if n := len(t.Body); n > 0 && cap(dst)-len(dst) >= n && &dst[:len(dst)+1][len(dst)] == &t.Body[0] {
		dst = dst[:len(dst)+n]
	} else {
		dst = append(dst, t.Body...)
	}
	return binary.BigEndian.AppendUint32(dst, uint32(tagHeaderSize+len(t.Body)))
}

// appendTagHeader appends the header of t with a body of n bytes.
func appendTagHeader(dst []byte, t Tag, n int) []byte {
	ts := t.Timestamp
	return append(dst, byte(t.Type),
		byte(n>>16), byte(n>>8), byte(n),
		byte(ts>>16), byte(ts>>8), byte(ts), byte(ts>>24),
		0, 0, 0)
}

// parseTagHeader returns the tag that the header h opens, still without its
// body, and the body's size.
func parseTagHeader(h []byte) (t Tag, size int) {
	_ = h[tagHeaderSize-1]
	t.Type = tag.TagType(h[0])
	size = int(h[1])<<16 | int(h[2])<<8 | int(h[3])
	t.Timestamp = uint32(h[7])<<24 | uint32(h[4])<<16 | uint32(h[5])<<8 | uint32(h[6])
	return t, size
}

// cutTag takes the first whole tag off b; ok is false when there is none.
func cutTag(b []byte) (t Tag, rest []byte, ok bool) {
	if len(b) < tagHeaderSize {
		return Tag{}, b, false
	}
	t, size := parseTagHeader(b)
	end := tagHeaderSize + size + trailerSize
	if len(b) < end {
		return Tag{}, b, false
	}
	t.Body = b[tagHeaderSize : tagHeaderSize+size]
	return t, b[end:], true
}
