package amf

import (
	"errors"
	"reflect"
	"testing"
)

func TestDecodeAMF3(t *testing.T) {
	for _, tt := range []struct {
		name string
		dump string
		want []Value
	}{
		{"undefined", `11 00`, []Value{Undefined{}}},
		{"null", `11 01`, []Value{Null{}}},
		{"false, true", `11 02 11 03`, []Value{Boolean(false), Boolean(true)}},
		{"integer", `11 04 7F 11 04 8100 11 04 FF7F 11 04 818000`, []Value{Number(127), Number(128), Number(16383), Number(16384)}},
		{"integer of four bytes", `11 04 80C08000 11 04 BFFFFFFF`, []Value{Number(2097152), Number(268435455)}},
		{"integer below zero", `11 04 C0808000 11 04 FFFFFFFF`, []Value{Number(-268435456), Number(-1)}},
		{"double", `11 05 3FF8000000000000`, []Value{Number(1.5)}},
		{"string", `11 06 07 "abc" 11 06 01 11 06 00`, []Value{String("abc"), String(""), String("abc")}},
		{"xml", `11 07 09 "<a/>" 11 0B 09 "<b/>" 11 0B 00`, []Value{XML("<a/>"), XML("<b/>"), XML("<a/>")}},
		{"date", `11 08 01 42733B6425C00000 11 08 00`,
			[]Value{Date{Milliseconds: 1321612762112}, Date{Milliseconds: 1321612762112}}},
		{"byte array", `11 0C 05 AABB 11 0C 00`, []Value{ByteArray{0xAA, 0xBB}, ByteArray{0xAA, 0xBB}}},
		{"array, dense", `11 09 05 01 04 01 03`, []Value{StrictArray{Number(1), Boolean(true)}}},
		{"array, associative", `
			11 09 05           # two dense elements
			03 "a" 04 07  01   # a: 7
			04 08 04 09`,
			[]Value{&Object{Kind: ECMAArray, Properties: props("a", Number(7), "0", Number(8), "1", Number(9))}}},
		{"object, dynamic", `11 0A 0B 01 03 "a" 04 01 03 "b" 01 01`,
			[]Value{&Object{Properties: props("a", Number(1), "b", Null{})}}},
		{"object, sealed", `
			11 0A 23 03 "C" 03 "x" 03 "y"   # class C with two sealed properties
			04 01 04 02
			11 0A 01                        # another C
			06 00 06 04                     # "C" and "y" from the string table
			11 0A 00                        # the first one again`,
			[]Value{
				&Object{Kind: Typed, Class: "C", Properties: props("x", Number(1), "y", Number(2))},
				&Object{Kind: Typed, Class: "C", Properties: props("x", String("C"), "y", String("y"))},
				&Object{Kind: Typed, Class: "C", Properties: props("x", Number(1), "y", Number(2))},
			}},
		{"object, sealed and dynamic", `11 0A 1B 03 "C" 03 "x" 03 03 "y" 02 01`,
			[]Value{&Object{Kind: Typed, Class: "C", Properties: props("x", Boolean(true), "y", Boolean(false))}}},
		{"object without an end", `11 0A 0B 01 03 "a" 04 01`,
			[]Value{&Object{Properties: props("a", Number(1)), Truncated: true}}},
		{"vector of int", `11 0D 05 00 00000001 FFFFFFFF`, []Value{StrictArray{Number(1), Number(-1)}}},
		{"vector of uint", `11 0E 05 01 00000001 FFFFFFFF`, []Value{StrictArray{Number(1), Number(4294967295)}}},
		{"vector of double", `11 0F 03 00 3FF8000000000000`, []Value{StrictArray{Number(1.5)}}},
		{"vector of object", `11 10 05 00 03 "C" 0A 0B 01 01 01`, []Value{StrictArray{&Object{}, Null{}}}},
		{"dictionary", `
			11 11 07 00
			06 03 "a"  04 01
			04 05      04 02
			0A 0B 01 01  04 03`,
			[]Value{&Object{Kind: ECMAArray, Properties: props("a", Number(1), "5", Number(2), "{}", Number(3))}}},
		{"not sticky", `11 01 05 02 0001 "a" 11 06 03 "b"`,
			[]Value{Null{}, Null{}, String("a"), String("b")}},
		{"inside AMF0", `03 0001 "a" 11 04 05 0001 "b" 05 000009`,
			[]Value{&Object{Properties: props("a", Number(5), "b", Null{})}}},
		{"one object table for all that can be referred to", `
			11 09 0D 01           # 0
			08 01 0000000000000000  # 1
			0C 03 AA              # 2
			0D 01 00              # 3
			09 02 08 02 0C 04     # 1, still a date whatever the marker; 2
			`,
			nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Decode(wire(t, tt.dump))
			if tt.want == nil {
				want := `[date(0), bytes(1: aa), [], date(0), date(0), bytes(1: aa)]`
				if err != nil || len(got) != 1 || Format(got[0]) != want {
					t.Errorf("got %v, %v, want %s", got, err, want)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %#v, %v\nwant %#v", got, err, tt.want)
			}
		})
	}
}

func TestDecodeAMF3Truncated(t *testing.T) {
	b := wire(t, `
		11 0A 2B 03 "C" 03 "x" 03 "y"
		11 03 00 06 03 "k" 08 01 0000000000000000
		09 03 03 "a" 0C 03 AA 01  0F 03 00 3FF8000000000000
		03 "z" 0B 09 "<x/>" 01`)
	whole, err := Decode(b)
	if o, ok := AsObject(whole[0]); err != nil || !ok || o.Truncated {
		t.Fatalf("got %v, %v, want the object whole", whole, err)
	}
	for n := 1; n < len(b); n++ {
		vs, err := Decode(b[:n])
		if err != nil {
			if se, ok := errors.AsType[*SyntaxError](err); !ok || se.Offset > n {
				t.Errorf("%d bytes: got %v, want a SyntaxError within", n, err)
			}
		} else if o, ok := AsObject(vs[0]); !ok || !o.Truncated {
			t.Errorf("%d bytes: got %v, want an error or a truncated object", n, vs)
		}
	}
}

// TestDecodeAMF3StringsRepeated has a string of 64 KiB and 10000 references
// to it, which would be written as 640 MiB.
func TestDecodeAMF3StringsRepeated(t *testing.T) {
	b := append(appendU29([]byte{0x11, 0x06}, 65536<<1|1), make([]byte, 65536)...)
	for range 10000 {
		b = append(b, 0x11, 0x06, 0x00)
	}
	vs, err := Decode(b)
	if _, ok := errors.AsType[*SyntaxError](err); !ok || len(vs) < 10 {
		t.Fatalf("got %d values, %v, want some and a SyntaxError", len(vs), err)
	}
	out, err := Append(nil, vs...)
	if err != nil || len(out) > 8<<20 {
		t.Errorf("writes %d bytes, %v, want 8 MiB at most", len(out), err)
	}
}
