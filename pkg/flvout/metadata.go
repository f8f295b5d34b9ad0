package flvout

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

const (
	onMetaData   = "onMetaData"
	setDataFrame = "@setDataFrame"

	// maxMetadata is the longest data message that is decoded. A publisher's
	// onMetaData has a few hundred bytes.
	maxMetadata = 1 << 20

	// maxText is the length from which a string or a name is left out. FFmpeg
	// stops reading all metadata at one of 1024 bytes, and other players do at
	// the long string that AMF needs later on.
	maxText = 1000

	amfString = 0x02 // the marker of a string with a 16-bit length
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
	fields amf.Object // in the server's order; only what a file may hold
	audio  bool       // an audio codec is named
	video  bool       // a video codec or a width is named
}

// ParseMetadata reads the body of a script tag. It returns nil if that is no
// onMetaData or nothing in it can be read. What cannot stand in a file, or is
// not true of another file, is left out.
func ParseMetadata(t Tag) *Metadata {
	name, values := scriptName(scriptBody(t))
	if string(name) != onMetaData || len(values) > maxMetadata {
		return nil
	}
	v, _ := amf.NewDecoder(values).Next() // with an error, the fields that were whole
	o, ok := amf.AsObject(v)
	if !ok {
		return nil
	}
	m := &Metadata{
		fields: amf.Object{Kind: amf.ECMAArray},
		audio:  named(o.Get("audiocodecid")),
		video:  named(o.Get("videocodecid")) || named(o.Get("width")),
	}
	for _, p := range o.Properties {
		if ownField(p.Name) || alarms(p) || !keepName(p.Name) {
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

// ownField names the fields that describe the file that somebody else wrote.
func ownField(name string) bool {
	switch name {
	case "duration", "filesize", "keyframes", "filepositions", "times", "lasttimestamp":
		return true
	}
	return strings.HasPrefix(name, "lastkeyframe")
}

// StreamMetadata returns the body of an onMetaData tag without what describes
// the file that it stands in: its length, its size, its index. None of that is
// true of the stream that a file is published as, and whoever records it would
// keep it. If there is no such thing, or it cannot be read, the body is t's.
func StreamMetadata(t Tag) []byte {
	name, values := scriptName(t.Body)
	if string(name) != onMetaData || len(values) > maxMetadata {
		return t.Body
	}
	v, err := amf.NewDecoder(values).Next()
	o, ok := amf.AsObject(v)
	if err != nil || !ok {
		return t.Body
	}
	own := func(p amf.Property) bool { return ownField(p.Name) }
	if !slices.ContainsFunc(o.Properties, own) {
		return t.Body
	}
	kept := *o
	kept.Properties = slices.DeleteFunc(slices.Clone(o.Properties), own)
	b, err := amf.Append(nil, amf.String(onMetaData), &kept)
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

// The body that a file's onMetaData begins with: the name, an ECMA array's
// marker and count, and duration and filesize as the first fields, so that
// their values lie at offsets that never change.
const (
	durationOffset = 1 + 2 + len(onMetaData) + 1 + 4 + 2 + len("duration") + 1
	filesizeOffset = durationOffset + 8 + 2 + len("filesize") + 1
)

// appendMetadata appends the body of an onMetaData tag to dst; m may be nil. A
// file's has room for duration and filesize, a stream's has neither, since
// FFmpeg takes a duration of 0 from a pipe at its word.
func appendMetadata(dst []byte, m *Metadata, file bool) []byte {
	o := &amf.Object{Kind: amf.ECMAArray}
	if file {
		o.Properties = append(o.Properties,
			amf.Property{Name: "duration", Value: amf.Number(0)},
			amf.Property{Name: "filesize", Value: amf.Number(0)})
	}
	own := *o
	if m != nil {
		o.Properties = append(o.Properties, m.fields.Properties...)
	}
	b, err := amf.Append(dst, amf.String(onMetaData), o)
	if err != nil || len(b)-len(dst) > maxBody {
		b, _ = amf.Append(dst, amf.String(onMetaData), &own)
	}
	return b
}
