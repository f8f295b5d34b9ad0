package message

import (
	"bytes"
	"math"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// FuzzCommand parses any body in all the ways there are. A command that could
// be read can be written, and is then read the same.
func FuzzCommand(f *testing.F) {
	for _, dump := range []string{
		`02 0007 "connect" 00 3FF0000000000000 03 0003 "app" 02 0004 "live" 000009`,
		`00 02 0007 "_result" 00 3FF0000000000000 05 11 0A 0B 01 09 "code" 06 03 "c" 01`,
		`02 0008 "onStatus" 00 0000000000000000 03 0004 "code" 02 0001 "c" 000009`,
		`02 000D "@setDataFrame" 02 000A "onMetaData" 08 00000000 0005 "width" 00 4059000000000000 000009`,
		`0006 0000000A`,
	} {
		for _, typ := range []Type{TypeCommand, TypeCommandAMF3, TypeData, TypeDataAMF3} {
			f.Add(byte(typ), wire(f, dump))
		}
	}
	f.Fuzz(func(t *testing.T, typ byte, payload []byte) {
		m := &Message{Type: Type(typ), Payload: payload}
		body := DataBody(m)
		if !bytes.HasSuffix(payload, body) {
			t.Errorf("% x is no end of % x", body, payload)
		}
		if name, values, err := ParseData(m); err == nil && name == "" && len(values) == 0 {
			if v, _ := amf.Decode(body); len(v) > 0 && v[0] != amf.String("") {
				t.Errorf("nothing was read of % x", payload)
			}
		}
		m.Limit()
		_ = m.Type.String()
		event, _, _, _ := ParseUserControl(payload)
		_ = event.String()

		c, err := ParseCommand(m)
		if c == nil {
			if err == nil {
				t.Fatal("neither a command nor an error")
			}
			return
		}
		c.Info()
		out, err := c.Message(CommandChunkStreamID, 1)
		if err != nil {
			// AMF3 has longer names than AMF0.
			if len(payload) <= math.MaxUint16 {
				t.Errorf("cannot write what was read: %v", err)
			}
			return
		}
		back, err := ParseCommand(&out)
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n% x", err, out.Payload)
		}
		again, err := back.Message(CommandChunkStreamID, 1)
		if err != nil || back.Name != c.Name || !bytes.Equal(again.Payload, out.Payload) {
			t.Errorf("changed on the way: %v\n% x\n% x", err, out.Payload, again.Payload)
		}
	})
}
