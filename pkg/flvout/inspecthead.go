package flvout

import (
	"bytes"
	"math"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// A headInspector keeps what a file says about itself, until it is known what is
// true.
type headInspector struct {
	flags, audio, video bool // of the header

	seen    bool // onMetaData
	first   bool // it is the first tag
	command bool // @setDataFrame stands before it
	fields  Fields
	late    int64 // more of them, behind a frame
	index   indexInspector
	size    int64 // of the file; 0 is unknown
}

const (
	maxFields    = 64
	maxFieldText = 256
	maxWrongTime = 500  // ms by which a duration may differ: programs define it differently
	maxWrongRate = 0.05 // of a frame rate, which some round
)

// add takes an onMetaData tag.
func (h *headInspector) add(t Tag, first, behindFrame bool) {
	if h.seen {
		if behindFrame {
			h.late++
		}
		return
	}
	h.seen, h.first = true, first
	body := scriptBody(t)
	h.command = bytes.HasPrefix(body[min(len(body), 3):], []byte(setDataFrame))
	_, values := scriptName(body)
	f, _ := openFields(values)
	for f.next() && len(h.fields) < maxFields {
		if v := scalar(f.value); v != nil && len(f.name) <= maxFieldText {
			h.fields = append(h.fields, Field{f.name, v})
		}
	}
	h.index.open(body)
}

// scalar is a number, a boolean or a string of AMF0, nil for anything else.
func scalar(b []byte) any {
	v, err := amf.NewDecoder(b).Next()
	if err != nil {
		return nil
	}
	switch v := v.(type) {
	case amf.Number:
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) { // JSON has no such numbers
			return f
		}
	case amf.Boolean:
		return bool(v)
	case amf.String:
		return string(v[:min(len(v), maxFieldText)])
	}
	return nil
}

func (h *headInspector) report(r *Report) {
	if h.seen {
		r.Metadata = &MetadataReport{First: h.first, Fields: h.fields, Wrong: h.wrong(r)}
	}
	r.Index = h.index.report(r.track("video") != nil)
}

// wrongFlags tells whether the header announces other tracks than there are.
func (h *headInspector) wrongFlags(r *Report) bool {
	return h.flags && len(r.Tracks) > 0 &&
		(h.audio != (r.track("audio") != nil) || h.video != (r.track("video") != nil))
}

// track returns the first track of a type.
func (r *Report) track(typ string) *TrackReport {
	for i := range r.Tracks {
		if r.Tracks[i].Type == typ {
			return &r.Tracks[i]
		}
	}
	return nil
}

// wrong compares what onMetaData says with what is. Fields that are not there,
// or 0 as in a stream that is recorded, say nothing.
func (h *headInspector) wrong(r *Report) (wrong []Claim) {
	v, a := r.track("video"), r.track("audio")
	for _, f := range h.fields {
		var is any
		switch says := f.Value.(type) {
		case float64:
			is = h.number(f.Name, says, r, v, a)
		case bool:
			is = h.boolean(f.Name, says, r, v, a)
		}
		if is != nil {
			wrong = append(wrong, Claim{f.Name, f.Value, is})
		}
	}
	return wrong
}

// number returns what is true if a number is not, and nil otherwise.
func (h *headInspector) number(name string, says float64, r *Report, v, a *TrackReport) any {
	if says == 0 {
		return nil
	}
	differs := func(is int) any {
		if is == 0 || float64(is) == says {
			return nil
		}
		return is
	}
	switch {
	case name == "filesize" && h.size > 0:
		return differs(int(h.size))
	case name == "duration" && h.size > 0:
		if math.Abs(says*1000-float64(r.Duration)) > maxWrongTime {
			return r.Duration
		}
	case v != nil && name == "width":
		return differs(v.Width)
	case v != nil && name == "height":
		return differs(v.Height)
	case v != nil && name == "framerate" && v.Constant && v.MeasuredRate > 0:
		if math.Abs(says-v.MeasuredRate) > maxWrongRate*v.MeasuredRate {
			return v.MeasuredRate
		}
	case v != nil && name == "videocodecid":
		return h.codec(says, v, true)
	case a != nil && name == "audiocodecid":
		return h.codec(says, a, false)
	case a != nil && name == "audiosamplerate":
		if is := differs(a.SampleRate); is != nil && says != float64(a.SampleRate)/2 { // of HE-AAC many tell the half
			return is
		}
	}
	return nil
}

// codec returns a codec's name if a number is neither its FourCC nor the number
// that FLV has for it.
func (h *headInspector) codec(says float64, t *TrackReport, video bool) any {
	if !(says >= 0 && says <= math.MaxUint32) {
		return t.Codec
	}
	id := Codec(says)
	if video && id < 16 {
		id = legacyVideoCodec(tag.CodecID(id))
	} else if id < 16 {
		id = legacyAudioCodec(tag.SoundFormat(id))
	}
	if id.String() == t.Codec {
		return nil
	}
	return t.Codec
}

func (h *headInspector) boolean(name string, says bool, r *Report, v, a *TrackReport) any {
	is := says
	switch name {
	case "hasAudio":
		is = a != nil
	case "hasVideo":
		is = v != nil
	case "hasKeyframes":
		if v != nil && h.size > 0 && says { // false is what a stream says
			is = v.Keys.Count > 0
		}
	case "stereo":
		if a != nil && a.Channels > 0 && a.Channels <= 2 {
			is = a.Channels == 2
		}
	}
	if is == says {
		return nil
	}
	return is
}
