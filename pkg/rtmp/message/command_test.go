package message

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

func object(name string, v amf.Value) *amf.Object {
	return &amf.Object{Properties: []amf.Property{{Name: name, Value: v}}}
}

func TestCommandMessage(t *testing.T) {
	for _, tt := range []struct {
		name    string
		command Command
		want    string
	}{
		{"connect", Command{Name: "connect", TransactionID: 1, Object: object("app", amf.String("live"))}, `
			02 0007 "connect"  00 3FF0000000000000
			03 0003 "app" 02 0004 "live" 000009`},
		{"without an object", Command{Name: "play", TransactionID: 4, Args: []amf.Value{amf.String("s"), amf.Number(-2)}}, `
			02 0004 "play"  00 4010000000000000  05
			02 0001 "s"  00 C000000000000000`},
	} {
		m, err := tt.command.Message(CommandChunkStreamID, 1)
		if err != nil || m.Type != TypeCommand || m.ChunkStreamID != 3 || m.StreamID != 1 || !bytes.Equal(m.Payload, wire(t, tt.want)) {
			t.Errorf("%s: got %+v, %v, want %s", tt.name, m, err, tt.want)
			continue
		}
		got, err := ParseCommand(&m)
		want := tt.command
		if want.Object == nil {
			want.Object = amf.Null{}
		}
		if len(want.Args) == 0 {
			want.Args = []amf.Value{}
		}
		if err != nil || !reflect.DeepEqual(got, &want) {
			t.Errorf("%s: read back %+v, %v", tt.name, got, err)
		}
	}
	bad := Command{Name: "play", Args: []amf.Value{nil}}
	if m, err := bad.Message(3, 1); err == nil {
		t.Errorf("a nil argument: got %+v", m)
	}
}

func TestParseCommand(t *testing.T) {
	info := &amf.Object{Kind: amf.ECMAArray, Properties: object("code", amf.String("c")).Properties}
	for _, tt := range []struct {
		name string
		typ  Type
		body string
		want Command
		info *amf.Object
		err  bool
	}{
		{"onStatus", TypeCommand, `
			02 0008 "onStatus"  00 0000000000000000  05
			03 0004 "code" 02 0001 "c" 000009`,
			Command{"onStatus", 0, amf.Null{}, []amf.Value{object("code", amf.String("c"))}},
			object("code", amf.String("c")), false},
		{"AMF3", TypeCommandAMF3, `00
			02 0008 "onStatus"  00 0000000000000000  05
			03 0004 "code" 02 0001 "c" 000009`,
			Command{"onStatus", 0, amf.Null{}, []amf.Value{object("code", amf.String("c"))}},
			object("code", amf.String("c")), false},
		{"AMF3 without the format byte", TypeCommandAMF3, `
			02 0008 "onStatus"  00 0000000000000000  05
			03 0004 "code" 02 0001 "c" 000009`,
			Command{"onStatus", 0, amf.Null{}, []amf.Value{object("code", amf.String("c"))}},
			object("code", amf.String("c")), false},
		{"AMF3 values", TypeCommandAMF3, `00
			02 0008 "onStatus"  00 0000000000000000  05
			11 0A 0B 01 09 "code" 06 03 "c" 01`,
			Command{"onStatus", 0, amf.Null{}, []amf.Value{object("code", amf.String("c"))}},
			object("code", amf.String("c")), false},
		{"ECMA array", TypeCommand, `
			02 0007 "_result"  00 3FF0000000000000
			03 0006 "fmsVer" 02 0001 "v" 000009
			08 00000000 0004 "code" 02 0001 "c" 000009`,
			Command{"_result", 1, object("fmsVer", amf.String("v")), []amf.Value{info}},
			info, false},
		{"rtmpsrv leaves out the null", TypeCommand, `
			02 0008 "onStatus"  00 0000000000000000
			03 0004 "code" 02 0001 "c" 000009`,
			Command{"onStatus", 0, object("code", amf.String("c")), []amf.Value{}},
			object("code", amf.String("c")), false},
		{"createStream's answer has no info", TypeCommand, `
			02 0007 "_result"  00 4000000000000000  05  00 3FF0000000000000`,
			Command{"_result", 2, amf.Null{}, []amf.Value{amf.Number(1)}},
			nil, false},
		{"null info", TypeCommand, `
			02 0006 "_error"  00 4000000000000000  05  05`,
			Command{"_error", 2, amf.Null{}, []amf.Value{amf.Null{}}},
			nil, false},
		{"name only", TypeCommand, `02 0005 "close"`, Command{"close", 0, nil, nil}, nil, false},
		{"no transaction ID", TypeCommand, `02 0005 "close" 05`, Command{"close", 0, amf.Null{}, []amf.Value{}}, nil, false},
		{"info cut off", TypeCommand, `
			02 0008 "onStatus"  00 0000000000000000  05
			03 0004 "code" 02 0001 "c" 0005 "level" 02 0005 "err"`,
			Command{"onStatus", 0, amf.Null{}, []amf.Value{
				&amf.Object{Properties: object("code", amf.String("c")).Properties, Truncated: true}}},
			&amf.Object{Properties: object("code", amf.String("c")).Properties, Truncated: true}, true},
		{"cut off in the transaction ID", TypeCommand, `02 0005 "close" 00 0000`, Command{Name: "close"}, nil, true},
	} {
		m := &Message{Type: tt.typ, Payload: wire(t, tt.body)}
		got, err := ParseCommand(m)
		if (err != nil) != tt.err || !reflect.DeepEqual(got, &tt.want) {
			t.Errorf("%s: got %+v, %v, want %+v", tt.name, got, err, tt.want)
			continue
		}
		clear(m.Payload)
		if i := got.Info(); !reflect.DeepEqual(i, tt.info) {
			t.Errorf("%s: got info %+v, want %+v", tt.name, i, tt.info)
		}
	}
}

func TestParseCommandWithoutName(t *testing.T) {
	for _, tt := range []struct {
		name   string
		typ    Type
		body   string
		noName bool // it is the name that is missed
	}{
		{"empty", TypeCommand, ``, true},
		{"empty, AMF3", TypeCommandAMF3, ``, true},
		{"format byte only", TypeCommandAMF3, `00`, true},
		{"a number", TypeCommand, `00 0000000000000000`, true},
		{"an object cut off", TypeCommand, `03 0001 "a" 02`, true},
		{"a name cut off", TypeCommand, `02 0007 "conn"`, false},
		{"a marker", TypeCommand, `02`, false},
		{"garbage", TypeCommand, `FFFFFF`, false},
	} {
		c, err := ParseCommand(&Message{Type: tt.typ, Payload: wire(t, tt.body)})
		if c != nil || err == nil || errors.Is(err, ErrNoName) != tt.noName {
			t.Errorf("%s: got %+v, %v", tt.name, c, err)
		}
	}
}

func TestData(t *testing.T) {
	const metadata = `02 000A "onMetaData" 08 00000000 0005 "width" 00 4059000000000000 000009`
	want := []amf.Value{&amf.Object{Kind: amf.ECMAArray, Properties: object("width", amf.Number(100)).Properties}}
	for _, tt := range []struct {
		name string
		typ  Type
		body string
		tag  string
	}{
		{"plain", TypeData, metadata, metadata},
		{"as it was published", TypeData, `02 000D "@setDataFrame"` + metadata, metadata},
		{"AMF3", TypeDataAMF3, `00` + metadata, metadata},
		{"AMF3, as it was published", TypeDataAMF3, `00 02 000D "@setDataFrame"` + metadata, metadata},
		{"AMF3 without the format byte", TypeDataAMF3, metadata, metadata},
	} {
		m := &Message{Type: tt.typ, Payload: wire(t, tt.body)}
		if got := DataBody(m); !bytes.Equal(got, wire(t, tt.tag)) {
			t.Errorf("%s: got % x", tt.name, got)
		}
		name, values, err := ParseData(m)
		if name != "onMetaData" || !reflect.DeepEqual(values, want) || err != nil {
			t.Errorf("%s: got %q, %v, %v", tt.name, name, values, err)
		}
	}

	for _, tt := range []struct {
		name   string
		body   string
		data   string
		values int
		err    bool
	}{
		{"empty", ``, "", 0, false},
		{"only the publisher's name", `02 000D "@setDataFrame"`, "", 0, false},
		{"no name", `00 0000000000000000`, "", 1, false},
		{"a name cut off", `02 000D "@set"`, "", 0, true},
		{"a value cut off", `02 0001 "a" 05 00 00`, "a", 1, true},
	} {
		m := &Message{Type: TypeData, Payload: wire(t, tt.body)}
		DataBody(m)
		name, values, err := ParseData(m)
		if name != tt.data || len(values) != tt.values || (err != nil) != tt.err {
			t.Errorf("%s: got %q, %v, %v", tt.name, name, values, err)
		}
	}
}
