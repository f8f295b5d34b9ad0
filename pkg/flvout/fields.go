package flvout

import (
	"encoding/binary"

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
