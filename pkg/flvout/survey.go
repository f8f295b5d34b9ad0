package flvout

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/yutopp/go-flv/tag"
)

// A survey is what there is to know of a file before it is mended: what is in it,
// what is wrong with it, and whether what a File makes of its tags is anything
// else than what is there.
type survey struct {
	size   int64
	end    int64 // behind the last tag
	flags  byte  // of the header
	damage Damage
	tags   int64
	last   found // the last tag

	head    *headCheck // of onMetaData, if that is the first tag
	sum     *summary
	is      trace // of the tags that are there, but for that
	becomes trace // of those that are written of them
	stats   Stats // of what is written
	fixed   Corrections
}

// surveyFile reads a file from its beginning to its end.
func surveyFile(r io.ReaderAt, size int64, o *RepairOptions) (*survey, error) {
	v := &survey{size: size, head: new(headCheck)}
	entries := FileOptions{IndexEntries: o.IndexEntries}.entries()
	s := NewSalvager(r, size)
	w := newRehearsal(&v.becomes, o.Raw)
	line := newLine(w, o.Raw)
	ended := false // the newest tag ends the video
	var c Class
	for first := true; ; first = false {
		t, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := line.joined(s.Damage().Joined); err != nil {
			return nil, err
		}
		c = Classify(t)
		ended = c.Kind == KindEnd
		v.tags++
		if o.inspector != nil {
			o.inspector.add(t, &c, s.Offset())
		}
		switch {
		case !first || t.Type != tag.TagTypeScriptData || c.Kind != KindMetadata:
			v.is.add(t, &c)
		case s.Offset() == int64(headSize) && t.Timestamp == 0:
			v.head = newHeadCheck(bytes.Clone(t.Body))
			if v.head.fits {
				entries = v.head.head.room
			}
		}
		if v.sum == nil {
			v.sum = newSummary(entries)
		}
		v.add(t, &c, s.Offset(), o.tail)
		if err := line.write(t, &c); err != nil {
			return nil, err
		}
	}
	w.file.noEnd = !ended // for the want of an end no file is written anew
	if err := line.Close(); err != nil {
		return nil, err
	}
	if v.sum == nil {
		v.sum = newSummary(0)
	}
	v.end, v.last, v.flags, v.damage, v.stats = s.End(), s.last, s.flags, s.Damage(), line.Stats()
	if o.tail != nil && o.tail.end.Body != nil {
		v.end, v.damage.NoTrailer = o.tail.endAt, false
	}
	if v.fixed = line.Corrections(); ended {
		v.fixed.Ends--
	}
	return v, nil
}

// add takes a tag that lies at an offset.
func (v *survey) add(t Tag, c *Class, at int64, tail *tail) {
	v.head.add(t, c, at)
	if tail == nil {
		v.sum.add(t, c, at)
		return
	}
	if end := tail.end; end.Body != nil {
		tail.end = Tag{}
		c := Classify(end)
		v.sum.add(end, &c, tail.endAt)
		tail.add(end, &c, tail.endAt)
	}
	if c.Kind == KindEnd && len(t.Body) <= maxEndSize {
		tail.hold(t, at)
		return
	}
	v.sum.add(t, c, at)
	tail.add(t, c, at)
}

// newRehearsal returns a Writer that does what a File's does, but for the writing.
func newRehearsal(t *trace, raw bool) *Writer {
	w := NewWriter(io.Discard)
	w.opening.wait = fileHeldTime
	w.file = &fileOutput{rehearsal: t, onFlush: func() {}}
	w.all = *newSummary(0)
	w.raw = raw
	return w
}

// media tells whether the file has audio or video.
func (v *survey) media() bool { return v.stats.Audio+v.stats.Video > 0 }

// asIs tells whether the tags can stay where they are.
func (v *survey) asIs() bool { return v.inLine() && v.is == v.becomes }

// inLine tells whether the file is a chain of tags from its beginning on.
func (v *survey) inLine() bool {
	d := &v.damage
	return !d.NoHeader && !d.LongHeader && d.Garbage == 0 && d.Joined == 0 && d.Unknown == 0 && d.StreamIDs == 0 &&
		v.head.body != nil
}

// frames counts those of audio and video.
func (v *survey) frames() int64 { return v.sum.audio.frames + v.sum.video.frames }

// whole is how long the file is when its end is mended.
func (v *survey) whole() int64 {
	if v.damage.NoTrailer {
		return v.end + trailerSize
	}
	return v.end
}

// A trace sums up tags in their order. Two files of the same trace have the same
// tags, as far as a File would change them: of a body that is its length and the
// first bytes.
type trace struct {
	tags  int64
	sum   uint64
	audio uint32 // newest timestamp of a frame
	video uint32
}

func (s *trace) add(t Tag, c *Class) {
	const aside = 1000 // ms
	last, other := &s.video, &s.audio
	if t.Type&tagTypeMask == tag.TagTypeAudio {
		last, other = other, last
	}
	ts := t.Timestamp
	switch {
	case c.movesClock():
		*last = ts
	case ts-*last <= aside, ts > *last && ts-*other+aside <= 2*aside:
		// Where a header stands in time is of no importance as long as it is
		// near the frames.
		ts = 0
	}
	s.tags++
	s.mix(uint64(ts) | uint64(len(t.Body))<<32 | uint64(t.Type)<<56)
	if len(t.Body) >= 16 {
		s.mix(binary.LittleEndian.Uint64(t.Body))
		s.mix(binary.LittleEndian.Uint64(t.Body[8:]))
		return
	}
	for _, b := range t.Body {
		s.mix(uint64(b))
	}
}

func (s *trace) mix(x uint64) {
	const prime = 0x9E3779B97F4A7C15 // 2^64 over the golden ratio
	s.sum = (s.sum ^ x) * prime
	s.sum ^= s.sum >> 32
}
