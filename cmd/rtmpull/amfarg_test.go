package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

func TestParseConn(t *testing.T) {
	for args, want := range map[string]string{
		"":                                     "",
		"B:1 B:0":                              "true false",
		"N:1.5 N:-2 N:1e3":                     "1.5 -2 1000",
		"S: S:a:b":                             `"" "a:b"`,
		"Z: Z:x":                               "null null",
		"O:1 O:0":                              "{}",
		"O:1 NS:a:b:c NB:t:1 NN:n:2 NZ:z: O:0": `{a: "b:c", t: true, n: 2, z: null}`,
		"O:1 NO:o:1 NO:p:1 NS:x:y O:0 NN:n:1 O:0 O:0": `{o: {p: {x: "y"}, n: 1}}`,
		"S:a O:1 NS::v O:0 S:b":                       `"a" {"": "v"} "b"`,
	} {
		values, err := parseConn(strings.Fields(args))
		var got []string
		for _, v := range values {
			got = append(got, amf.Format(v))
		}
		if strings.Join(got, " ") != want || err != nil {
			t.Errorf("%s is %v, %v, want %s", args, got, err, want)
		}
	}
	for _, args := range []string{
		"x", "X:1", ":", "B:", "B:true", "B:2", "N:", "N:x", "O:", "O:2", "O:0", "O:1", "O:1 O:0 O:0",
		"NS:a:b", "O:1 S:a O:0", "O:1 O:1 O:0 O:0", "O:1 NS:a O:0", "O:1 NO:a:0 O:0", "NNS:a:b", "b:1",
		strings.Repeat("NO:a:1 ", 5), "O:1 " + strings.Repeat("NO:a:1 ", amf.MaxDepth),
	} {
		values, err := parseConn(strings.Fields(args))
		if _, ok := errors.AsType[*usageError](err); !ok {
			t.Errorf("%s is %v, %v, want a usage error", args, values, err)
		}
	}
}

// What is accepted can be sent.
func FuzzParseConn(f *testing.F) {
	f.Add("O:1 NO:o:1 NS:a:b O:0 O:0 B:1")
	f.Add("N:NaN S:x Z:")
	f.Add("O:0")
	f.Fuzz(func(t *testing.T, args string) {
		values, err := parseConn(strings.Fields(args))
		if err != nil {
			return
		}
		b, err := amf.Append(nil, values...)
		if err != nil {
			t.Fatalf("%q cannot be written: %v", args, err)
		}
		if got, err := amf.Decode(b); err != nil || len(got) != len(values) {
			t.Errorf("%q is read back as %v, %v", args, got, err)
		}
	})
}
