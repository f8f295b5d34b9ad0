package amf

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

// codec is what reads and writes alike.
var codec = []struct {
	name  string
	dump  string
	value Value
}{
	{"number", `00 3FF0000000000000`, Number(1)},
	{"number, negative zero", `00 8000000000000000`, Number(math.Copysign(0, -1))},
	{"number, infinite", `00 7FF0000000000000`, Number(math.Inf(1))},
	{"true", `01 01`, Boolean(true)},
	{"false", `01 00`, Boolean(false)},
	{"string", `02 0007 "connect"`, String("connect")},
	{"string, empty", `02 0000`, String("")},
	{"string, not UTF-8", `02 0002 C328`, String("\xC3\x28")},
	{"null", `05`, Null{}},
	{"undefined", `06`, Undefined{}},
	{"unsupported", `0D`, Unsupported{}},
	{"date", `0B 42733B6425C00000 FFC4 # an hour behind`, Date{Milliseconds: 1321612762112, Zone: -60}},
	{"xml", `0F 00000004 "<a/>"`, XML("<a/>")},
	{"byte array", `11 0C 07 010203`, ByteArray{1, 2, 3}},
	{"byte array, empty", `11 0C 01`, ByteArray{}},
	{"object", `
		03
		0003 "app"  02 0004 "live"
		0004 "fpad" 01 00
		000009`,
		&Object{Properties: props("app", String("live"), "fpad", Boolean(false))}},
	{"object, empty", `03 000009`, &Object{}},
	{"object, the same name twice", `03 0001 "a" 05 0001 "a" 06 000009`,
		&Object{Properties: props("a", Null{}, "a", Undefined{})}},
	{"typed object", `10 0005 "Class" 0001 "a" 05 000009`,
		&Object{Kind: Typed, Class: "Class", Properties: props("a", Null{})}},
	{"ecma array", `08 00000001 0008 "duration" 00 4024000000000000 000009`,
		&Object{Kind: ECMAArray, Properties: props("duration", Number(10))}},
	{"strict array", `0A 00000002 02 0004 "hvc1" 02 0001 "*"`, StrictArray{String("hvc1"), String("*")}},
	{"strict array, empty", `0A 00000000`, StrictArray{}},
	{"nested", `
		03
		0004 "list" 0A 00000001
			08 00000001 0001 "x" 03 000009 000009
		0004 "last" 05
		000009`,
		&Object{Properties: props(
			"list", StrictArray{&Object{Kind: ECMAArray, Properties: props("x", &Object{})}},
			"last", Null{},
		)}},
}

func TestAppend(t *testing.T) {
	for _, tt := range codec {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Append([]byte("dst"), tt.value)
			if want := append([]byte("dst"), wire(t, tt.dump)...); err != nil || !bytes.Equal(got, want) {
				t.Errorf("got  % x, %v\nwant % x", got, err, want)
			}
		})
	}
}

func TestAppendLongString(t *testing.T) {
	for n, head := range map[int]string{65535: "02 FFFF", 65536: "0C 00010000"} {
		s := String(strings.Repeat("x", n))
		b, err := Append(nil, s)
		if want := wire(t, head); err != nil || !bytes.HasPrefix(b, want) || len(b) != len(want)+n {
			t.Errorf("%d bytes: got % x..., %v, want % x...", n, b[:5], err, want)
		}
		if vs, err := Decode(b); err != nil || len(vs) != 1 || vs[0] != Value(s) {
			t.Errorf("%d bytes: do not read back: %v", n, err)
		}
	}
}

func TestAppendByteArrayLengths(t *testing.T) {
	// Either side of each step in the size of the length.
	for _, n := range []int{63, 64, 8191, 8192, 1<<20 - 1, 1 << 20} {
		b, err := Append(nil, ByteArray(bytes.Repeat([]byte{0xAA}, n)))
		if err != nil {
			t.Fatal(err)
		}
		vs, err := Decode(b)
		if err != nil || len(vs) != 1 || len(vs[0].(ByteArray)) != n {
			t.Errorf("%d bytes: do not read back: %v", n, err)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	long := strings.Repeat("x", 65536)
	loop := &Object{}
	loop.Set("self", loop)
	number := Number(1)
	for _, tt := range []struct {
		name  string
		value Value
	}{
		{"nil", nil},
		{"nil object", (*Object)(nil)},
		{"nil property", &Object{Properties: []Property{{"a", nil}}}},
		{"nil element", StrictArray{nil}},
		{"pointer", &number},
		{"long name", &Object{Properties: props(long, Null{})}},
		{"long class", &Object{Kind: Typed, Class: long}},
		{"deep objects", nestObjects(MaxDepth + 1)},
		{"deep arrays", nestArrays(MaxDepth + 1)},
		{"loop", loop},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Append([]byte("dst"), Null{}, tt.value)
			if err == nil || string(got) != "dst" {
				t.Errorf("got %q, %v, want dst as it was and an error", got, err)
			}
			if _, ok := errors.AsType[*SyntaxError](err); ok {
				t.Errorf("got %v, want no SyntaxError, as nothing was read", err)
			}
		})
	}
}

func TestAppendReadsBackAtMaxDepth(t *testing.T) {
	for _, v := range []Value{nestObjects(MaxDepth), nestArrays(MaxDepth)} {
		b, err := Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		vs, err := Decode(b)
		if err != nil || !reflect.DeepEqual(vs, []Value{v}) {
			t.Errorf("got %v, %v, want what was written", vs, err)
		}
	}
}

func nestObjects(n int) Value {
	o := &Object{}
	for range n - 1 {
		o = &Object{Properties: props("o", o)}
	}
	return o
}

func nestArrays(n int) Value {
	a := StrictArray{}
	for range n - 1 {
		a = StrictArray{a}
	}
	return a
}
