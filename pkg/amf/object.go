package amf

import (
	"math"
	"slices"
)

// Get returns the value of the first property called name, or nil if there is
// none. A nil Object has no properties.
func (o *Object) Get(name string) Value {
	if o == nil {
		return nil
	}
	for i := range o.Properties {
		if o.Properties[i].Name == name {
			return o.Properties[i].Value
		}
	}
	return nil
}

// Set gives the first property called name the value v, or appends one.
func (o *Object) Set(name string, v Value) {
	for i := range o.Properties {
		if o.Properties[i].Name == name {
			o.Properties[i].Value = v
			return
		}
	}
	o.Properties = append(o.Properties, Property{name, v})
}

// Delete removes every property called name.
func (o *Object) Delete(name string) {
	if o == nil {
		return
	}
	o.Properties = slices.DeleteFunc(o.Properties, func(p Property) bool { return p.Name == name })
}

// AsString returns the text of a String.
func AsString(v Value) (string, bool) {
	s, ok := v.(String)
	return string(s), ok
}

// AsNumber returns the value of a Number, which may be NaN or infinite.
func AsNumber(v Value) (float64, bool) {
	n, ok := v.(Number)
	return float64(n), ok
}

// AsBool returns the value of a Boolean.
func AsBool(v Value) (bool, bool) {
	b, ok := v.(Boolean)
	return bool(b), ok
}

// AsObject returns v if it is an Object of any kind, and not nil.
func AsObject(v Value) (*Object, bool) {
	o, ok := v.(*Object)
	return o, ok && o != nil
}

// AsUint32 returns the value of a Number that is whole and fits: what a
// transaction ID or a message stream ID must be before it is converted, since
// Go leaves the conversion of any other number undefined.
func AsUint32(v Value) (uint32, bool) {
	n, ok := v.(Number)
	f := float64(n)
	if !ok || !(f >= 0 && f <= math.MaxUint32) || f != math.Trunc(f) {
		return 0, false
	}
	return uint32(f), true
}
