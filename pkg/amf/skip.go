package amf

import "encoding/binary"

// Skip returns how long the AMF0 value is that b begins with, in bytes. It makes
// nothing of it, and so a value costs no memory and none of MaxNodes, but for
// what is AMF3, whose length shows only when it is read.
//
// Like a Decoder, it takes the end of b for the end of an object. An error is
// io.EOF if b is empty, and a *SyntaxError otherwise.
func Skip(b []byte) (int, error) {
	d := NewDecoder(b)
	if len(b) == 0 {
		_, err := d.Next()
		return 0, err
	}
	err := d.skip(0)
	return d.off, err
}

// skip passes over a value that lies in depth objects and arrays.
func (d *Decoder) skip(depth int) error {
	at := d.off
	marker, err := d.byte("marker")
	if err != nil {
		return err
	}
	switch marker {
	case markerNumber:
		return d.pass(8, "number")
	case markerBoolean:
		return d.pass(1, "boolean")
	case markerString:
		return d.passText()
	case markerLongString, markerXML:
		return d.passLongText()
	case markerNull, markerUndefined, markerUnsupported:
		return nil
	case markerDate:
		return d.pass(10, "date")
	case markerReference:
		return d.pass(2, "reference")
	case markerObject, markerECMAArray, markerTypedObject:
		return d.skipObject(at, marker, depth)
	case markerStrictArray:
		return d.skipArray(at, depth)
	}
	d.off = at // AMF3, and what is no value
	_, err = d.value(depth)
	return err
}

func (d *Decoder) skipObject(at int, marker byte, depth int) error {
	err := d.enter(at, depth)
	switch {
	case err != nil:
	case marker == markerECMAArray:
		err = d.pass(4, "count")
	case marker == markerTypedObject:
		err = d.passText()
	}
	for o := (Object{}); err == nil && !d.objectEnd(&o); {
		if err = d.passText(); err == nil {
			err = d.skip(depth + 1)
		}
	}
	return err
}

func (d *Decoder) skipArray(at, depth int) error {
	if err := d.enter(at, depth); err != nil {
		return err
	}
	n, err := d.count(at)
	for ; n > 0 && err == nil; n-- {
		err = d.skip(depth + 1)
	}
	return err
}

func (d *Decoder) passText() error {
	b, err := d.take(2, "string length")
	if err != nil {
		return err
	}
	return d.pass(int(binary.BigEndian.Uint16(b)), "string")
}

func (d *Decoder) passLongText() error {
	at := d.off
	b, err := d.take(4, "string length")
	if err != nil {
		return err
	}
	n, err := d.fits(at, binary.BigEndian.Uint32(b), 1)
	if err != nil {
		return err
	}
	return d.pass(n, "string")
}

func (d *Decoder) pass(n int, what string) error {
	_, err := d.take(n, what)
	return err
}
