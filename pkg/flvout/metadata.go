package flvout

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

const (
	onMetaData   = "onMetaData"
	setDataFrame = "@setDataFrame"

	// maxMetadata is how much of a data message is decoded, in bytes, besides an
	// index. A publisher's onMetaData has a few hundred.
	maxMetadata = 1 << 20

	// maxText is the length from which a string or a name is left out. FFmpeg
	// stops reading all metadata at one of 1024 bytes, and other players do at
	// the long string that AMF needs later on.
	maxText = 1000

	// The fields that fill the room left over in a file's onMetaData.
	spacerField = "spacer"
	padField    = "pad"
)

var (
	errLongMetadata = errors.New("flvout: metadata is too long")
	errTornMetadata = errors.New("flvout: metadata ends within a name")
)

// scriptBody returns the AMF0 part of a script tag. A message of type 15 has a
// format byte in front (E-RTMP v2).
func scriptBody(t Tag) []byte {
	if t.Type == tagTypeScriptAMF3 && len(t.Body) > 0 && t.Body[0] == 0 {
		return t.Body[1:]
	}
	return t.Body
}

// scriptName returns the name of a data message and the values behind it, with
// no allocation. MediaMTX and Node-Media-Server send players @setDataFrame, the
// publisher's command, in front of the name.
func scriptName(b []byte) (name, values []byte) {
	for range 2 {
		if len(b) < 3 || b[0] != amfString {
			return nil, nil
		}
		n := int(binary.BigEndian.Uint16(b[1:]))
		if n > len(b)-3 {
			return nil, nil
		}
		name, b = b[3:3+n], b[3+n:]
		if string(name) != setDataFrame {
			break
		}
	}
	return name, b
}

// Metadata is what a server says about its stream in onMetaData.
type Metadata struct {
	fields   amf.Object // in the server's order; only what a file may hold
	audio    bool       // an audio codec is named
	video    bool       // a video codec or a width is named
	duration float64    // s
}

// ParseMetadata reads the body of a script tag. It returns nil if that is no
// onMetaData or nothing in it can be read. What cannot stand in a file, or is
// not true of another file, is left out.
func ParseMetadata(t Tag) *Metadata {
	name, values := scriptName(scriptBody(t))
	if string(name) != onMetaData {
		return nil
	}
	o, own, _ := readFields(values) // with an error, the fields that were whole
	if o == nil {
		return nil
	}
	m := &Metadata{
		fields: amf.Object{Kind: amf.ECMAArray},
		audio:  named(o.Get("audiocodecid")),
		video:  named(o.Get("videocodecid")) || named(o.Get("width")),
	}
	m.duration, _ = amf.AsNumber(own.Get("duration"))
	for _, p := range o.Properties {
		if alarms(p) || !keepName(p.Name) {
			continue
		}
		switch p.Name {
		case "audioTrackIdInfoMap", "videoTrackIdInfoMap": // E-RTMP v2
			if tracks, ok := amf.AsObject(p.Value); ok {
				p.Value = cleanTracks(tracks)
				m.fields.Properties = append(m.fields.Properties, p)
			}
		default:
			if keepScalar(p.Value) {
				m.fields.Properties = append(m.fields.Properties, p)
			}
		}
	}
	return m
}

// Duration is how long the file is that the metadata stood in, as that file
// says it; 0 if it does not.
func (m *Metadata) Duration() time.Duration {
	if m == nil || !(m.duration > 0 && m.duration < math.MaxInt32) {
		return 0
	}
	return time.Duration(math.Round(m.duration * float64(time.Second)))
}

// Audio tells whether the server announces an audio track. nginx-rtmp writes a
// codec of zero for a track that is not there.
func (m *Metadata) Audio() bool { return m != nil && m.audio }

// Video tells whether the server announces a video track.
func (m *Metadata) Video() bool { return m != nil && m.video }

// named tells whether a codec's ID or a width says that there is one.
func named(v amf.Value) bool {
	if n, ok := amf.AsNumber(v); ok {
		return n != 0 && !math.IsNaN(n)
	}
	s, _ := amf.AsString(v)
	return s != ""
}

// ownField names the fields that describe the file that they stand in, and are
// true of no other.
func ownField(name string) bool {
	switch name {
	case "duration", "filesize", "datasize", "audiosize", "videosize", "lasttimestamp",
		"keyframes", "times", "filepositions", "hasKeyframes", "canSeekToEnd", spacerField, padField:
		return true
	}
	return strings.HasPrefix(name, "lastkeyframe")
}

// readFields reads the object that the values of an onMetaData begin with: the
// fields of the stream, and those scalars of the file's own that are short. An
// index may have any length. With an error, o has the fields in front of it; it
// is nil if there is no object.
func readFields(values []byte) (o, own *amf.Object, err error) {
	w, ok := openFields(values)
	if !ok {
		return readFields3(values)
	}
	o, own = &amf.Object{Kind: w.kind}, new(amf.Object)
	room := maxMetadata
	for w.next() {
		to := o
		if ownField(w.name) {
			if to = own; w.value[0] != amfNumber {
				own.Properties = append(own.Properties, amf.Property{Name: w.name, Value: amf.Null{}})
				continue
			}
		}
		if room -= len(w.name) + len(w.value); room < 0 {
			return o, own, errLongMetadata
		}
		v, err := amf.NewDecoder(w.value).Next()
		if err != nil {
			return o, own, err
		}
		to.Properties = append(to.Properties, amf.Property{Name: w.name, Value: v})
	}
	return o, own, w.err
}

// readFields3 is readFields for an object in AMF3, which can only be read whole.
func readFields3(values []byte) (o, own *amf.Object, err error) {
	if len(values) > maxMetadata {
		return nil, nil, errLongMetadata
	}
	v, err := amf.NewDecoder(values).Next()
	all, ok := amf.AsObject(v)
	if !ok {
		return nil, nil, err
	}
	o, own = &amf.Object{Kind: all.Kind, Class: all.Class}, new(amf.Object)
	for _, p := range all.Properties {
		if ownField(p.Name) {
			own.Properties = append(own.Properties, p)
		} else {
			o.Properties = append(o.Properties, p)
		}
	}
	return o, own, err
}

// StreamMetadata returns the body of an onMetaData tag without what describes
// the file that it stands in: its length, its size, its index. None of that is
// true of the stream that a file is published as, and whoever records it would
// keep it. What is to be said instead is set. If there is no such thing, or it
// cannot be read, the body is t's.
func StreamMetadata(t Tag, set ...amf.Property) []byte {
	body := scriptBody(t)
	name, values := scriptName(body)
	if string(name) != onMetaData {
		return t.Body
	}
	o, own, err := readFields(values)
	if err != nil || o == nil || len(own.Properties)+len(set) == 0 {
		return t.Body
	}
	o.Properties = append(o.Properties, set...)
	b, err := amf.Append(t.Body[:len(t.Body)-len(body):len(t.Body)-len(body)], amf.String(onMetaData), o)
	if err != nil {
		return t.Body
	}
	return b
}

// alarms names the values for which FFmpeg's demuxer distrusts every size in
// the file (flvdec.c, broken_sizes).
func alarms(p amf.Property) bool {
	s, _ := amf.AsString(p.Value)
	switch p.Name {
	case "metadatacreator":
		return s == "MEGA" || strings.HasPrefix(s, "FlixEngine")
	case "encoder":
		return strings.HasPrefix(s, "Open Broadcaster Software v0.")
	}
	return false
}

// keepName refuses the empty name as well, which to many readers is the end of
// the object.
func keepName(name string) bool { return name != "" && len(name) < maxText }

func keepScalar(v amf.Value) bool {
	switch v := v.(type) {
	case amf.Number, amf.Boolean:
		return true
	case amf.String:
		return len(v) < maxText
	}
	return false
}

// cleanTracks copies a map of track IDs to objects of scalars.
func cleanTracks(o *amf.Object) *amf.Object {
	c := &amf.Object{Kind: amf.Anonymous}
	for _, p := range o.Properties {
		track, ok := amf.AsObject(p.Value)
		if !ok || !keepName(p.Name) {
			continue
		}
		t := &amf.Object{Kind: amf.Anonymous}
		for _, q := range track.Properties {
			if keepName(q.Name) && keepScalar(q.Value) {
				t.Properties = append(t.Properties, q)
			}
		}
		c.Properties = append(c.Properties, amf.Property{Name: p.Name, Value: t})
	}
	return c
}

// appendMetadata appends the body of a stream's onMetaData tag to dst. It has no
// duration, since FFmpeg takes one of 0 from a pipe at its word.
func appendMetadata(dst []byte, m *Metadata) []byte {
	b, err := amf.Append(dst, amf.String(onMetaData), &m.fields)
	if err != nil || len(b)-len(dst) > maxBody {
		b, _ = amf.Append(dst, amf.String(onMetaData), &amf.Object{Kind: amf.ECMAArray})
	}
	return b
}
