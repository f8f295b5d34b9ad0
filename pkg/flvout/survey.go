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
	ended := false // the newest tag of audio or video ends the video
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
		c := Classify(t)
		ended = c.Kind == KindEnd
		switch {
		case !first || t.Type != tag.TagTypeScriptData || c.Kind != KindMetadata:
			v.is.add(t, len(t.Body))
		case s.Offset() == int64(headSize) && t.Timestamp == 0:
			v.head = newHeadCheck(bytes.Clone(t.Body))
			if v.head.fits {
				entries = v.head.head.room
			}
		}
		if v.sum == nil {
			v.sum = newSummary(entries)
		}
		v.sum.add(t, &c, s.Offset())
		v.head.add(t, &c, s.Offset())
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
	if v.fixed = line.Corrections(); ended {
		v.fixed.Ends--
	}
	return v, nil
}

// newRehearsal returns a Writer that does what a File's does, to nothing but a trace.
func newRehearsal(t *trace, raw bool) *Writer {
	w := NewWriter(&tracer{trace: t})
	w.opening.wait = fileHeldTime
	w.file = &fileOutput{onFlush: func() {}}
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
	return !d.Head && !d.LongHead && d.Garbage == 0 && d.Joined == 0 && d.Alien == 0 && d.StreamIDs == 0 &&
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
// tags, as far as a File would change them: their bodies it leaves alone but for
// the first bytes.
type trace struct {
	tags  int64
	sum   uint64
	audio uint32 // newest timestamp of a frame
	video uint32
}

// traced is how much of a body a trace looks at, in bytes.
const traced = 16

// add takes a tag with a body of size bytes, of which t has the first at least.
func (s *trace) add(t Tag, size int) {
	const (
		prime = 0x9E3779B97F4A7C15 // 2^64 over the golden ratio
		aside = 1000               // ms
	)
	start := [traced]byte{}
	t.Body = t.Body[:copy(start[:], t.Body)]
	last, other := &s.video, &s.audio
	if t.Type&tagTypeMask == tag.TagTypeAudio {
		last, other = other, last
	}
	ts := t.Timestamp
	switch c := Classify(t); {
	case c.movesClock():
		*last = ts
	case ts-*last <= aside, ts > *last && ts-*other+aside <= 2*aside:
		// Where a header stands in time is of no importance as long as it is
		// near the frames.
		ts = 0
	}
	s.tags++
	for _, x := range [...]uint64{
		uint64(ts) | uint64(size)<<32 | uint64(t.Type)<<56,
		binary.LittleEndian.Uint64(start[:]),
		binary.LittleEndian.Uint64(start[8:]),
	} {
		s.sum = (s.sum ^ x) * prime
		s.sum ^= s.sum >> 32
	}
}

// A tracer traces what a Writer writes, but for onMetaData in front.
type tracer struct {
	trace *trace
	begun bool
	skip  int    // bytes that are not looked at
	part  []byte // of what is
}

func (r *tracer) Write(b []byte) (int, error) {
	n := len(b)
	if !r.begun {
		r.begun, r.skip = true, headSize
		r.part = make([]byte, 0, tagHeaderSize+traced)
	}
	for {
		k := min(r.skip, len(b))
		r.skip -= k
		b = b[k:]
		if len(b) == 0 {
			return n, nil
		}
		want := tagHeaderSize
		if len(r.part) >= want {
			want += min(traced, bodySize(r.part))
		}
		k = min(want-len(r.part), len(b))
		r.part = append(r.part, b[:k]...)
		b = b[k:]
		if len(r.part) == want && (want > tagHeaderSize || bodySize(r.part) == 0) {
			r.take()
		}
	}
}

func bodySize(h []byte) int {
	_, n := parseTagHeader(h)
	return n
}

func (r *tracer) take() {
	t, size := parseTagHeader(r.part)
	t.Body = r.part[tagHeaderSize:]
	if t.Type&tagTypeMask != tag.TagTypeScriptData || r.trace.tags > 0 {
		r.trace.add(t, size)
	}
	r.skip = size - len(t.Body) + trailerSize
	r.part = r.part[:0]
}
