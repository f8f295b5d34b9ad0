package flvout

import (
	"encoding/binary"
	"math"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// AMF0's markers, as far as they are looked at without a Decoder (AMF0 2.1).
const (
	amfNumber      = 0x00
	amfBoolean     = 0x01
	amfString      = 0x02 // with a 16-bit length
	amfObject      = 0x03
	amfECMAArray   = 0x08
	amfObjectEnd   = 0x09
	amfStrictArray = 0x0A
	amfDate        = 0x0B
	amfTypedObject = 0x10
)

// fields walks over the properties of an object in AMF0 without making anything
// of their values, of which an index has many thousands.
type fields struct {
	kind  amf.ObjectKind
	name  string
	value []byte // the property's, as it is written; never empty
	rest  []byte
	err   error // why there are no more
}

// openFields enters the object that b begins with; ok is false if there is none.
func openFields(b []byte) (f fields, ok bool) {
	if len(b) == 0 {
		return f, false
	}
	marker := b[0]
	b = b[1:]
	switch marker {
	case amfObject:
	case amfECMAArray: // a count, which servers get wrong
		f.kind = amf.ECMAArray
		b = b[min(4, len(b)):]
	case amfTypedObject: // its class says nothing to us
		_, b, ok = cutName(b)
		if !ok {
			return f, false
		}
	default:
		return f, false
	}
	f.rest = b
	return f, true
}

// next goes on to the next property. There are encoders that leave out the end of
// the last object.
func (f *fields) next() bool {
	b := f.rest
	if f.err != nil || len(b) < 3 || b[0] == 0 && b[1] == 0 && b[2] == amfObjectEnd {
		return false
	}
	name, b, ok := cutName(b)
	if !ok {
		f.err = errTornMetadata
		return false
	}
	n, err := amf.Skip(b)
	if err != nil {
		f.err = err
		return false
	}
	f.name, f.value, f.rest = string(name), b[:n], b[n:]
	return true
}

func cutName(b []byte) (name, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	b = b[2:]
	if n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// appendKeyframes writes an index in the one form that FFmpeg, mpegts.js and
// nginx all take: an object, not an ECMA array, that begins with two arrays of
// numbers.
func appendKeyframes(dst []byte, entries []IndexEntry) []byte {
	dst = append(appendName(dst, "keyframes"), amfObject)
	dst = appendArray(appendName(dst, "times"), len(entries))
	for _, e := range entries {
		dst = appendNumber(dst, seconds(e.Time))
	}
	dst = appendArray(appendName(dst, "filepositions"), len(entries))
	for _, e := range entries {
		dst = appendNumber(dst, float64(e.Position))
	}
	return append(dst, 0, 0, amfObjectEnd)
}

// A filler is two fields that are n bytes long: an array of zeros, and a string for
// the rest. Nulls would end the metadata for mpegts.js, and a long string would for
// FFmpeg. appendFillerStart appends what is ahead of the zeros.
func appendFillerStart(dst []byte, n int) []byte {
	return appendArray(appendName(dst, spacerField), zerosOf(n)/amfNumberSize)
}

// zerosOf is how many bytes of a filler are those of the array's elements.
func zerosOf(n int) int {
	n -= spacerSize + padSize
	return n - n%amfNumberSize
}

// appendFillerEnd appends what is behind the zeros.
func appendFillerEnd(dst []byte, n int) []byte {
	pad := n - spacerSize - padSize - zerosOf(n)
	dst = append(appendName(dst, padField), amfString, 0, byte(pad))
	return append(dst, "        "[:pad]...)
}

func appendName(dst []byte, name string) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(name))), name...)
}

func appendNumber(dst []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, amfNumber), math.Float64bits(f))
}

func appendArray(dst []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(append(dst, amfStrictArray), uint32(n))
}
