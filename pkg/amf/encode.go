package amf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// AMF0 2.1: the markers that begin each value.
const (
	markerNumber      = 0x00
	markerBoolean     = 0x01
	markerString      = 0x02
	markerObject      = 0x03
	markerMovieClip   = 0x04 // reserved
	markerNull        = 0x05
	markerUndefined   = 0x06
	markerReference   = 0x07
	markerECMAArray   = 0x08
	markerObjectEnd   = 0x09
	markerStrictArray = 0x0A
	markerDate        = 0x0B
	markerLongString  = 0x0C
	markerUnsupported = 0x0D
	markerRecordset   = 0x0E // reserved
	markerXML         = 0x0F
	markerTypedObject = 0x10
	markerAVMPlus     = 0x11
)

var (
	errNilValue = errors.New("amf: nil value")
	errTooDeep  = fmt.Errorf("amf: objects and arrays nested more than %d deep", MaxDepth)
)

// Append appends the values to dst in AMF0. It fails, and returns dst as it
// was, for what AMF0 cannot express: a nil Value, a name of more than 65535
// bytes, a ByteArray of 256 MiB or more; and for values nested deeper than
// MaxDepth, which includes an object that contains itself.
//
// References are never written: a value that is shared is written each time.
func Append(dst []byte, vs ...Value) ([]byte, error) {
	out := dst
	for _, v := range vs {
		var err error
		if out, err = appendValue(out, v, 0); err != nil {
			return dst, err
		}
	}
	return out, nil
}

// appendValue writes v, which lies in depth objects and arrays.
func appendValue(dst []byte, v Value, depth int) ([]byte, error) {
	switch v := v.(type) {
	case Number:
		return appendDouble(append(dst, markerNumber), float64(v)), nil
	case Boolean:
		if v {
			return append(dst, markerBoolean, 1), nil
		}
		return append(dst, markerBoolean, 0), nil
	case String:
		if len(v) <= math.MaxUint16 {
			return appendUTF8(append(dst, markerString), string(v))
		}
		return appendLongUTF8(append(dst, markerLongString), string(v))
	case XML:
		return appendLongUTF8(append(dst, markerXML), string(v))
	case Null:
		return append(dst, markerNull), nil
	case Undefined:
		return append(dst, markerUndefined), nil
	case Unsupported:
		return append(dst, markerUnsupported), nil
	case Date:
		dst = appendDouble(append(dst, markerDate), v.Milliseconds)
		return binary.BigEndian.AppendUint16(dst, uint16(v.Zone)), nil
	case ByteArray:
		return appendByteArray(dst, v)
	case StrictArray:
		return appendStrictArray(dst, v, depth)
	case *Object:
		if v != nil {
			return appendObject(dst, v, depth)
		}
		return dst, errNilValue
	case nil:
		return dst, errNilValue
	default: // a pointer to one of the above
		return dst, fmt.Errorf("amf: %T is not a value", v)
	}
}

func appendStrictArray(dst []byte, a StrictArray, depth int) ([]byte, error) {
	if depth >= MaxDepth {
		return dst, errTooDeep
	}
	dst = binary.BigEndian.AppendUint32(append(dst, markerStrictArray), uint32(len(a)))
	for _, e := range a {
		var err error
		if dst, err = appendValue(dst, e, depth+1); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func appendObject(dst []byte, o *Object, depth int) ([]byte, error) {
	if depth >= MaxDepth {
		return dst, errTooDeep
	}
	var err error
	switch o.Kind {
	case Typed:
		dst, err = appendUTF8(append(dst, markerTypedObject), o.Class)
	case ECMAArray:
		dst = binary.BigEndian.AppendUint32(append(dst, markerECMAArray), uint32(len(o.Properties)))
	default:
		dst = append(dst, markerObject)
	}
	for i := 0; i < len(o.Properties) && err == nil; i++ {
		if dst, err = appendUTF8(dst, o.Properties[i].Name); err == nil {
			dst, err = appendValue(dst, o.Properties[i].Value, depth+1)
		}
	}
	return append(dst, 0, 0, markerObjectEnd), err
}

// appendByteArray writes a byte array in AMF3 (3.14), as AMF0 has none.
func appendByteArray(dst []byte, b ByteArray) ([]byte, error) {
	if len(b) > maxU29>>1 {
		return dst, fmt.Errorf("amf: byte array of %d bytes, at most %d can be written", len(b), maxU29>>1)
	}
	dst = appendU29(append(dst, markerAVMPlus, marker3ByteArray), uint32(len(b))<<1|1)
	return append(dst, b...), nil
}

func appendDouble(dst []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(f))
}

func appendUTF8(dst []byte, s string) ([]byte, error) {
	if len(s) > math.MaxUint16 {
		return dst, fmt.Errorf("amf: name of %d bytes, at most 65535 can be written", len(s))
	}
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...), nil
}

func appendLongUTF8(dst []byte, s string) ([]byte, error) {
	if uint64(len(s)) > math.MaxUint32 {
		return dst, fmt.Errorf("amf: text of %d bytes, at most %d can be written", len(s), uint32(math.MaxUint32))
	}
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(s))), s...), nil
}

// appendU29 writes AMF3's integer of 1 to 4 bytes (1.3.1): seven bits a byte,
// but eight in the fourth.
func appendU29(dst []byte, u uint32) []byte {
	switch {
	case u < 1<<7:
		return append(dst, byte(u))
	case u < 1<<14:
		return append(dst, byte(u>>7)|0x80, byte(u)&0x7F)
	case u < 1<<21:
		return append(dst, byte(u>>14)|0x80, byte(u>>7)|0x80, byte(u)&0x7F)
	default:
		return append(dst, byte(u>>22)|0x80, byte(u>>15)|0x80, byte(u>>8)|0x80, byte(u))
	}
}
