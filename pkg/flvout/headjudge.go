package flvout

import (
	"bytes"
	"math"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

const (
	maxFields    = 64
	maxFieldText = 256
	maxWrongTime = 500  // ms by which a duration or an entry may differ: some count the last frame in, some give presentation times
	maxWrongRate = 0.05 // of a frame rate, which some round
)

// A headJudge finds out whether a file's onMetaData is true, as the tags behind it
// pass. Whatever says so, be it an Inspector or Repair, has it from here. What is
// true is what a File would write.
type headJudge struct {
	seen   bool
	fields Fields
	timed  bool // there is a duration
	odd    bool // players do not read all of it
	index  indexInspector
}

// open takes the body of onMetaData, which is borrowed.
func (j *headJudge) open(body []byte) {
	j.seen = true
	_, values := scriptName(body)
	f, _ := openFields(values)
	for f.next() && len(j.fields) < maxFields {
		if v := scalar(f.value); v != nil && len(f.name) <= maxFieldText {
			j.fields = append(j.fields, Field{f.name, v})
			if says, _ := v.(float64); says > 0 && f.name == headField[fieldDuration].name {
				j.timed = true
			}
		}
	}
	j.index.open(body)
	j.odd = !j.readable(body)
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

// readable tells whether players understand the metadata, and notes whether they
// take the index. amf_parse_object of FFmpeg's flvdec.c gives up at a string that
// is longer than its buffer and at types that it does not know, and so do those of
// mpegts.js at a null; either makes nothing of the rest. parse_keyframes_index
// wants an object that begins with two arrays of numbers.
func (j *headJudge) readable(body []byte) bool {
	values, ok := bytes.CutPrefix(body, []byte("\x02\x00\x0A"+onMetaData))
	if !ok {
		return false
	}
	f, ok := openFields(values)
	if !ok {
		return false
	}
	for f.next() {
		switch f.value[0] {
		case amfNumber, amfBoolean, amfECMAArray, amfStrictArray, amfDate:
			j.index.odd = j.index.odd || f.name == "keyframes"
		case amfString:
			if len(f.value) > maxText {
				return false
			}
		case amfObject:
			j.index.odd = j.index.odd || f.name == "keyframes" && !indexInFront(f.value)
		default:
			return false
		}
	}
	return f.err == nil && len(f.rest) == 3
}

// indexInFront tells whether keyframes begins with its two arrays.
func indexInFront(value []byte) bool {
	f, ok := openFields(value)
	found := 0
	for range 2 {
		if ok && f.next() && (f.name == "times" || f.name == "filepositions") {
			found++
		}
	}
	return found == 2
}

// claims compares what onMetaData says with what is in the tags. Fields that are
// not there, or 0 as in a stream that is recorded, say nothing. size is the
// file's in bytes; 0 is that of a stream.
func (j *headJudge) claims(s *summary, size int64) (wrong []Claim) {
	for _, f := range j.fields {
		var is any
		switch says := f.Value.(type) {
		case float64:
			if says != 0 {
				is = trueNumber(f.Name, says, s, size)
			}
		case bool:
			if truth := trueBoolean(f.Name, says, s, size); truth != says {
				is = truth
			}
		}
		if is != nil {
			wrong = append(wrong, Claim{f.Name, f.Value, is})
		}
	}
	return wrong
}

// trueNumber returns what is true if a number is not, and nil otherwise.
func trueNumber(name string, says float64, s *summary, size int64) any {
	differs := func(is int) any {
		if is == 0 || float64(is) == says {
			return nil
		}
		return is
	}
	seen, heard := &s.traits[1], &s.traits[0]
	switch name {
	case "filesize":
		return differs(int(size))
	case "duration":
		if is := Milliseconds(s.duration().Milliseconds()); size > 0 && math.Abs(says*1000-float64(is)) > maxWrongTime {
			return is
		}
	case "width":
		return differs(seen.params.Width)
	case "height":
		return differs(seen.params.Height)
	case "framerate":
		if is := s.steps.rate(); is > 0 && s.steps.constant() && math.Abs(says-is) > maxWrongRate*is {
			return is
		}
	case "videocodecid":
		return trueCodec(says, seen, func(id uint8) Codec { return legacyVideoCodec(tag.CodecID(id)) })
	case "audiocodecid":
		return trueCodec(says, heard, func(id uint8) Codec { return legacyAudioCodec(tag.SoundFormat(id)) })
	case "audiosamplerate":
		if is := heard.params.SampleRate; says != float64(is)/2 { // of HE-AAC many tell the half
			return differs(is)
		}
	}
	return nil
}

// trueCodec returns a codec's name if a number is neither its FourCC nor the number
// that FLV has for it.
func trueCodec(says float64, r *traits, legacy func(uint8) Codec) any {
	codec := func(id float64) Codec {
		if id < 16 {
			return legacy(uint8(id))
		}
		return Codec(id)
	}
	if !r.known || says >= 0 && says <= math.MaxUint32 && codec(says) == codec(r.id) {
		return nil
	}
	return codec(r.id).String()
}

func trueBoolean(name string, says bool, s *summary, size int64) bool {
	switch name {
	case "hasAudio":
		return s.audio.tags > 0
	case "hasVideo":
		return s.video.tags > 0
	case "hasKeyframes":
		if s.video.tags > 0 && size > 0 && says { // false is what a stream says
			return s.keys > 0 || s.entries() >= minKeyframes
		}
	case "stereo":
		if n := s.traits[0].params.Channels; n == 1 || n == 2 {
			return n == 2
		}
	}
	return says
}

// headerFlags are the flags of a file's header.
func headerFlags(t *tally) byte { return appendHead(nil, t.audio.tags > 0, t.video.tags > 0)[4] }

// wrongFlags tells whether the flags of a file's header announce other tracks than
// there are. The rest of them says nothing.
func wrongFlags(flags byte, t *tally) bool {
	const tracks = 0x05
	return flags&tracks != headerFlags(t)
}
