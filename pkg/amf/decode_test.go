package amf

import (
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	for _, tt := range codec {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Decode(wire(t, tt.dump))
			if err != nil || !reflect.DeepEqual(got, []Value{tt.value}) {
				t.Errorf("got  %#v, %v\nwant %#v", got, err, tt.value)
			}
		})
	}
}

// TestDecodeTruncated cuts every value at every byte: nothing panics, and
// whatever is short of a value is an error or a truncated object.
func TestDecodeTruncated(t *testing.T) {
	for _, tt := range codec {
		b := wire(t, tt.dump)
		for n := 1; n < len(b); n++ {
			vs, err := Decode(b[:n])
			if err != nil {
				if se, ok := errors.AsType[*SyntaxError](err); !ok || se.Offset > n {
					t.Errorf("%s, %d bytes: got %v, want a SyntaxError within", tt.name, n, err)
				}
			} else if o, ok := AsObject(vs[0]); !ok || !o.Truncated {
				t.Errorf("%s, %d bytes: got %v, want an error or a truncated object", tt.name, n, vs)
			}
		}
	}
}

// TestDecodeHostile has the faults and attacks of servers, real and malicious.
// A1 to A12 are kinds of them: nesting, counts, missing and stray ends,
// lengths, references, reserved markers, AMF3's tables, text, names.
func TestDecodeHostile(t *testing.T) {
	const (
		abc  = `02 0003 "abc"`
		size = 1000000
	)
	for _, tt := range []struct {
		name string
		data []byte
		want string // of the values, as Format has it
		err  string // part of the error, or "" for none
	}{
		{"A1 a million objects", bytes.Repeat(wire(t, `03 0001 "a"`), size),
			strings.Repeat(`{a: `, 31) + `{...}` + strings.Repeat(`, ...}`, 31), "offset 128: objects and arrays nested more"},
		{"A1 a million arrays", bytes.Repeat(wire(t, `0A 00000001`), size), ``, "nested more than 32 deep"},
		{"A1 a million ecma arrays", bytes.Repeat(wire(t, `08 00000000 0001 "a"`), size),
			strings.Repeat(`[a: `, 31) + `[...]` + strings.Repeat(`, ...]`, 31), "nested more"},
		{"A2 strict array of 2^32-1", wire(t, abc+`0A FFFFFFFF 05 05`), `"abc"`, "offset 6: length 4294967295 with 2 bytes left"},
		{"A2 strict array of 2^31", wire(t, `0A 80000000 05`), ``, "length 2147483648"},
		{"A2 a million nulls in an array", append(wire(t, abc+`0A 000F4240`), bytes.Repeat([]byte{5}, size)...), `"abc"`, "more than 20000 values"},
		{"A2 a million nulls", bytes.Repeat([]byte{5}, MaxNodes+1), strings.Repeat(" null", MaxNodes)[1:], "offset 20000: more than 20000 values"},
		{"A3 ecma count of 2^32-1", wire(t, `08 FFFFFFFF 0001 "a" 05 000009`), `[a: null]`, ""},
		{"A3 ecma count of 0", wire(t, `08 00000000 0001 "a" 05 0001 "b" 05 000009`), `[a: null, b: null]`, ""},
		{"A4 no object end", wire(t, `03 0001 "a" 05`), `{a: null, ...}`, ""},
		{"A4 one byte of object end", wire(t, `03 0001 "a" 05 00`), `{a: null, ...}`, ""},
		{"A4 two bytes of object end", wire(t, `03 0001 "a" 05 0000`), `{a: null, ...}`, ""},
		{"A4 no object ends in objects", wire(t, `03 0001 "a" 08 00000000 0001 "b" 05`), `{a: [b: null, ...], ...}`, ""},
		{"A4 cut in a name", wire(t, `03 0001 "a" 05 0002 "b"`), `{a: null, ...}`, "offset 5: length 2 with 1 bytes left"},
		{"A4 cut in a value", wire(t, `03 0001 "a" 05 0001 "b" 00 0000`), `{a: null, ...}`, "offset 9: message ends within a number"},
		{"A4 cut in an inner value", wire(t, `05 03 0004 "info" 03 0004 "code" 02 0001 "x" 0001 "y" 02 FFFF`),
			`null {info: {code: "x", ...}, ...}`, "length 65535 with 0"},
		{"A4 cut before a value", wire(t, `03 0001 "a"`), `{...}`, "message ends within a marker"},
		{"A5 empty name", wire(t, `03 0000 02 0001 "x" 0001 "b" 05 000009`), `{"": "x", b: null}`, ""},
		{"A5 many empty names", append([]byte{3}, bytes.Repeat(wire(t, `0000 05`), size)...),
			`{` + strings.Repeat(`"": null, `, 410)[:410*10-1] + ` ...}`, "more than 20000"},
		{"A6 stray 09", wire(t, `09 05 09 09 06 09`), `null undefined`, ""},
		{"A6 stray object end", wire(t, `05 000009 000009 06 000009`), `null undefined`, ""},
		{"A6 nothing else", bytes.Repeat([]byte{9}, size), ``, ""},
		{"A6 09 in the place of a value", wire(t, `03 0001 "a" 09 000009`), `{...}`, "offset 4: object end in the place"},
		{"A7 string beyond the message", wire(t, abc+`02 0004 "abc"`), `"abc"`, "offset 7: length 4 with 3 bytes left"},
		{"A7 long string of 4 GiB", wire(t, `0C FFFFFFFF "abc"`), ``, "length 4294967295 with 3"},
		{"A7 XML of 4 GiB", wire(t, `0F FFFFFFFF "abc"`), ``, "length 4294967295 with 3"},
		{"A7 name beyond the message", wire(t, `03 FFFF "abc"`), `{...}`, "length 65535 with 3"},
		{"A7 class beyond the message", wire(t, `10 FFFF "abc"`), ``, "length 65535 with 3"},
		{"A8 reference to an open object", wire(t, `03 0001 "a" 07 0000 000009`), `{a: null}`, ""},
		{"A8 reference to an open array", wire(t, `0A 00000001 07 0000`), `[null]`, ""},
		{"A8 reference to nothing", wire(t, `07 0000 07 FFFF`), `null null`, ""},
		{"A8 reference to an object", wire(t, `03 0001 "a" 05 000009 07 0000`), `{a: null} {a: null}`, ""},
		{"A8 references in order of appearance", wire(t, `
			03                                # 0
			0001 "a" 0A 00000001 08 00000000 000009 # 1, 2
			0001 "b" 07 0001
			0001 "c" 10 0001 "T" 000009       # 3
			000009
			07 0002 07 0003`), `{a: [[]], b: [[]], c: T{}} [] T{}`, ""},
		{"A8 references that double", doubling(40), ``, "than"},
		{"A8 references that nest", nesting(40), ``, "nested more"},
		{"A9 movie clip", wire(t, abc+`04`), `"abc"`, "offset 6: reserved marker 0x04"},
		{"A9 recordset", wire(t, abc+`0E`), `"abc"`, "reserved marker 0x0e"},
		{"A9 unknown marker", wire(t, abc+`12`+abc), `"abc"`, "unknown marker 0x12"},
		{"A9 unknown marker in an object", wire(t, `03 0004 "code" 02 0001 "x" 0001 "y" FF 0000`), `{code: "x", ...}`, "unknown marker 0xff"},
		{"A10 AMF3 string of 2^28-1", wire(t, abc+`11 06 FFFFFFFF`), `"abc"`, "length 268435455 with 0"},
		{"A10 AMF3 string out of the table", wire(t, `11 06 00`), ``, "reference to string 0 of 0"},
		{"A10 AMF3 object out of the table", wire(t, `11 0A 02`), ``, "reference to object 1 of 0"},
		{"A10 AMF3 traits out of the table", wire(t, `11 0A 05`), ``, "reference to traits 1 of 0"},
		{"A10 AMF3 2^25-1 traits", wire(t, `11 0A FFFFFFFB 01`), ``, "length 33554431 with 0"},
		{"A10 AMF3 a million traits", append(append(appendU29([]byte{0x11, 0x0A}, size<<4|3), 1), bytes.Repeat([]byte{1}, size)...), ``, "more than 20000"},
		{"A10 AMF3 externalizable", wire(t, `03 0001 "a" 05 0001 "b" 11 0A 07 07 "a\x1bb" 05`), `{a: null, ...}`, `externalizable class "a\x1bb"`},
		{"A10 AMF3 array in itself", wire(t, `11 09 03 01 09 00`), `[null]`, ""},
		{"A10 AMF3 object in itself", wire(t, `11 0A 0B 01 03 "a" 0A 00 01`), `{a: null}`, ""},
		{"A10 AMF3 array of 2^28-1", wire(t, `11 09 FFFFFFFF 01`), ``, "length 268435455"},
		{"A10 AMF3 vector of 2^28-1", wire(t, `11 0D FFFFFFFF 00`), ``, "length 268435455"},
		{"A10 AMF3 vector of a million", append(append(appendU29([]byte{0x11, 0x0D}, size<<1|1), 0), make([]byte, 4*size)...), ``, "more than 20000"},
		{"A10 AMF3 a million arrays", append([]byte{0x11}, bytes.Repeat(wire(t, `09 03 01`), size)...), ``, "nested more"},
		{"A10 AMF3 a million objects", append([]byte{0x11}, bytes.Repeat(wire(t, `0A 0B 01 03 "a"`), size)...),
			strings.Repeat(`{a: `, 31) + `{...}` + strings.Repeat(`, ...}`, 31), "nested more"},
		{"A10 AMF3 unknown marker", wire(t, `11 12`), ``, "unknown AMF3 marker 0x12"},
		{"A11 control characters", wire(t, `02 0004 1B 5B "1m" 02 0003 00 0A 7F 02 0003 E280AE 02 0002 C328`),
			`"\x1b[1m" "\x00\n\x7f" "\u202e" "\xc3("`, ""},
		{"A11 control characters in names", wire(t, `10 0001 0D 0001 0A 05 000009`), `"\r"{"\n": null}`, ""},
		{"A12 a million names", append([]byte{3}, bytes.Repeat(wire(t, `0001 "a" 05`), size)...),
			`{` + strings.Repeat(`a: null, `, 455) + `...}`, "more than 20000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			vs, err := Decode(tt.data)
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
				t.Errorf("allocated %d bytes", n)
			}
			var got []string
			for _, v := range vs {
				got = append(got, Format(v))
			}
			if s := strings.Join(got, " "); s != tt.want && !strings.HasPrefix(tt.name, "A8 references that") {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got error %v, want %q", err, tt.err)
			}
			if _, err := Append(nil, vs...); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		})
	}
}

// doubling is n objects, each of which refers to the one before it twice.
func doubling(n byte) []byte {
	b := []byte{3, 0, 0, 9}
	for i := range n {
		b = append(b, 3, 0, 1, 'a', 7, 0, i, 0, 1, 'b', 7, 0, i, 0, 0, 9)
	}
	return b
}

// nesting is n arrays, each of which refers to the one before it.
func nesting(n byte) []byte {
	b := []byte{10, 0, 0, 0, 0}
	for i := range n {
		b = append(b, 10, 0, 0, 0, 1, 7, 0, i)
	}
	return b
}

// TestAsUint32 has A13, numbers that Go must not convert.
func TestAsUint32(t *testing.T) {
	for _, tt := range []struct {
		v    Value
		want uint32
		ok   bool
	}{
		{Number(0), 0, true},
		{Number(math.Copysign(0, -1)), 0, true},
		{Number(4294967295), 4294967295, true},
		{Number(4294967296), 0, false},
		{Number(1.5), 0, false},
		{Number(-1), 0, false},
		{Number(1e308), 0, false},
		{Number(math.NaN()), 0, false},
		{Number(math.Inf(1)), 0, false},
		{Number(math.Inf(-1)), 0, false},
		{Boolean(true), 0, false},
		{nil, 0, false},
	} {
		if got, ok := AsUint32(tt.v); got != tt.want || ok != tt.ok {
			t.Errorf("%v: got %d, %t, want %d, %t", tt.v, got, ok, tt.want, tt.ok)
		}
	}
}

func TestDecodeAliasesNothing(t *testing.T) {
	b := wire(t, `02 0001 "s" 0F 00000001 "x" 11 0C 03 AA 10 0001 "C" 0001 "n" 05 000009 11 0C 00`)
	vs, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	clear(b)
	want := []Value{String("s"), XML("x"), ByteArray{0xAA},
		&Object{Kind: Typed, Class: "C", Properties: props("n", Null{})}, ByteArray{0xAA}}
	if !reflect.DeepEqual(vs, want) {
		t.Errorf("got %v, want %v", vs, want)
	}
}

func TestDecodeReferencesShareNothing(t *testing.T) {
	vs, err := Decode(wire(t, `03 0001 "a" 0A 00000001 05 000009 07 0000`))
	if err != nil {
		t.Fatal(err)
	}
	o, _ := AsObject(vs[0])
	o.Get("a").(StrictArray)[0] = Number(1)
	o.Properties[0].Name = "b"
	if got := Format(vs[1]); got != `{a: [null]}` {
		t.Errorf("got %s, want {a: [null]}", got)
	}
}

func TestDecoder(t *testing.T) {
	d := NewDecoder(wire(t, `02 0001 "a" 09 05 03 0001 "b" FF`))
	for _, step := range []struct {
		value  Value
		err    bool
		offset int
	}{
		{String("a"), false, 4},
		{Null{}, false, 6},
		{&Object{Truncated: true}, true, 6},
		{nil, true, 6}, // errors stick
	} {
		v, err := d.Next()
		if !reflect.DeepEqual(v, step.value) || (err != nil) != step.err || d.Offset() != step.offset {
			t.Errorf("got %v, %v at %d, want %v at %d", v, err, d.Offset(), step.value, step.offset)
		}
	}
	d = NewDecoder([]byte{5, 9})
	if v, err := d.Next(); v != (Null{}) || err != nil {
		t.Errorf("got %v, %v, want null", v, err)
	}
	for range 2 {
		if v, err := d.Next(); v != nil || err != io.EOF || d.Offset() != 2 {
			t.Errorf("got %v, %v at %d, want EOF at 2", v, err, d.Offset())
		}
	}
}
