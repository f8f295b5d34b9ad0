package amf_test

import (
	"fmt"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

func Example() {
	msg, err := amf.Append(nil,
		amf.String("onStatus"), amf.Number(0), amf.Null{},
		&amf.Object{Properties: []amf.Property{
			{Name: "level", Value: amf.String("status")},
			{Name: "code", Value: amf.String("NetStream.Play.Start")},
		}})
	if err != nil {
		fmt.Println(err)
		return
	}

	vs, err := amf.Decode(msg)
	if err != nil {
		fmt.Println(err)
		return
	}
	info, _ := amf.AsObject(vs[3])
	code, _ := amf.AsString(info.Get("code"))
	fmt.Println(code)
	fmt.Println(amf.Format(info))
	// Output:
	// NetStream.Play.Start
	// {level: "status", code: "NetStream.Play.Start"}
}

func ExampleDecode_truncated() {
	// An object whose last property is cut off.
	vs, err := amf.Decode([]byte("\x03\x00\x04code\x02\x00\x02ok\x00\x04data\x02\xFF"))
	fmt.Println(amf.Format(vs[0]))
	fmt.Println(err)
	// Output:
	// {code: "ok", ...}
	// amf: offset 19: message ends within a string length
}
