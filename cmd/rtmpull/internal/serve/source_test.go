package serve

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
)

var (
	headerAVC = []byte{0x17, 0, 0, 0, 0, 1}
	keyFrame  = []byte{0x17, 1, 0, 0, 0, 1, 2, 3}
	interPic  = []byte{0x27, 1, 0, 0, 0, 4, 5}
	headerAAC = []byte{0xaf, 0, 0x12, 0x10}
	frameAAC  = []byte{0xaf, 1, 7, 8, 9}
)

// writeFLV makes a file of tags as they are: flvout.Writer would mend them.
func writeFLV(tb testing.TB, tags ...flvout.Tag) string {
	tb.Helper()
	b := []byte{'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0}
	for _, t := range tags {
		n, ts := len(t.Body), t.Timestamp
		b = append(b, byte(t.Type), byte(n>>16), byte(n>>8), byte(n),
			byte(ts>>16), byte(ts>>8), byte(ts), byte(ts>>24), 0, 0, 0)
		b = append(b, t.Body...)
		n += 11
		b = append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	path := filepath.Join(tb.TempDir(), "made.flv")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func script(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := amf.Append(nil, amf.String(name), amf.Number(1))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func videoTag(ts uint32, body []byte) flvout.Tag {
	return flvout.Tag{Type: tag.TagTypeVideo, Timestamp: ts, Body: body}
}

func audioTag(ts uint32, body []byte) flvout.Tag {
	return flvout.Tag{Type: tag.TagTypeAudio, Timestamp: ts, Body: body}
}

func scriptTag(ts uint32, body []byte) flvout.Tag {
	return flvout.Tag{Type: tag.TagTypeScriptData, Timestamp: ts, Body: body}
}

// TestOddFiles plays files whose times are not those of a simple recording:
// once exactly as they are, and again and again with time going on.
func TestOddFiles(t *testing.T) {
	const hours = 0xfffff0 // where timestamps of 24 bits end: 4 h 39 min
	for _, tc := range []struct {
		name  string
		tags  []flvout.Tag
		image bool // in a loop
	}{
		{"cut out of a longer stream, headers at 0", []flvout.Tag{
			scriptTag(0, script(t, "onMetaData")), videoTag(0, headerAVC), audioTag(0, headerAAC),
			videoTag(100000, keyFrame), audioTag(100005, frameAAC), videoTag(100040, interPic),
		}, true},
		{"across 24 bits", []flvout.Tag{
			videoTag(hours, headerAVC), videoTag(hours, keyFrame), audioTag(hours+2, frameAAC),
			videoTag(hours+40, interPic), audioTag(hours+42, frameAAC), videoTag(hours+80, interPic),
		}, true},
		{"across 31 and 32 bits", []flvout.Tag{
			videoTag(1<<32-40, keyFrame), videoTag(0, interPic), videoTag(40, interPic),
		}, true},
		{"a header at 0 in the middle", []flvout.Tag{
			videoTag(0, headerAVC), videoTag(1000, keyFrame), videoTag(1040, interPic),
			videoTag(0, headerAVC), videoTag(1080, keyFrame),
		}, true},
		{"running backwards", []flvout.Tag{
			videoTag(0, headerAVC), videoTag(5000, keyFrame), videoTag(6000, keyFrame),
			videoTag(5500, keyFrame), videoTag(5540, interPic),
		}, false},
		{"a leap of hours", []flvout.Tag{videoTag(0, keyFrame), videoTag(0x1000000, keyFrame)}, false},
		{"cue points among the frames", []flvout.Tag{
			scriptTag(0, script(t, "onMetaData")), scriptTag(0, script(t, "onFirst")),
			audioTag(0, headerAAC), audioTag(0, frameAAC), scriptTag(10, script(t, "onCuePoint")),
			audioTag(23, frameAAC),
		}, true},
		{"one frame", []flvout.Tag{audioTag(77, frameAAC)}, true},
		{"empty bodies", []flvout.Tag{audioTag(0, frameAAC), audioTag(23, nil), audioTag(46, frameAAC)}, true},
	} {
		path := writeFLV(t, tc.tags...)
		got, err := pull(t, "rtmp://"+listen(t, &Server{Streams: map[string]string{"a/b": path}})+"/a/b")
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: got %v, want EOF", tc.name, err)
		}
		sameFrames(t, got, fileFrames(t, path))

		const rounds = 4
		s := &Server{Streams: map[string]string{"a/b": path}, Loop: rounds, ChunkSize: 3}
		addr := listen(t, s)
		got, err = pull(t, "rtmp://"+addr+"/a/b")
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: got %v, want EOF", tc.name, err)
		}
		src := s.sources["a/b"]
		if (src.image != nil) != tc.image {
			t.Errorf("%s: image: got %v, want %v", tc.name, src.image != nil, tc.image)
		}
		want := fileFrames(t, path)
		lead, round := want[:src.loopFrom], want[src.loopFrom:]
		if len(got) != len(lead)+rounds*len(round) {
			t.Fatalf("%s: got %d messages, want %d and %d times %d", tc.name, len(got), len(lead), rounds, len(round))
		}
		for i, f := range got[len(lead):] {
			w := round[i%len(round)]
			e := src.entries[len(lead)+i%len(round)]
			w.timestamp = e.timestamp + uint32(i/len(round))*uint32(src.period)
			if f != w {
				t.Errorf("%s: message %d: got %v, want %v", tc.name, i, f, w)
			}
		}
	}
}

// TestSeek finds where to begin.
func TestSeek(t *testing.T) {
	src, err := openSource(writeFLV(t,
		videoTag(0, headerAVC), audioTag(0, headerAAC),
		videoTag(1000, keyFrame), audioTag(1010, frameAAC), videoTag(1500, interPic),
		videoTag(2000, headerAVC), videoTag(2000, keyFrame), videoTag(2040, interPic),
	), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer src.file.Close()
	for ms, want := range map[int64]int{0: 2, 999: 2, 1000: 6, 1 << 40: 6, -5: 0} {
		if got := src.keyFrame(ms); got != want {
			t.Errorf("keyFrame(%d) = %d, want %d", ms, got, want)
		}
	}
	if got := src.headers(6); len(got) != 2 || got[0] != 1 || got[1] != 5 {
		t.Errorf("headers(6) = %v, want the second video header and the audio one", got)
	}
}

// TestFileThatShrinks is a file that somebody cuts while it is being played.
func TestFileThatShrinks(t *testing.T) {
	path := writeFLV(t, videoTag(0, keyFrame), videoTag(40, interPic))
	closed := make(chan error, 1)
	s := &Server{Streams: map[string]string{"a/b": path}, OnEvent: func(e Event) {
		if e.Kind == Disconnected {
			closed <- e.Err
		}
	}}
	if err := s.Load(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 30); err != nil {
		t.Fatal(err)
	}
	s.sources["a/b"].image = nil
	if _, err := pull(t, "rtmp://"+listen(t, s)+"/a/b"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want an unexpected EOF", err)
	}
	if err := <-closed; !errors.Is(err, errShrunk) {
		t.Errorf("the event has %v, want %v", err, errShrunk)
	}
}
