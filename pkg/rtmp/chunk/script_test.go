package chunk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/rtmpull/rtmpull/pkg/internal/hexdump"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// wire turns an annotated script into bytes.
func wire(t testing.TB, script string) []byte {
	t.Helper()
	return hexdump.Bytes(t, script)
}

// dump is the payload as a script has it, in one word.
func dump(b []byte) string {
	var s strings.Builder
	for len(b) > 0 {
		n := 1
		for n < len(b) && b[n] == b[0] {
			n++
		}
		if n < 8 {
			n = 1
			fmt.Fprintf(&s, "%02X", b[0])
		} else {
			fmt.Fprintf(&s, "(%02X*%d)", b[0], n)
		}
		b = b[n:]
	}
	return s.String()
}

// line shows a message as one line: the chunk stream and the type, then the
// timestamp and the message stream, then the payload.
func line(m *message.Message) string {
	return strings.TrimSpace(fmt.Sprintf("%d:%d @%d/%d %s", m.ChunkStreamID, m.Type, m.Timestamp, m.StreamID, dump(m.Payload)))
}

// readers returns NewReader, but for one read buffer that all share: tests that
// make thousands of readers spend their time on nothing else.
func readers() func(src io.Reader) *Reader {
	buf := make([]byte, minReadSize)
	return func(src io.Reader) *Reader {
		return &Reader{src: src, buf: buf, size: DefaultSize}
	}
}

// readAll reads until an error that does not pass.
func readAll(r *Reader) (lines []string, err error) {
	for {
		m, err := r.Next()
		if errors.Is(err, iotest.ErrTimeout) {
			continue
		}
		if err != nil {
			return lines, err
		}
		lines = append(lines, line(m))
		scribble(r)
	}
}

// A flaky source gives at most n bytes at a time, and before each an error that
// passes, until its end.
type flaky struct {
	src    io.Reader
	n      int
	failed bool
	err    error
}

func (f *flaky) Read(p []byte) (n int, err error) {
	if f.failed = !f.failed; f.failed && f.err == nil {
		return 0, iotest.ErrTimeout
	}
	n, f.err = f.src.Read(p[:min(len(p), f.n)])
	return n, f.err
}

// sources are the ways in which the same bytes may come.
var sources = []struct {
	name string
	wrap func(io.Reader) io.Reader
}{
	{"whole", func(r io.Reader) io.Reader { return r }},
	{"one byte", iotest.OneByteReader},
	{"half", iotest.HalfReader},
	{"error with data", iotest.DataErrReader},
	{"timeout before each byte", func(r io.Reader) io.Reader { return &flaky{src: r, n: 1} }},
	{"timeout before 7 bytes", func(r io.Reader) io.Reader { return &flaky{src: r, n: 7} }},
}

// A script is what a Reader is fed and what it makes of it: lines, and an
// error, which is io.EOF if none is given.
type script struct {
	name  string
	bytes string
	want  []string
	err   string
}

// run reads the script in all ways.
func (s *script) run(t *testing.T) {
	data := wire(t, s.bytes)
	newReader := readers()
	wantErr := s.err
	if wantErr == "" {
		wantErr = "EOF"
	}
	for i, source := range sources {
		if i > 0 && len(data) > 1<<20 {
			break // byte by byte it takes seconds
		}
		got, err := readAll(newReader(source.wrap(bytes.NewReader(data))))
		lent, lentErr := readAll(lending(newReader(source.wrap(bytes.NewReader(data)))))
		if t.Failed() {
			return
		}
		if g, w := strings.Join(lent, "\n"), strings.Join(got, "\n"); g != w || lentErr.Error() != err.Error() {
			t.Errorf("%s, in lent room: got\n%s\n%v\nwant\n%s\n%v", source.name, g, lentErr, w, err)
		}
		if g, w := strings.Join(got, "\n"), strings.Join(s.want, "\n"); g != w {
			t.Errorf("%s: got\n%s\nwant\n%s", source.name, g, w)
		}
		if err.Error() != wantErr && (s.err == "" || !strings.HasPrefix(err.Error(), "chunk: ") || !strings.Contains(err.Error(), s.err)) {
			t.Errorf("%s: got error %v, want %s", source.name, err, wantErr)
		}
	}
}
