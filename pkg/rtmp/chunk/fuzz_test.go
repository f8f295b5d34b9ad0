package chunk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// FuzzReader reads anything, in two ways that must not differ.
func FuzzReader(f *testing.F) {
	for _, scripts := range [][]script{basics, quirks, hostile, startDeltas} {
		for _, s := range scripts {
			if data := wire(f, s.bytes); len(data) < 4096 {
				f.Add(data)
			}
		}
	}
	data, _, _ := recorded(f)
	f.Add(data)
	newReader := readers()
	f.Fuzz(func(t *testing.T, data []byte) {
		want, wantErr := check(t, newReader(bytes.NewReader(data)), len(data))
		got, err := check(t, newReader(&flaky{src: bytes.NewReader(data), n: 1}), len(data))
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("byte by byte: got error %v, want %v", err, wantErr)
		}
		if len(got) != len(want) {
			t.Fatalf("byte by byte: got %d messages, want %d", len(got), len(want))
		}
		for i := range got {
			if g, w := line(got[i]), line(want[i]); g != w {
				t.Errorf("byte by byte: message %d: got %s, want %s", i, g, w)
			}
		}
		lent, err := readAll(lending(newReader(&flaky{src: bytes.NewReader(data), n: 7})))
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || len(lent) != len(want) {
			t.Fatalf("in lent room: got %d messages, then %v, want %d, then %v", len(lent), err, len(want), wantErr)
		}
		for i := range lent {
			if w := line(want[i]); lent[i] != w {
				t.Errorf("in lent room: message %d: got %s, want %s", i, lent[i], w)
			}
		}
	})
}

// check reads all of n bytes and sees to what holds on the way.
func check(t *testing.T, r *Reader, n int) (messages []*message.Message, err error) {
	var offset int64
	for {
		m, err := r.Next()
		now := r.base + int64(r.r)
		if buffered := r.w - r.r; now < offset || now+int64(buffered) > int64(n) {
			t.Fatalf("from byte %d to byte %d of %d, %d buffered", offset, now, n, buffered)
		}
		offset = now
		held := 0
		for s := range r.all() {
			held += len(s.buf)
			if s.keep > s.length || s.got > s.length || int(min(s.got, s.keep)) > len(s.buf) && s.partial {
				t.Fatalf("%+v", s)
			}
		}
		if limit := 2*n + r.nstreams*minBuffer + directSize; held != r.held || held > limit || r.nstreams > MaxStreams {
			t.Fatalf("%d bytes held on %d chunk streams, counted as %d, limit %d", held, r.nstreams, r.held, limit)
		}
		switch {
		case errors.Is(err, iotest.ErrTimeout):
			continue
		case err != nil:
			if _, again := r.Next(); again != err {
				t.Errorf("got %v, then %v", err, again)
			}
			if _, ok := errors.AsType[*FramingError](err); !ok && err != io.EOF && err != io.ErrUnexpectedEOF {
				t.Errorf("got %v", err)
			}
			return messages, err
		case !m.Type.Known() || m.Type == message.TypeAggregate || m.ChunkStreamID < minStreamID || m.ChunkStreamID > maxStreamID:
			t.Errorf("got %s", line(m))
		case len(m.Payload) > n:
			t.Errorf("%d bytes of %d", len(m.Payload), n)
		}
		messages = append(messages, m.Clone())
	}
}

// FuzzRoundTrip writes messages made of the input's bytes, and reads them.
func FuzzRoundTrip(f *testing.F) {
	data, _, _ := recorded(f)
	f.Add(data)
	newReader := readers()
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		w := NewWriter(&out)
		var want []string
		for in := data; len(in) >= 8; {
			m := message.Message{
				ChunkStreamID: 2 + uint32(in[0])*257,
				Type:          message.Type(in[1]),
				StreamID:      uint32(in[2] & 1),
				Timestamp:     uint32(in[3])<<24 | uint32(in[4])<<16 | uint32(in[5])<<8,
			}
			if !m.Type.Known() || m.Type == message.TypeAggregate {
				m.Type = message.TypeVideo
			}
			n := min(int(in[6]), len(in)-8)
			if m.Type.IsControl() {
				n = min(n, maxControlSize)
			}
			m.Payload, in = in[8:8+n], in[8+n:]
			if m.Type == message.TypeAbort {
				continue // would drop nothing, as no message is unfinished
			}
			if err := w.Write(&m); err == nil {
				want = append(want, line(&m))
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		got, err := readAll(newReader(&out))
		if err != io.EOF || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	})
}
