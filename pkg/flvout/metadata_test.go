package flvout

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// prop abbreviates a property.
func prop(name string, v amf.Value) amf.Property { return amf.Property{Name: name, Value: v} }

// reread decodes the body of an onMetaData that we wrote.
func reread(t testing.TB, body []byte) *amf.Object {
	t.Helper()
	vs, err := amf.Decode(body)
	if err != nil || len(vs) != 2 || vs[0] != amf.String(onMetaData) {
		t.Fatalf("got %v, %v; want onMetaData and one value", vs, err)
	}
	o, ok := amf.AsObject(vs[1])
	if !ok || o.Kind != amf.ECMAArray {
		t.Fatalf("got %v, want an ECMA array", vs[1])
	}
	return o
}

func TestMetadataFields(t *testing.T) {
	long := amf.String(strings.Repeat("x", maxText))
	track := &amf.Object{Properties: []amf.Property{prop("width", amf.Number(640)), prop("bad", amf.Null{}),
		prop("worse", long)}}
	in := []amf.Property{
		prop("encoder", amf.String("obs-output module (libobs version 30.0.0)")),
		prop("duration", amf.Number(7)),
		prop("fileSize", amf.Number(0)), // OBS; not the field that readers know
		prop("filesize", amf.Number(9)),
		prop("width", amf.Number(1280)),
		prop("keyframes", &amf.Object{Properties: []amf.Property{prop("times", amf.StrictArray{})}}),
		prop("times", amf.StrictArray{amf.Number(1)}),
		prop("filepositions", amf.Number(1)),
		prop("lasttimestamp", amf.Number(1)),
		prop("lastkeyframetimestamp", amf.Number(1)),
		prop("lastkeyframelocation", amf.Number(1)),
		prop("framerate", amf.Number(29.97)),
		prop("stereo", amf.Boolean(true)),
		prop("Comment", long),
		prop("Short", long[1:]),
		prop(string(long), amf.Number(1)),
		prop("", amf.Number(1)),
		prop("date", amf.Date{}),
		prop("null", amf.Null{}),
		prop("object", &amf.Object{}),
		prop("videoTrackIdInfoMap", &amf.Object{Properties: []amf.Property{prop("1", track), prop("2", amf.Null{})}}),
		prop("audioTrackIdInfoMap", amf.Null{}),
		prop("metadatacreator", amf.String("FlixEngine 8")),
	}
	want := "[encoder: \"obs-output module (libobs version 30.0.0)\", fileSize: 0, width: 1280, framerate: 29.97, stereo: true"
	for _, kind := range []amf.ObjectKind{amf.Anonymous, amf.ECMAArray} {
		m := ParseMetadata(metadataTag(t, kind, in...))
		if m == nil {
			t.Fatal("got no metadata")
		}
		if !m.Video() || m.Audio() {
			t.Errorf("got video %t, audio %t; want only video", m.Video(), m.Audio())
		}
		got := reread(t, appendMetadata(nil, m))
		got.Delete("Short")
		if text := amf.Format(got); text != want+", videoTrackIdInfoMap: {1: {width: 640}}]" {
			t.Errorf("got  %s\nwant %s...", text, want)
		}
	}
}

func TestMetadataAlarms(t *testing.T) {
	for _, c := range []struct {
		name, value string
		kept        bool
	}{
		{"metadatacreator", "MEGA", false},
		{"metadatacreator", "MEGAtool", true},
		{"metadatacreator", "FlixEngine 8.0", false},
		{"metadatacreator", "inlet media FLVTool2", true},
		{"encoder", "Open Broadcaster Software v0.657b", false},
		{"encoder", "Open Broadcaster Software v1.0", true},
		{"creator", "MEGA", true},
	} {
		m := ParseMetadata(metadataTag(t, amf.ECMAArray, prop(c.name, amf.String(c.value))))
		if got := m.fields.Get(c.name) != nil; got != c.kept {
			t.Errorf("%s %q: got kept %t, want %t", c.name, c.value, got, c.kept)
		}
	}
}

func TestMetadataTracks(t *testing.T) {
	for _, c := range []struct {
		pair         amf.Property
		audio, video bool
	}{
		{prop("width", amf.Number(0)), false, false},
		{prop("width", amf.Number(2)), false, true},
		{prop("videocodecid", amf.Number(7)), false, true},
		{prop("videocodecid", amf.Number(0)), false, false}, // nginx-rtmp, no video
		{prop("videocodecid", amf.String("avc1")), false, true},
		{prop("videocodecid", amf.String("")), false, false},
		{prop("videocodecid", amf.Number(math.NaN())), false, false},
		{prop("videocodecid", amf.Null{}), false, false},
		{prop("audiocodecid", amf.Number(10)), true, false},
		{prop("audiocodecid", amf.Number(0)), false, false},
		{prop("audiodatarate", amf.Number(128)), false, false},
	} {
		m := ParseMetadata(metadataTag(t, amf.Anonymous, c.pair))
		if m.Audio() != c.audio || m.Video() != c.video {
			t.Errorf("%s %v: got audio %t, video %t; want %t, %t",
				c.pair.Name, c.pair.Value, m.Audio(), m.Video(), c.audio, c.video)
		}
	}
}

func TestMetadataForms(t *testing.T) {
	whole := metadataTag(t, amf.ECMAArray, prop("width", amf.Number(320)), prop("height", amf.Number(180))).Body
	set, err := amf.Append(nil, amf.String(setDataFrame))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		tag    Tag
		fields int // -1: no metadata
	}{
		"plain":             {Tag{Type: data, Body: whole}, 2},
		"@setDataFrame":     {Tag{Type: data, Body: append(bytes.Clone(set), whole...)}, 2},
		"type 15":           {Tag{Type: tagTypeScriptAMF3, Body: append([]byte{0}, whole...)}, 2},
		"trailing null":     {Tag{Type: data, Body: append(bytes.Clone(whole), 5)}, 2},
		"trailing junk":     {Tag{Type: data, Body: append(bytes.Clone(whole), 0xFF, 0xFF)}, 2},
		"no object end":     {Tag{Type: data, Body: whole[:len(whole)-3]}, 2},
		"cut in a value":    {Tag{Type: data, Body: whole[:len(whole)-6]}, 1},
		"name only":         {Tag{Type: data, Body: whole[:13]}, -1},
		"a number":          {Tag{Type: data, Body: append(bytes.Clone(whole[:13]), 0, 0, 0, 0, 0, 0, 0, 0, 0)}, -1},
		"empty":             {Tag{Type: data}, -1},
		"twice the command": {Tag{Type: data, Body: append(append(bytes.Clone(set), set...), whole...)}, -1},
		"another name":      {Tag{Type: data, Body: append([]byte{2, 0, 3, 'o', 'n', 'X'}, whole[13:]...)}, -1},
	} {
		m := ParseMetadata(c.tag)
		if got := metadataFields(m); got != c.fields {
			t.Errorf("%s: got %d fields, want %d", name, got, c.fields)
		}
	}
}

func metadataFields(m *Metadata) int {
	if m == nil {
		return -1
	}
	return len(m.fields.Properties)
}

func FuzzMetadata(f *testing.F) {
	f.Add(metadataTag(f, amf.ECMAArray, prop("width", amf.Number(320)), prop("encoder", amf.String("x"))).Body)
	f.Add(metadataTag(f, amf.Anonymous, prop("audioTrackIdInfoMap",
		&amf.Object{Properties: []amf.Property{prop("1", &amf.Object{})}})).Body)
	f.Add([]byte("\x02\x00\x0D@setDataFrame\x02\x00\x0AonMetaData\x08\xFF\xFF\xFF\xFF"))
	for _, name := range []string{"bars.flv", "audio.flv", "video.flv"} {
		f.Add(scan(f, sample(f, name))[0].Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m := ParseMetadata(Tag{Type: data, Body: body})
		if m == nil {
			return
		}
		out := appendMetadata(nil, m)
		again := ParseMetadata(Tag{Type: data, Body: out})
		if again == nil {
			t.Fatalf("cannot read what was written: % x", out)
		}
		got, want := amf.Format(&again.fields), amf.Format(&m.fields)
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if m.Audio() != again.Audio() && again.Audio() {
			t.Errorf("audio appeared")
		}
	})
}

func TestStreamMetadata(t *testing.T) {
	script := func(values ...amf.Value) Tag {
		b, err := amf.Append(nil, values...)
		if err != nil {
			t.Fatal(err)
		}
		return Tag{Type: data, Body: b}
	}
	fields := func(kind amf.ObjectKind, names ...string) *amf.Object {
		o := &amf.Object{Kind: kind}
		for i, name := range names {
			o.Set(name, amf.Number(i))
		}
		return o
	}
	own := fields(amf.ECMAArray, "duration", "width", "filesize", "keyframes", "encoder", "lasttimestamp", "lastkeyframelocation")
	got := StreamMetadata(script(amf.String("onMetaData"), own))
	_, values := scriptName(got)
	v, err := amf.NewDecoder(values).Next()
	if want := "[width: 1, encoder: 4]"; err != nil || amf.Format(v) != want {
		t.Errorf("got %s, %v; want %s", amf.Format(v), err, want)
	}
	for name, as := range map[string]Tag{
		"nothing of the file": script(amf.String("onMetaData"), fields(amf.Anonymous, "width", "height")),
		"another name":        script(amf.String("onCuePoint"), own),
		"a number for object": script(amf.String("onMetaData"), amf.Number(1)),
		"torn":                {Type: data, Body: script(amf.String("onMetaData"), own).Body[:60]},
		"no AMF":              {Type: data, Body: []byte{9}},
		"nothing":             {Type: data},
	} {
		if got := StreamMetadata(as); !bytes.Equal(got, as.Body) {
			t.Errorf("%s: got %q, want it as it was", name, got)
		}
	}
}
