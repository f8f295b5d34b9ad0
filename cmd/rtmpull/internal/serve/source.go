package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A source is an FLV file and what is in it. Playbacks share it; it does not
// change once it is open.
type source struct {
	file    *os.File
	entries []entry

	// entries before loopFrom, which is script data, belong to the beginning
	// and are not repeated. metadata has those bodies that are not the file's.
	loopFrom int
	metadata map[int][]byte

	base   uint32 // timestamp of the first frame
	period int64  // ms from it to where the next round begins
	image  *image // nil: sent from the file

	hasVideo bool
}

// An entry is one tag.
type entry struct {
	offset    int64 // of its body
	size      uint32
	timestamp uint32
	typ       message.Type
	config    bool // a sequence header
	key       bool // a video frame to begin with
}

// The chunk streams of what is played.
const (
	audioChunkStreamID = 6
	videoChunkStreamID = 7
	dataChunkStreamID  = 8
)

func (e *entry) chunkStreamID() uint32 {
	switch e.typ {
	case message.TypeAudio:
		return audioChunkStreamID
	case message.TypeVideo:
		return videoChunkStreamID
	}
	return dataChunkStreamID
}

// openSource reads all of a file, to know that it can be played to its end.
func openSource(path string, loop int) (*source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, badFile(path, err)
	}
	s := &source{file: f}
	if err := s.index(loop == 0 || loop == 1); err != nil {
		_ = f.Close()
		return nil, badFile(path, err)
	}
	if err := s.readMetadata(loop); err != nil {
		_ = f.Close()
		return nil, badFile(path, err)
	}
	return s, nil
}

// badFile says which file cannot be played and why, each once.
func badFile(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("cannot %s %s: %w", e.Op, path, e.Err)
	}
	if e, ok := errors.AsType[*flvout.SyntaxError](err); ok {
		return fmt.Errorf("%s: %s at offset %d", path, e.Reason, e.Offset)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// index makes the entries. A file that is played once is sent with the
// timestamps that it has.
func (s *source) index(once bool) error {
	const (
		tagHeaderSize = 11
		typeMask      = 0x1f // the bits above are FLV's filter bit and reserved
	)
	var (
		scanner = flvout.NewScanner(s.file)
		span    flvout.Span
		begun   bool
	)
	for {
		t, err := scanner.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("torn: the file ends within the tag behind offset %d", scanner.Offset())
		}
		if err != nil {
			return err
		}
		class := flvout.Classify(t)
		e := entry{
			offset:    scanner.Offset() + tagHeaderSize,
			size:      uint32(len(t.Body)),
			timestamp: t.Timestamp,
			typ:       message.Type(t.Type & typeMask),
			config:    class.Kind == flvout.KindConfig,
			key:       class.Key,
		}
		if e.typ.IsMedia() {
			if class.Kind == flvout.KindFrame || class.Kind == flvout.KindUnknown {
				if !begun {
					begun, s.base = true, e.timestamp
				}
				video := e.typ == message.TypeVideo
				s.hasVideo = s.hasVideo || video
				span.Add(video, e.timestamp)
			}
		} else if len(s.entries) == s.loopFrom {
			s.loopFrom++
		}
		s.entries = append(s.entries, e)
	}
	if !begun {
		return errors.New("it has neither audio nor video")
	}
	s.period = span.End()
	if !once {
		s.settle()
	}
	return nil
}

// at returns how far into the file an entry is, in ms. Headers that have an
// earlier time than the first frame belong to the beginning.
func (s *source) at(e *entry) int64 { return max(0, int64(int32(e.timestamp-s.base))) }

// settle gives sequence headers and script data that run back in time, such as
// a header that is repeated with time 0, the time of what is before them: in a
// loop the time of a track must rise from round to round.
func (s *source) settle() {
	last := map[message.Type]uint32{}
	for i := range s.entries {
		e := &s.entries[i]
		before, ok := last[e.typ]
		if !ok {
			before = s.base
		}
		if (e.config || !e.typ.IsMedia()) && int32(e.timestamp-before) < 0 {
			e.timestamp = before
		}
		last[e.typ] = e.timestamp
	}
}

// readMetadata takes out of the metadata what is not true of a file that is
// played again and again.
func (s *source) readMetadata(loop int) error {
	if loop == 0 || loop == 1 {
		return nil
	}
	s.metadata = make(map[int][]byte)
	w := window{file: s.file}
	for i := range s.entries[:s.loopFrom] {
		body, err := w.body(&s.entries[i])
		if err != nil {
			return err
		}
		t := flvout.Tag{Type: tag.TagType(s.entries[i].typ), Body: body}
		m := flvout.ParseMetadata(t)
		if m == nil {
			continue
		}
		var set []amf.Property
		if d := m.Duration(); d > 0 && loop > 0 {
			set = append(set, amf.Property{Name: "duration", Value: amf.Number((d * time.Duration(loop)).Seconds())})
		}
		s.metadata[i] = bytes.Clone(flvout.StreamMetadata(t, set...))
	}
	return nil
}

// length is how long it takes to play the file so many times.
func (s *source) length(loop int) time.Duration {
	return time.Duration(s.period) * time.Duration(max(loop, 1)) * time.Millisecond
}

// keyFrame returns the entry to begin with in order to see what is at ms: the
// last key frame until then, or the first frame. Without video any frame will do.
func (s *source) keyFrame(ms int64) int {
	found := s.loopFrom
	for i := s.loopFrom; i < len(s.entries); i++ {
		e := &s.entries[i]
		if e.config || !e.typ.IsMedia() {
			continue
		}
		if s.at(e) > ms {
			break
		}
		if e.key || !s.hasVideo {
			found = i
		}
	}
	return found
}

// headers returns the sequence headers that are in force at an entry: the last
// of each track before it.
func (s *source) headers(before int) []int {
	last := map[message.Type]int{}
	for i, e := range s.entries[:before] {
		if e.config {
			last[e.typ] = i
		}
	}
	return slices.Sorted(maps.Values(last))
}
