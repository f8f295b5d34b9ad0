package amf

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// Decode reads all the values in b, which is the body of one command or data
// message. If the error is a *SyntaxError, the values read before it are
// returned too, the last of them perhaps a truncated Object. Nothing that is
// returned aliases b.
func Decode(b []byte) ([]Value, error) {
	var vs []Value
	d := NewDecoder(b)
	for {
		v, err := d.Next()
		if v != nil {
			vs = append(vs, v)
		}
		if errors.Is(err, io.EOF) {
			return vs, nil
		}
		if err != nil {
			return vs, err
		}
	}
}

// A Decoder reads the values of one message one by one. It is not safe for
// concurrent use.
type Decoder struct {
	b     []byte
	off   int
	start int   // of the last value asked for
	nodes int   // spent of MaxNodes
	err   error // sticks

	refs []reference // AMF0 2.9
	amf3 tables3
}

// A reference is an object or an array that later values may repeat. It has
// no value until it is complete.
type reference struct{ value Value }

// NewDecoder returns a Decoder of the message b. It reads b in place, and
// keeps none of it in the values that it returns.
func NewDecoder(b []byte) *Decoder { return &Decoder{b: b} }

// Offset returns where the next value begins or, after an error, where the
// value began that could not be read.
func (d *Decoder) Offset() int {
	if d.err != nil {
		return d.start
	}
	return d.off
}

// Next returns the next value, and io.EOF after the last. With a *SyntaxError
// it may return an Object as well, truncated to what could be read. Errors
// stick.
func (d *Decoder) Next() (Value, error) {
	if d.err != nil {
		return nil, d.err
	}
	d.skipEnds()
	d.start = d.off
	if d.left() == 0 {
		d.err = io.EOF
		return nil, d.err
	}
	v, err := d.value(0)
	d.err = err
	return v, err
}

// skipEnds passes over object ends that end nothing. The number that begins
// with the same three bytes is subnormal, and nobody sends it.
func (d *Decoder) skipEnds() {
	for {
		b := d.b[d.off:]
		switch {
		case len(b) >= 1 && b[0] == markerObjectEnd:
			d.off++
		case len(b) >= 3 && b[0] == 0 && b[1] == 0 && b[2] == markerObjectEnd:
			d.off += 3
		default:
			return
		}
	}
}

// value reads one value that lies in depth objects and arrays. With an error
// it returns nil or a truncated Object.
func (d *Decoder) value(depth int) (Value, error) {
	at := d.off
	marker, err := d.byte("marker")
	if err != nil {
		return nil, err
	}
	if marker == markerAVMPlus { // for this value only
		return d.value3(depth)
	}
	if err := d.spend(at, 1); err != nil {
		return nil, err
	}
	switch marker {
	case markerNumber:
		f, err := d.double()
		return whole(Number(f), err)
	case markerBoolean:
		b, err := d.byte("boolean")
		return whole(Boolean(b != 0), err)
	case markerString:
		s, err := d.utf8()
		return whole(String(s), err)
	case markerLongString:
		s, err := d.longUTF8()
		return whole(String(s), err)
	case markerXML:
		s, err := d.longUTF8()
		return whole(XML(s), err)
	case markerNull:
		return Null{}, nil
	case markerUndefined:
		return Undefined{}, nil
	case markerUnsupported:
		return Unsupported{}, nil
	case markerDate:
		return d.date()
	case markerReference:
		return d.reference(at, depth)
	case markerObject, markerECMAArray, markerTypedObject:
		return d.object(at, marker, depth)
	case markerStrictArray:
		return d.strictArray(at, depth)
	case markerMovieClip, markerRecordset:
		return nil, d.fail(at, "reserved marker 0x%02x", marker)
	case markerObjectEnd:
		return nil, d.fail(at, "object end in the place of a value")
	default:
		return nil, d.fail(at, "unknown marker 0x%02x", marker)
	}
}

// whole drops a value that could not be read to its end.
func whole(v Value, err error) (Value, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// object reads an object (AMF0 2.5), an ECMA array (2.10) or a typed object
// (2.18) after its marker.
func (d *Decoder) object(at int, marker byte, depth int) (Value, error) {
	if err := d.enter(at, depth); err != nil {
		return nil, err
	}
	o := &Object{}
	switch marker {
	case markerECMAArray:
		o.Kind = ECMAArray
		// Servers write 0 or less than there is: a hint, and not taken.
		if _, err := d.take(4, "count"); err != nil {
			return nil, err
		}
	case markerTypedObject:
		class, err := d.utf8()
		if err != nil {
			return nil, err
		}
		o.Kind, o.Class = Typed, class
	}
	slot := len(d.refs)
	d.refs = append(d.refs, reference{})
	for !d.objectEnd(o) {
		if err := d.property(o, depth); err != nil {
			o.Truncated = true
			return o, err
		}
	}
	d.refs[slot].value = o
	return o, nil
}

// objectEnd reports whether o ends here. The end of the message ends it too:
// there are encoders that leave the last object ends out.
func (d *Decoder) objectEnd(o *Object) bool {
	b := d.b[d.off:]
	switch {
	case len(b) >= 3 && b[0] == 0 && b[1] == 0 && b[2] == markerObjectEnd:
		d.off += 3
		return true
	case len(b) == 0, len(b) == 1 && b[0] == 0, len(b) == 2 && b[0] == 0 && b[1] == 0:
		d.off = len(d.b)
		o.Truncated = true
		return true
	}
	return false
}

// property reads one name and its value. The name may be empty: only with an
// object end behind it does an empty name end the object.
func (d *Decoder) property(o *Object, depth int) error {
	name, err := d.utf8()
	if err != nil {
		return err
	}
	v, err := d.value(depth + 1)
	if v != nil {
		o.Properties = append(o.Properties, Property{name, v})
	}
	return err
}

// strictArray reads a strict array (AMF0 2.12) after its marker.
func (d *Decoder) strictArray(at, depth int) (Value, error) {
	if err := d.enter(at, depth); err != nil {
		return nil, err
	}
	n, err := d.count(at)
	if err != nil {
		return nil, err
	}
	slot := len(d.refs)
	d.refs = append(d.refs, reference{})
	a := make(StrictArray, 0, min(n, maxPrealloc))
	for range n {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	d.refs[slot].value = a
	return a, nil
}

// count reads the number of elements of an array, each at least a byte long.
func (d *Decoder) count(at int) (int, error) {
	b, err := d.take(4, "count")
	if err != nil {
		return 0, err
	}
	return d.fits(at, binary.BigEndian.Uint32(b), 1)
}

// date reads a date (AMF0 2.13) after its marker.
func (d *Decoder) date() (Value, error) {
	b, err := d.take(10, "date")
	if err != nil {
		return nil, err
	}
	return Date{
		Milliseconds: math.Float64frombits(binary.BigEndian.Uint64(b)),
		Zone:         int16(binary.BigEndian.Uint16(b[8:])),
	}, nil
}

// reference reads a reference (AMF0 2.9). One to an object that is still open,
// or to none, is null: values stay trees, so that who walks them comes to an
// end.
func (d *Decoder) reference(at, depth int) (Value, error) {
	b, err := d.take(2, "reference")
	if err != nil {
		return nil, err
	}
	i := int(binary.BigEndian.Uint16(b))
	if i >= len(d.refs) || d.refs[i].value == nil {
		return Null{}, nil
	}
	return d.repeat(at, d.refs[i].value, depth)
}
