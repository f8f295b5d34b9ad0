package handshake

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"
)

// recorded returns a client's C0 and C1 under cfg, and what our server answers.
func recorded(tb testing.TB, cfg Config) (opening, answer []byte) {
	tb.Helper()
	var up, down bytes.Buffer
	if err := NewClient(cfg).Hello(&up); err != nil {
		tb.Fatal(err)
	}
	opening = bytes.Clone(up.Bytes())
	_, err := Server(duplex{io.MultiReader(&up, bytes.NewReader(new([Size]byte)[:])), &down}, Config{Rand: fixed(2)})
	if err != nil {
		tb.Fatal(err)
	}
	return opening, down.Bytes()
}

func TestHello(t *testing.T) {
	for _, offer := range []bool{false, true} {
		var said writes
		c := NewClient(Config{Digest: offer, Rand: fixed(1), Time: 0x01020304})
		if err := c.Hello(&said); err != nil {
			t.Fatal(err)
		}
		if len(said) != 1 || len(said[0]) != 1+Size {
			t.Fatalf("offer %v: %d writes, want one of %d bytes", offer, len(said), 1+Size)
		}
		c1 := (*[Size]byte)(said[0][1:])
		if got := said[0][0]; got != 3 {
			t.Errorf("offer %v: C0 is %d, want 3", offer, got)
		}
		if got := binary.BigEndian.Uint32(c1[:4]); got != 0x01020304 {
			t.Errorf("offer %v: time %#x, want 0x01020304", offer, got)
		}
		want := "\x00\x00\x00\x00"
		if offer {
			want = clientVersion
		}
		if got := string(c1[4:8]); got != want {
			t.Errorf("offer %v: version % x, want % x", offer, got, want)
		}
		if _, s, ok := find(c1, clientKey); ok != offer || s != 0 {
			t.Errorf("offer %v: digest found %v, scheme %d, want scheme 0", offer, ok, s)
		}
	}
}

// A plain client takes whatever comes in S1 and S2, if it has the length.
func TestPlainTakesAnything(t *testing.T) {
	opening, answer := recorded(t, Config{Rand: fixed(1)})
	_, digests := recorded(t, Config{Rand: fixed(1), Digest: true})
	c1 := opening[1:]
	s1 := answer[1 : 1+Size]
	zero := make([]byte, Size)
	tests := []struct {
		name   string
		s1, s2 []byte
	}{
		{"echo", s1, c1},
		{"S2 does not echo C1", s1, zero},
		{"C1 sent back twice, as NMS does", c1, c1},
		{"all zero", zero, zero},
		{"digests", digests[1 : 1+Size], digests[1+Size:]},
	}
	for _, tt := range tests {
		in := bytes.NewReader(bytes.Join([][]byte{{3}, tt.s1, tt.s2}, nil))
		var said writes
		c := NewClient(Config{Rand: fixed(1)})
		if err := c.Do(duplex{in, &said}); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if c.Digest() {
			t.Errorf("%s: Digest() = true, want false", tt.name)
		}
		if len(said) != 2 || !bytes.Equal(said[1], tt.s1) {
			t.Errorf("%s: C2 is not S1", tt.name)
		}
	}
}

func TestDigestClient(t *testing.T) {
	cfg := Config{Rand: fixed(1), Digest: true}
	opening, answer := recorded(t, cfg)
	s2 := answer[1+Size:]
	s1 := func(s scheme) []byte {
		b := pattern(0)
		s.put(b, serverVersion, serverKey)
		return b[:]
	}
	random := pattern(0xdeadbeef)[:]
	plain := pattern(0)[:]
	tests := []struct {
		name   string
		s1, s2 []byte
		digest bool
		kind   Kind
	}{
		{"scheme 0", s1(0), s2, true, 0},
		{"scheme 1", s1(1), s2, true, 0},
		{"unsigned S2", s1(0), plain, true, BadSignature},
		{"S1 without a version", plain, opening[1:], false, 0},
		{"S1 without a version, S2 no echo", plain, plain, false, 0},
		{"S1 with a version and no digest", random, opening[1:], false, 0},
		{"C1 sent back twice, as NMS does", opening[1:], opening[1:], false, 0},
	}
	for _, tt := range tests {
		cfg.Rand = fixed(1) // the same C1 each time, as s2 is signed for it
		var said writes
		in := bytes.NewReader(bytes.Join([][]byte{{3}, tt.s1, tt.s2}, nil))
		c := NewClient(cfg)
		err := c.Do(duplex{in, &said})
		if e, ok := errors.AsType[*Error](err); ok != (tt.kind != 0) || ok && e.Kind != tt.kind || !ok && err != nil {
			t.Errorf("%s: got %v, want kind %d", tt.name, err, tt.kind)
		}
		if len(said) != 2 {
			t.Errorf("%s: %d writes, want 2", tt.name, len(said))
			continue
		}
		if c.Digest() != tt.digest {
			t.Errorf("%s: Digest() = %v, want %v", tt.name, c.Digest(), tt.digest)
		}
		c2 := (*[Size]byte)(said[1])
		if tt.digest {
			digest, _, _ := find((*[Size]byte)(tt.s1), serverKey)
			if !bytes.Equal(c2[signed:], signature(c2, versionPlain, clientSignKey, digest)) {
				t.Errorf("%s: C2 is not signed for S1", tt.name)
			}
			if bytes.Equal(c2[:8], tt.s1[:8]) {
				t.Errorf("%s: C2 echoes S1", tt.name)
			}
		} else if !bytes.Equal(c2[:], tt.s1) {
			t.Errorf("%s: C2 is not S1", tt.name)
		}
	}
}

// Chunks may share a segment with S2. They stay in the caller's reader, and
// from the bare connection not one byte too many is taken.
func TestReadsNothingMore(t *testing.T) {
	for _, offer := range []bool{false, true} {
		_, answer := recorded(t, Config{Rand: fixed(1), Digest: offer})
		stream := append(bytes.Clone(answer), "chunks"...)
		for name, r := range map[string]io.Reader{
			"bare":      bytes.NewReader(stream),
			"buffered":  bufio.NewReader(bytes.NewReader(stream)),
			"one byte":  iotest.OneByteReader(bytes.NewReader(stream)),
			"EOF early": iotest.DataErrReader(bytes.NewReader(stream)),
		} {
			c := NewClient(Config{Rand: fixed(1), Digest: offer})
			if err := c.Do(duplex{r, io.Discard}); err != nil {
				t.Errorf("%s, offer %v: %v", name, offer, err)
			}
			if rest, err := io.ReadAll(r); string(rest) != "chunks" || err != nil {
				t.Errorf("%s, offer %v: %q, %v left, want %q", name, offer, rest, err, "chunks")
			}
		}
	}
}

// The server may stop anywhere, by closing, failing or falling silent until
// the caller's deadline.
func TestClientCutShort(t *testing.T) {
	for _, offer := range []bool{false, true} {
		_, answer := recorded(t, Config{Rand: fixed(1), Digest: offer})
		for n := range len(answer) {
			want := io.ErrUnexpectedEOF
			if n == 0 {
				want = io.EOF
			}
			c := NewClient(Config{Rand: fixed(1), Digest: offer})
			if err := c.Do(duplex{bytes.NewReader(answer[:n]), io.Discard}); err != want {
				t.Fatalf("offer %v, cut at %d: got %v, want %v", offer, n, err, want)
			}
			late := io.MultiReader(bytes.NewReader(answer[:n]), iotest.ErrReader(os.ErrDeadlineExceeded))
			c = NewClient(Config{Rand: fixed(1), Digest: offer})
			if err := c.Do(duplex{late, io.Discard}); err != os.ErrDeadlineExceeded {
				t.Fatalf("offer %v, late at %d: got %v, want %v", offer, n, err, os.ErrDeadlineExceeded)
			}
		}
	}
}

// A server that refuses by closing after S1 is noticed in Finish alone, so
// that the caller can tell how far it came.
func TestRefusedAfterS1(t *testing.T) {
	_, answer := recorded(t, Config{})
	r := bytes.NewReader(answer[:1+Size])
	c := NewClient(Config{})
	if err := c.Hello(io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := c.Reply(r, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := c.Finish(r); err != io.ErrUnexpectedEOF {
		t.Errorf("got %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestErrorsStick(t *testing.T) {
	cause := errors.New("cable pulled")
	_, answer := recorded(t, Config{})

	c := NewClient(Config{})
	if err := c.Hello(failingWriter{cause}); err != cause {
		t.Errorf("Hello: got %v, want %v", err, cause)
	}
	if err := c.Reply(bytes.NewReader(answer), io.Discard); err != cause {
		t.Errorf("Reply: got %v, want %v", err, cause)
	}

	c = NewClient(Config{})
	if err := c.Hello(io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := c.Reply(bytes.NewReader(answer), failingWriter{cause}); err != cause {
		t.Errorf("Reply: got %v, want %v", err, cause)
	}
	if err := c.Finish(bytes.NewReader(answer)); err != cause {
		t.Errorf("Finish: got %v, want %v", err, cause)
	}
}

func TestOrder(t *testing.T) {
	_, answer := recorded(t, Config{})
	r := bytes.NewReader(answer)
	if err := NewClient(Config{}).Reply(r, io.Discard); err != errOrder {
		t.Errorf("Reply first: got %v, want %v", err, errOrder)
	}
	if err := NewClient(Config{}).Finish(r); err != errOrder {
		t.Errorf("Finish first: got %v, want %v", err, errOrder)
	}
	if r.Len() != len(answer) {
		t.Errorf("%d bytes read out of order", len(answer)-r.Len())
	}
	c := NewClient(Config{})
	if err := c.Do(duplex{r, io.Discard}); err != nil {
		t.Fatal(err)
	}
	if err := c.Do(duplex{r, io.Discard}); err != errOrder {
		t.Errorf("Do twice: got %v, want %v", err, errOrder)
	}
}

// FuzzClient lets the server say anything. The client may read 3073 bytes of
// it, and has to end in success or in an error that this package documents.
func FuzzClient(f *testing.F) {
	for _, offer := range []bool{false, true} {
		_, answer := recorded(f, Config{Rand: fixed(1), Digest: offer})
		f.Add(offer, answer)
	}
	f.Fuzz(func(t *testing.T, offer bool, data []byte) {
		in := bytes.NewReader(data)
		var said writes
		c := NewClient(Config{Rand: fixed(1), Digest: offer})
		err := c.Do(duplex{in, &said})
		read := len(data) - in.Len()
		e, typed := errors.AsType[*Error](err)
		switch {
		case err == nil, typed && e.Kind == BadSignature:
			if read != 1+2*Size || len(said) != 2 {
				t.Errorf("%v after %d bytes and %d writes", err, read, len(said))
			}
		case typed:
			if read != 1 || len(said) != 1 || e.Version == versionPlain {
				t.Errorf("%v after %d bytes and %d writes", err, read, len(said))
			}
		case err == io.EOF:
			if len(data) != 0 {
				t.Errorf("%v after %d bytes", err, len(data))
			}
		case err == io.ErrUnexpectedEOF:
			if read != len(data) || read == 0 || read > 2*Size {
				t.Errorf("%v after %d bytes of %d", err, read, len(data))
			}
		default:
			t.Errorf("undocumented error %v", err)
		}
		if c.Digest() && !offer {
			t.Error("Digest() = true, unasked")
		}
		if len(said) == 2 && bytes.Equal(said[1], data[1:1+Size]) == c.Digest() {
			t.Errorf("Digest() = %v, but C2 is S1: %v", c.Digest(), !c.Digest())
		}
	})
}
