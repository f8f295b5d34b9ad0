package flvout

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// TestScannerShortReads reads the same tags however the bytes come.
func TestScannerShortReads(t *testing.T) {
	in := sample(t, "bars.flv")
	want := scan(t, in)
	if len(want) < 682 {
		t.Fatalf("got %d tags", len(want))
	}
	for name, r := range map[string]io.Reader{
		"one byte": iotest.OneByteReader(bytes.NewReader(in)),
		"half":     iotest.HalfReader(bytes.NewReader(in)),
		"data+err": iotest.DataErrReader(bytes.NewReader(in)),
	} {
		s := NewScanner(r)
		for i, w := range want {
			got, err := s.Next()
			if err != nil || got.Type != w.Type || got.Timestamp != w.Timestamp || !bytes.Equal(got.Body, w.Body) {
				t.Fatalf("%s: tag %d: got type %d at %d, %v", name, i, got.Type, got.Timestamp, err)
			}
			if in[s.Offset()] != byte(w.Type) {
				t.Fatalf("%s: tag %d: no tag at offset %d", name, i, s.Offset())
			}
		}
		for range 2 {
			if _, err := s.Next(); err != io.EOF {
				t.Errorf("%s: got %v, want EOF", name, err)
			}
		}
	}
}

// TestScannerCut cuts a file at every offset.
func TestScannerCut(t *testing.T) {
	whole := written(t, Tag{video, 0, avcConfig}, avcFrame(0, 1, true), aacFrame(0, 2))
	clean := map[int]bool{headSize - 4: true}
	end := headSize
	for _, tg := range append(scan(t, whole), Tag{}) {
		for n := end - trailerSize; n <= end; n++ { // the last trailer may be missing
			clean[n] = true
		}
		end += tagHeaderSize + len(tg.Body) + trailerSize
	}
	for n := range len(whole) {
		s := NewScanner(bytes.NewReader(whole[:n]))
		var err error
		for err == nil {
			_, err = s.Next()
		}
		syntax := &SyntaxError{}
		switch {
		case n < 3:
			if !errors.As(err, &syntax) || syntax.Offset != 0 {
				t.Errorf("%d bytes: got %v, want no FLV", n, err)
			}
		case clean[n]:
			if err != io.EOF {
				t.Errorf("%d bytes: got %v, want EOF", n, err)
			}
		case err != io.ErrUnexpectedEOF:
			t.Errorf("%d bytes: got %v, want an unexpected EOF", n, err)
		}
	}
}

func TestScannerDamage(t *testing.T) {
	good := written(t, avcFrame(0, 1, true), aacFrame(0, 2))
	change := func(at int, b ...byte) []byte {
		c := bytes.Clone(good)
		copy(c[at:], b)
		return c
	}
	longHead := append(append(bytes.Clone(good[:8]), 13, 1, 2, 3, 4), good[9:]...)
	second := headSize + tagHeaderSize + 11 + trailerSize
	for _, c := range []struct {
		name  string
		in    []byte
		tags  int
		err   string
		flags bool
	}{
		{"good", good, 2, "EOF", true},
		{"DataOffset 13", longHead, 2, "EOF", true},
		{"DataOffset 8", change(8, 8), 0, "flvout: not an FLV file: header of 8 bytes at offset 5", false},
		{"DataOffset beyond the end", change(5, 0xFF), 0, "unexpected EOF", false},
		{"PreviousTagSize0", change(9, 1, 2, 3, 4), 2, "EOF", true},
		{"a wrong trailer", change(second-4, 0xFF, 0xFF), 2, "EOF", true},
		{"a wrong last trailer", change(len(good)-4, 0xFF, 0xFF), 2, "EOF", true},
		{"HTML", []byte("<!DOCTYPE html>"), 0, "flvout: not an FLV file: no signature at offset 0", false},
		{"empty", nil, 0, "flvout: not an FLV file: no signature at offset 0", false},
		{"no tag", change(second, 0), 1, "flvout: no tag, but type 0 at offset 39", true},
		{"reserved bits", change(second, 0x48), 1, "flvout: no tag, but type 72 at offset 39", true},
		{"a size that never comes", change(second+1, 0xFF, 0xFF, 0xFF), 1, "unexpected EOF", true},
		{"a stream ID", change(second+8, 0, 0, 1), 2, "EOF", true},
		{"encrypted", change(second, 0x28), 2, "EOF", true},
	} {
		s := NewScanner(bytes.NewReader(c.in))
		audio, video, err := s.Header()
		if (err == nil) != c.flags || audio != c.flags || video != c.flags {
			t.Errorf("%s: got header %t, %t, %v", c.name, audio, video, err)
		}
		n := 0
		for err = nil; err == nil; n++ {
			_, err = s.Next()
		}
		if n-1 != c.tags || err.Error() != c.err {
			t.Errorf("%s: got %d tags and %q, want %d and %q", c.name, n-1, err, c.tags, c.err)
		}
	}
}

func TestScannerReadError(t *testing.T) {
	good := written(t, avcFrame(0, 1, true))
	broken := errors.New("broken")
	for n := range len(good) {
		s := NewScanner(io.MultiReader(bytes.NewReader(good[:n]), iotest.ErrReader(broken)))
		var err error
		for err == nil {
			_, err = s.Next()
		}
		if err != broken {
			t.Errorf("%d bytes: got %v, want the reader's error", n, err)
		}
	}
}

// TestScannerGrowth announces 16 MiB and sends little: memory follows what came.
func TestScannerGrowth(t *testing.T) {
	in := appendHead(nil, true, true)
	in = append(in, 9, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0)
	s := NewScanner(bytes.NewReader(append(in, make([]byte, 100_000)...)))
	if _, err := s.Next(); err != io.ErrUnexpectedEOF {
		t.Errorf("got %v, want an unexpected EOF", err)
	}
	if cap(s.body) > 1<<18 {
		t.Errorf("got a body of %d bytes for 100 000", cap(s.body))
	}
}

// TestScannerLarge reads bodies that just fit into the read buffer, or do not.
func TestScannerLarge(t *testing.T) {
	const size = 128 << 10
	in := appendHead(nil, true, true)
	lengths := []int{size - 1, 7, size, 7, size + 1, 0, 3 * size, 7}
	for i, n := range lengths {
		in = appendTag(in, Tag{Type: video, Timestamp: uint32(i), Body: bytes.Repeat([]byte{byte(i)}, n)})
	}
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(in),
		"half":  iotest.HalfReader(bytes.NewReader(in)),
	} {
		s := NewScanner(r)
		for i, n := range lengths {
			got, err := s.Next()
			if err != nil || got.Timestamp != uint32(i) || !bytes.Equal(got.Body, bytes.Repeat([]byte{byte(i)}, n)) {
				t.Errorf("%s: tag %d: got %d bytes at %d, %v, want %d", name, i, len(got.Body), got.Timestamp, err, n)
			}
		}
		if _, err := s.Next(); err != io.EOF {
			t.Errorf("%s: got %v, want EOF", name, err)
		}
	}
}

func TestScannerAllocs(t *testing.T) {
	in := sample(t, "bars.flv")
	r := bytes.NewReader(in)
	s := NewScanner(r)
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(600, func() {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func FuzzScanner(f *testing.F) {
	f.Add(written(f, Tag{video, 0, avcConfig}, avcFrame(0, 1, true), aacFrame(0, 2)))
	f.Add(appendHead(nil, true, true))
	f.Add(sample(f, "audio.flv")[:2000])
	f.Add([]byte("FLV\x01\x05\x00\x00\x00\x0D\x01\x02\x03\x04\x00\x00\x00\x00\x28\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var tags []Tag
		s := NewScanner(bytes.NewReader(in))
		slow := NewScanner(iotest.OneByteReader(bytes.NewReader(in)))
		for {
			a, err := s.Next()
			b, slowErr := slow.Next()
			if (err == nil) != (slowErr == nil) || err != nil && err.Error() != slowErr.Error() {
				t.Fatalf("got %v, byte by byte %v", err, slowErr)
			}
			if a.Type != b.Type || a.Timestamp != b.Timestamp || !bytes.Equal(a.Body, b.Body) {
				t.Fatalf("got %v, byte by byte %v", a, b)
			}
			if err != nil {
				break
			}
			a.Body = bytes.Clone(a.Body)
			tags = append(tags, a)
		}
		// What comes out of a Writer is always FLV.
		var out bytes.Buffer
		w := NewWriter(&out)
		writeAll(t, w, tags)
		if out.Len() == 0 {
			return
		}
		again := media(scan(t, out.Bytes()))
		if n := w.Stats().Audio + w.Stats().Video; int64(len(again)) > int64(len(tags)) || n < int64(len(again)) {
			t.Fatalf("got %d tags of %d, Stats say %d", len(again), len(tags), n)
		}
	})
}

func BenchmarkScanner(b *testing.B) {
	in := sample(b, "bars.flv")
	r := bytes.NewReader(in)
	s := NewScanner(r)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(in)
		s.r.Reset(r)
		s.begun, s.err = false, nil
		for {
			if _, err := s.Next(); err != nil {
				break
			}
		}
	}
}
