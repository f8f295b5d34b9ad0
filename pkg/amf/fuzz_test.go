package amf

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// FuzzDecode checks what holds for any message: what was read can be written,
// reads back whole, and is written the same again. The corpus in testdata has
// AMF3 and the hostile messages.
func FuzzDecode(f *testing.F) {
	for _, tt := range codec {
		f.Add(wire(f, tt.dump))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := slices.Clone(data)
		vs, readErr := Decode(in)
		one := NewDecoder(in)
		if n, err := Skip(in); err == nil && !slices.Contains([]byte{0, markerObjectEnd}, data[0]) {
			if _, failed := one.Next(); failed == nil && one.off != n {
				t.Errorf("skipped %d bytes, read %d", n, one.off)
			}
		}
		for _, v := range vs {
			s := Format(v)
			if len(s) > 8192 || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("not a line of text: %q", s)
			}
		}
		if readErr == nil && slices.Contains(vs, nil) {
			t.Error("read a nil value")
		}
		once, err := Append(nil, vs...)
		if err != nil {
			// AMF3 has longer names than AMF0.
			if len(data) <= math.MaxUint16 {
				t.Errorf("cannot write what was read: %v", err)
			}
			return
		}
		clear(in)
		if again, _ := Append(nil, vs...); !bytes.Equal(again, once) {
			t.Error("what was read aliases the message")
		}
		if slices.ContainsFunc(vs, looksLikeEnd) {
			return
		}
		back, err := Decode(once)
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n% x", err, once)
		}
		if twice, err := Append(nil, back...); err != nil || !bytes.Equal(twice, once) {
			t.Errorf("changed on the way: %v\n% x\n% x", err, once, twice)
		}
	})
}

// looksLikeEnd tells the numbers that Decode takes for a stray object end.
func looksLikeEnd(v Value) bool {
	n, ok := AsNumber(v)
	return ok && math.Float64bits(n)>>48 == 0x0009
}
