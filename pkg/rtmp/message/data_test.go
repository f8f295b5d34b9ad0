package message

import (
	"bytes"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// What a publisher sends, players get back as it was in the file.
func TestAppendDataFrame(t *testing.T) {
	for name, framed := range map[string]bool{"onMetaData": true, "onMetaDatas": false, "onCuePoint": false, "@setDataFrame": false} {
		body, err := amf.Append(nil, amf.String(name), &amf.Object{})
		if err != nil {
			t.Fatal(err)
		}
		got := AppendDataFrame([]byte("x"), body)
		values, err := amf.Decode(got[1:])
		if err != nil {
			t.Fatal(err)
		}
		if is := values[0] == amf.String(SetDataFrame) && name != SetDataFrame; is != framed {
			t.Errorf("%s is sent as %v", name, values)
		}
		if name != SetDataFrame && !bytes.Equal(DataBody(&Message{Type: TypeData, Payload: got[1:]}), body) {
			t.Errorf("%s comes back as %q", name, got)
		}
	}
	for _, body := range [][]byte{nil, {2}, {2, 0, 10, 'o', 'n'}} {
		if got := AppendDataFrame(nil, body); !bytes.Equal(got, body) {
			t.Errorf("%q is sent as %q", body, got)
		}
	}
}
