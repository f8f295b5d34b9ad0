package job

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// sample returns one of the files in testdata/flv.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "testdata", "flv", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Types of tags.
const (
	audioTag  = tag.TagTypeAudio
	videoTag  = tag.TagTypeVideo
	scriptTag = tag.TagTypeScriptData
)

// flv is a file of tags.
func flv(tags ...flvout.Tag) []byte {
	b := []byte{'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0}
	for _, t := range tags {
		n, ts := len(t.Body), t.Timestamp
		b = append(b, byte(t.Type), byte(n>>16), byte(n>>8), byte(n),
			byte(ts>>16), byte(ts>>8), byte(ts), byte(ts>>24), 0, 0, 0)
		b = append(b, t.Body...)
		n += 11
		b = append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return b
}

// tags reads a file, as it is to be sent: onMetaData says nothing of the file.
func tags(t testing.TB, b []byte) []flvout.Tag {
	t.Helper()
	var list []flvout.Tag
	for s := flvout.NewScanner(bytes.NewReader(b)); ; {
		tg, err := s.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		tg.Body = bytes.Clone(flvout.StreamMetadata(tg))
		list = append(list, tg)
	}
}

// Tags of H.264 and AAC. Frames are distinct by n.
func avcFrame(ts uint32, n byte, key bool) flvout.Tag {
	b := []byte{0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, n}
	if key {
		b[0], b[9] = 0x17, 0x65
	}
	return flvout.Tag{Type: videoTag, Timestamp: ts, Body: b}
}

func avcConfig(ts uint32, n byte) flvout.Tag {
	return flvout.Tag{Type: videoTag, Timestamp: ts, Body: []byte{0x17, 0, 0, 0, 0, 1, 0x64, 0, n, 0xFF}}
}

func avcEnd(ts uint32) flvout.Tag {
	return flvout.Tag{Type: videoTag, Timestamp: ts, Body: []byte{0x17, 2, 0, 0, 0}}
}

func aacFrame(ts uint32, n byte) flvout.Tag {
	return flvout.Tag{Type: audioTag, Timestamp: ts, Body: []byte{0xAF, 1, 0x21, 0x10, n}}
}

func aacConfig(ts uint32) flvout.Tag {
	return flvout.Tag{Type: audioTag, Timestamp: ts, Body: []byte{0xAF, 0, 0x12, 0x10}}
}

func script(ts uint32, name string) flvout.Tag {
	b, err := amf.Append(nil, amf.String(name), &amf.Object{Kind: amf.ECMAArray})
	if err != nil {
		panic(err)
	}
	return flvout.Tag{Type: scriptTag, Timestamp: ts, Body: b}
}

// short is two seconds of audio and video with a key frame each half second, 10
// frames a second.
func short() []flvout.Tag {
	list := []flvout.Tag{script(0, "onMetaData"), avcConfig(0, 1), aacConfig(0)}
	for i := range 20 {
		ts := uint32(i) * 100
		list = append(list, avcFrame(ts, byte(i), i%5 == 0), aacFrame(ts+10, byte(i)))
	}
	return list
}

// at returns tags with other timestamps.
func at(t flvout.Tag, ts uint32) flvout.Tag {
	t.Timestamp = ts
	return t
}

// A sent message, and when that was.
type sent struct {
	message.Message
	at      time.Duration // since the sink was made
	flushed bool
}

// A fakeSink keeps what is written. It belongs to the goroutine of Run, but for
// hangUp.
type fakeSink struct {
	start  time.Time
	got    []sent
	done   chan struct{}
	err    error
	broken func(n int, m *message.Message) error // of the write with number n
	closed int
	part   error // of Close
}

func newSink() *fakeSink { return &fakeSink{start: time.Now(), done: make(chan struct{})} }

func (s *fakeSink) Write(m *message.Message) error {
	if s.broken != nil {
		if err := s.broken(len(s.got), m); err != nil {
			return err
		}
	}
	s.got = append(s.got, sent{Message: *m.Clone(), at: time.Since(s.start)})
	return nil
}

func (s *fakeSink) Flush() error {
	for i := range s.got {
		s.got[i].flushed = true
	}
	return nil
}

func (s *fakeSink) Close() error {
	_ = s.Flush()
	s.closed++
	return s.part
}

func (s *fakeSink) Done() <-chan struct{} { return s.done }
func (s *fakeSink) Err() error            { return s.err }
func (s *fakeSink) Stats() rtmp.Stats     { return rtmp.Stats{Bytes: int64(len(s.got))} }

// hangUp ends the stream from the server's side.
func (s *fakeSink) hangUp(err error) {
	s.err = err
	close(s.done)
}

// tags are the messages as tags.
func (s *fakeSink) tags() []flvout.Tag {
	var list []flvout.Tag
	for _, m := range s.got {
		list = append(list, flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: m.Payload})
	}
	return list
}

// server hands out sinks, one for each connection, and fails after the last.
func server(sinks ...*fakeSink) func(context.Context) (Sink, error) {
	return func(context.Context) (Sink, error) {
		if len(sinks) == 0 {
			return nil, errNoServer
		}
		s := sinks[0]
		sinks = sinks[1:]
		s.start = time.Now()
		return s, nil
	}
}

var errNoServer = &rtmp.Error{Phase: rtmp.PhaseDial, Addr: "h:1935", Err: io.ErrUnexpectedEOF}

// same compares tags.
func same(t testing.TB, got, want []flvout.Tag) {
	t.Helper()
	if i := differ(got, want); i >= 0 {
		t.Errorf("tag %d of %d differs: got %s, want %s of %d", i, len(got), nth(got, i), nth(want, i), len(want))
	}
}

func differ(a, b []flvout.Tag) int {
	for i := range max(len(a), len(b)) {
		if i >= min(len(a), len(b)) || a[i].Type != b[i].Type || a[i].Timestamp != b[i].Timestamp || !bytes.Equal(a[i].Body, b[i].Body) {
			return i
		}
	}
	return -1
}

func nth(list []flvout.Tag, i int) string {
	if i >= len(list) {
		return "none"
	}
	t := list[i]
	return fmt.Sprintf("type %d at %d ms: % x", t.Type, t.Timestamp, t.Body[:min(len(t.Body), 16)])
}

// only returns the tags of a type.
func only(list []flvout.Tag, typ tag.TagType) []flvout.Tag {
	return slices.DeleteFunc(slices.Clone(list), func(t flvout.Tag) bool { return t.Type != typ })
}
