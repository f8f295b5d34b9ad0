package amf

import (
	"math"
	"strings"
	"testing"
)

func TestFormat(t *testing.T) {
	long := strings.Repeat("a", 511)
	for _, tt := range []struct {
		v    Value
		want string
	}{
		{nil, `nil`},
		{(*Object)(nil), `nil`},
		{Null{}, `null`},
		{Undefined{}, `undefined`},
		{Unsupported{}, `unsupported`},
		{Boolean(true), `true`},
		{Number(4294967295), `4294967295`},
		{Number(-0.5), `-0.5`},
		{Number(1e300), `1e+300`},
		{Number(math.NaN()), `NaN`},
		{Number(math.Inf(-1)), `-Inf`},
		{String(`say "é"`), `"say \"é\""`},
		{String(long + "é"), `"` + long + `"...`},
		{String(strings.Repeat("\x80", 600)), `"` + strings.Repeat(`\x80`, 508) + `"...`},
		{XML("<a/>\n"), `xml("<a/>\n")`},
		{Date{Milliseconds: 5}, `date(5)`},
		{Date{Milliseconds: 5, Zone: -60}, `date(5, -60)`},
		{ByteArray(nil), `bytes(0)`},
		{ByteArray(make([]byte, 16)), `bytes(16: ` + strings.Repeat("00", 16) + `)`},
		{ByteArray(make([]byte, 17)), `bytes(17: ` + strings.Repeat("00", 16) + `...)`},
		{StrictArray{Null{}, StrictArray{}}, `[null, []]`},
		{&Object{}, `{}`},
		{&Object{Properties: props("a.b", Null{}, "@c", Null{}, "", Null{}, "d e", Null{})}, `{a.b: null, @c: null, "": null, "d e": null}`},
		{&Object{Kind: ECMAArray, Properties: props("a", Number(1)), Truncated: true}, `[a: 1, ...]`},
		{&Object{Kind: Typed, Class: "flex.Foo", Truncated: true}, `flex.Foo{...}`},
	} {
		if got := Format(tt.v); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestFormatIsBounded(t *testing.T) {
	loop := &Object{}
	loop.Set("a", loop)
	loop.Set("b", loop)
	wide := make(StrictArray, 1000000)
	text := Value(String(strings.Repeat("\x00", 1000)))
	for i := range wide {
		wide[i] = text
	}
	for name, v := range map[string]Value{"loop": loop, "wide": wide, "deep": nestArrays(1000)} {
		got := Format(v)
		if len(got) > 8192 || !strings.Contains(got, "...") {
			t.Errorf("%s: got %d bytes, want 8192 at most, and dots", name, len(got))
		}
	}
}
