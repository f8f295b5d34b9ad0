package amf

import (
	"encoding/binary"
	"math"
	"strconv"
)

// AMF3 3.1: the markers that begin each value behind AMF0's avmplus marker.
const (
	marker3Undefined    = 0x00
	marker3Null         = 0x01
	marker3False        = 0x02
	marker3True         = 0x03
	marker3Integer      = 0x04
	marker3Double       = 0x05
	marker3String       = 0x06
	marker3XMLDocument  = 0x07
	marker3Date         = 0x08
	marker3Array        = 0x09
	marker3Object       = 0x0A
	marker3XML          = 0x0B
	marker3ByteArray    = 0x0C
	marker3VectorInt    = 0x0D
	marker3VectorUint   = 0x0E
	marker3VectorDouble = 0x0F
	marker3VectorObject = 0x10
	marker3Dictionary   = 0x11
)

const maxU29 = 1<<29 - 1

// tables3 are what AMF3 values refer back to (1.3.2, 3.12). They last for one
// message.
type tables3 struct {
	strings []string
	objects []reference
	traits  []traits
}

// value3 reads one AMF3 value that lies in depth objects and arrays. With an
// error it returns nil or a truncated Object.
func (d *Decoder) value3(depth int) (Value, error) {
	at := d.off
	marker, err := d.byte("AMF3 marker")
	if err != nil {
		return nil, err
	}
	if err := d.spend(at, 1); err != nil {
		return nil, err
	}
	switch marker {
	case marker3Undefined:
		return Undefined{}, nil
	case marker3Null:
		return Null{}, nil
	case marker3False, marker3True:
		return Boolean(marker == marker3True), nil
	case marker3Integer:
		u, err := d.u29()
		return whole(Number(int32(u<<3)>>3), err) // 3.6: 29 bits with a sign
	case marker3Double:
		f, err := d.double()
		return whole(Number(f), err)
	case marker3String:
		s, err := d.string3()
		return whole(String(s), err)
	}

	if marker > marker3Dictionary {
		return nil, d.fail(at, "unknown AMF3 marker 0x%02x", marker)
	}
	// All others stand in the object table, and may be references into it.
	u, err := d.u29()
	if err != nil {
		return nil, err
	}
	if u&1 == 0 {
		return d.reference3(at, u>>1, depth)
	}
	n := u >> 1
	slot := len(d.amf3.objects)
	d.amf3.objects = append(d.amf3.objects, reference{})
	var v Value
	switch marker {
	case marker3XMLDocument, marker3XML:
		var s string
		s, err = d.text(at, n)
		v = XML(s)
	case marker3Date:
		var ms float64
		ms, err = d.double()
		v = Date{Milliseconds: ms}
	case marker3ByteArray:
		var s string
		s, err = d.text(at, n)
		v = ByteArray(s)
	default:
		if err := d.enter(at, depth); err != nil {
			return nil, err
		}
		v, err = d.container3(at, marker, n, depth)
		if o, ok := v.(*Object); ok && err != nil {
			o.Truncated = true
			return o, err
		}
	}
	if err != nil {
		return nil, err
	}
	d.amf3.objects[slot].value = v
	return v, nil
}

// container3 reads what holds other values, of which n is the count or, for
// an object, the flags.
func (d *Decoder) container3(at int, marker byte, n uint32, depth int) (Value, error) {
	switch marker {
	case marker3Array:
		return d.array3(at, n, depth)
	case marker3Object:
		return d.object3(at, n, depth)
	case marker3Dictionary:
		return d.dictionary3(at, n, depth)
	default:
		return d.vector3(at, marker, n, depth)
	}
}

// reference3 returns the value i of the object table, and null for one that is
// still open, such as an array that contains itself.
func (d *Decoder) reference3(at int, i uint32, depth int) (Value, error) {
	if uint64(i) >= uint64(len(d.amf3.objects)) {
		return nil, d.fail(at, "reference to object %d of %d", i, len(d.amf3.objects))
	}
	v := d.amf3.objects[i].value
	if v == nil {
		return Null{}, nil
	}
	return d.repeat(at, v, depth)
}

// array3 reads an array (3.11) of n dense elements. With an associative part
// before them it is an ECMA array, in which they are called "0", "1"...
func (d *Decoder) array3(at int, n uint32, depth int) (Value, error) {
	o := &Object{Kind: ECMAArray}
	if err := d.dynamic3(o, depth); err != nil {
		return o, err
	}
	if len(o.Properties) == 0 && !o.Truncated {
		return d.elements3(at, n, depth)
	}
	count, err := d.fits(at, n, 1)
	if err != nil {
		return o, err
	}
	for i := range count {
		if err := d.member3(o, strconv.Itoa(i), depth); err != nil {
			return o, err
		}
	}
	return o, nil
}

// elements3 reads n values without names.
func (d *Decoder) elements3(at int, n uint32, depth int) (Value, error) {
	count, err := d.fits(at, n, 1)
	if err != nil {
		return nil, err
	}
	a := make(StrictArray, 0, min(count, maxPrealloc))
	for range count {
		v, err := d.value3(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	return a, nil
}

// vector3 reads a vector (3.15) of n elements as an array of them.
func (d *Decoder) vector3(at int, marker byte, n uint32, depth int) (Value, error) {
	if _, err := d.byte("vector"); err != nil { // whether its length is fixed
		return nil, err
	}
	if marker == marker3VectorObject {
		if _, err := d.string3(); err != nil { // the elements' class
			return nil, err
		}
		return d.elements3(at, n, depth)
	}
	size := 4
	if marker == marker3VectorDouble {
		size = 8
	}
	count, err := d.fits(at, n, uint64(size))
	if err != nil {
		return nil, err
	}
	if err := d.spend(at, count); err != nil {
		return nil, err
	}
	b, err := d.take(count*size, "vector")
	if err != nil {
		return nil, err
	}
	a := make(StrictArray, 0, min(count, maxPrealloc))
	for ; len(b) > 0; b = b[size:] {
		var f float64
		switch marker {
		case marker3VectorInt:
			f = float64(int32(binary.BigEndian.Uint32(b)))
		case marker3VectorUint:
			f = float64(binary.BigEndian.Uint32(b))
		default:
			f = math.Float64frombits(binary.BigEndian.Uint64(b))
		}
		a = append(a, Number(f))
	}
	return a, nil
}

// dictionary3 reads a dictionary (3.16) of n entries. Its keys may be any
// values; those that are no strings get a name by Format.
func (d *Decoder) dictionary3(at int, n uint32, depth int) (Value, error) {
	o := &Object{Kind: ECMAArray}
	if _, err := d.byte("dictionary"); err != nil { // whether its keys are weak
		return o, err
	}
	count, err := d.fits(at, n, 2)
	if err != nil {
		return o, err
	}
	for range count {
		key, err := d.value3(depth + 1)
		if err != nil {
			return o, err
		}
		name, ok := AsString(key)
		if !ok {
			name = Format(key)
		}
		if err := d.member3(o, name, depth); err != nil {
			return o, err
		}
	}
	return o, nil
}

// u29 reads an integer of 1 to 4 bytes (1.3.1).
func (d *Decoder) u29() (uint32, error) {
	var u uint32
	for range 3 {
		b, err := d.byte("AMF3 integer")
		if err != nil {
			return 0, err
		}
		u = u<<7 | uint32(b&0x7F)
		if b < 0x80 {
			return u, nil
		}
	}
	b, err := d.byte("AMF3 integer")
	return u<<8 | uint32(b), err
}

// string3 reads a string or a reference to one (1.3.2). The empty string is
// never referred to, and not in the table.
func (d *Decoder) string3() (string, error) {
	at := d.off
	u, err := d.u29()
	if err != nil {
		return "", err
	}
	if u&1 == 0 {
		i := u >> 1
		if uint64(i) >= uint64(len(d.amf3.strings)) {
			return "", d.fail(at, "reference to string %d of %d", i, len(d.amf3.strings))
		}
		s := d.amf3.strings[i]
		return s, d.spend(at, textCost(len(s)))
	}
	s, err := d.text(at, u>>1)
	if s != "" {
		d.amf3.strings = append(d.amf3.strings, s)
	}
	return s, err
}
