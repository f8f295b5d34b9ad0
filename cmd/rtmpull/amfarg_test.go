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
		"B:1 B:0 B:2 B:-1":                     "true false true true",
		"N:1.5 N:-2 N:1e3 N:0x10 N:-0X1p-1":    "1.5 -2 1000 16 -0.5",
		"S: S:a:b":                             `"" "a:b"`,
		"Z: Z:x":                               "null null",
		"O:1 O:0":                              "{}",
		"O:1 NS:a:b:c NB:t:1 NN:n:2 NZ:z: O:0": `{a: "b:c", t: true, n: 2, z: null}`,
		"O:1 NO:o:1 NO:p:1 NS:x:y O:0 NN:n:1 O:0 O:0": `{o: {p: {x: "y"}, n: 1}}`,
		"S:a O:1 NS::v O:0 S:b":                       `"a" {"": "v"} "b"`,
		"O:2 O:0":                                     "{}",

		// From the command lines of programs.
		"S: S: S: S:c2Vzc2lvbg==": `"" "" "" "c2Vzc2lvbg=="`,
		"S:connect O:1 NS:pageUrl:http://h/p?a=1 NB:fpad:0 NN:videoFunction:1 O:0": `"connect" {pageUrl: "http://h/p?a=1", fpad: false, videoFunction: 1}`,
		"O:1 NN:x:1 O:0 B:1": "{x: 1} true",
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
		"", "x", "X:1", ":", "B:", "B:true", "B:1x", "N:", "N:x", "N:1,5", "N:1 2", "N:0x", "N:0x1_0", "N:1e999", "O:", "O:x", "O:0", "O:1", "O:1 O:0 O:0",
		"NS:a:b", "O:1 S:a O:0", "O:1 O:1 O:0 O:0", "O:1 NS:a O:0", "O:1 NO:a:0 O:0", "NNS:a:b", "b:1",
		strings.Repeat("NO:a:1 ", 5), "O:1 " + strings.Repeat("NO:a:1 ", amf.MaxDepth),
	} {
		values, err := parseConn(strings.Split(args, " "))
		if _, ok := errors.AsType[*usageError](err); !ok {
			t.Errorf("%s is %v, %v, want a usage error", args, values, err)
		}
	}
}

// What is wrong is named, and values, which may be passwords, are not.
func TestParseConnComplains(t *testing.T) {
	for args, want := range map[string]string{
		"S:a secret":             "-C: value 2 has no type; write S:text for a text, and B:, N:, Z: and O: for others",
		"X:secret":               `-C "X:": unknown type; B, N, S, O and Z are known`,
		"NS:token:secret":        `-C "NS:token:": this is a member, and no object is open (O:1)`,
		"O:1 S:secret":           `-C "S:": within an object a value needs a name, such as NS:name:text`,
		"O:1 NS:secret":          `-C "NS:": want a name and a value, such as NS:name:text`,
		"O:1 NS:a:secret":        "-C: an object is not closed (O:0)",
		"O:1 NO:a:1 NS:a:secret": "-C: 2 objects are not closed (O:0 for each)",
		"O:1 O:0 O:0":            `-C "O:": the 0 closes an object, and none is open`,
		"O:1 NN:n:1,5":           `-C "NN:n:": a number is wanted, such as 1.5`,
		"N:secret":               `-C "N:": a number is wanted, such as 1.5`,
		"B:true":                 `-C "B:": a boolean is 0 or 1`,
		"O:1 NO:a:0":             `-C "NO:a:": an object is opened by 1, and closed by O:0`,
	} {
		if _, err := parseConn(strings.Fields(args)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", args, err, want)
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
