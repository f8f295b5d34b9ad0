// Package amf reads and writes the Action Message Format that RTMP carries in
// its command and data messages: AMF0 in full, and AMF3 as far as servers send
// it, behind AMF0's avmplus marker.
//
// Values keep what the peer sent: the order of an object's properties, the
// difference between an object and an ECMA array, between null and undefined.
// Decoding is bounded by depth, by nodes and by the bytes that are there, never
// by a length that the peer announces.
//
// What the values mean is left to others: the package knows no commands, and
// not the byte that stands before the values in messages of type 15 and 17.
//
//	vs, err := amf.Decode(payload) // vs has what came before the error
//	if len(vs) < 4 {
//		return err
//	}
//	info, _ := amf.AsObject(vs[3])
//	code, ok := amf.AsString(info.Get("code"))
package amf

// A Value is one AMF value. It is one of Number, Boolean, String, XML, Null,
// Undefined, Unsupported, Date, ByteArray, StrictArray and *Object.
type Value interface{ amfValue() }

// Number is an IEEE 754 double, AMF's only number on the wire in AMF0. AMF3
// integers are read as Numbers too.
type Number float64

// Boolean is true or false.
type Boolean bool

// String is UTF-8 text. It is written as a long string from 65536 bytes on.
type String string

// XML is an XML document as text.
type XML string

// Null is the null value.
type Null struct{}

// Undefined is ActionScript's undefined.
type Undefined struct{}

// Unsupported marks a value that the sender could not serialise.
type Unsupported struct{}

// Date is a point in time.
type Date struct {
	Milliseconds float64 // since 1970-01-01 00:00 UTC
	Zone         int16   // minutes; reserved by the specification, normally 0
}

// ByteArray is AMF3's byte array.
type ByteArray []byte

// StrictArray is an array without names.
type StrictArray []Value

// ObjectKind tells the three wire forms of an Object apart.
type ObjectKind uint8

// The forms of an Object.
const (
	Anonymous ObjectKind = iota // marker 0x03
	Typed                       // marker 0x10, with a class name
	ECMAArray                   // marker 0x08
)

// An Object is an ordered list of named values: an object, a typed object or
// an ECMA array, which servers use interchangeably.
type Object struct {
	Kind       ObjectKind
	Class      string // of a Typed object
	Properties []Property

	// Truncated tells that the object was not read to its end, because the
	// message ended before it or could not be understood any further. The
	// properties are those before that point; the last may be an Object
	// that is truncated itself.
	Truncated bool
}

// A Property is one named value of an Object.
type Property struct {
	Name  string
	Value Value
}

func (Number) amfValue()      {}
func (Boolean) amfValue()     {}
func (String) amfValue()      {}
func (XML) amfValue()         {}
func (Null) amfValue()        {}
func (Undefined) amfValue()   {}
func (Unsupported) amfValue() {}
func (Date) amfValue()        {}
func (ByteArray) amfValue()   {}
func (StrictArray) amfValue() {}
func (*Object) amfValue()     {}
