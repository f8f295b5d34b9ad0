package handshake

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"
)

// openings are the C1 of many clients, and whether they get digests.
func openings() map[string]struct {
	c1     *[Size]byte
	digest bool
} {
	sign := func(s scheme, claim string) *[Size]byte {
		b := pattern(0)
		s.put(b, claim, clientKey)
		return b
	}
	return map[string]struct {
		c1     *[Size]byte
		digest bool
	}{
		"plain":                    {pattern(0), false},
		"scheme 0":                 {sign(0, clientVersion), true},
		"scheme 1":                 {sign(1, clientVersion), true},
		"scheme 1 of RTMPE":        {sign(1, "\x80\x00\x03\x02"), true},
		"digest without a version": {sign(0, "\x00\x00\x00\x00"), false},
		"version without a digest": {pattern(0x0a002d02), false},
	}
}

func TestServer(t *testing.T) {
	for name, tt := range openings() {
		c2 := make([]byte, Size) // nothing of ours in it, and taken all the same
		in := bytes.NewReader(bytes.Join([][]byte{{3}, tt.c1[:], c2, []byte("chunks")}, nil))
		var said writes
		_, err := Server(duplex{iotest.OneByteReader(in), &said}, Config{Rand: fixed(2), Time: 0x01020304})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if in.Len() != len("chunks") {
			t.Errorf("%s: left %d bytes, want %d", name, in.Len(), len("chunks"))
		}
		if len(said) != 1 || len(said[0]) != 1+2*Size {
			t.Errorf("%s: %d writes, want one of %d bytes", name, len(said), 1+2*Size)
			continue
		}
		s1, s2 := (*[Size]byte)(said[0][1:]), (*[Size]byte)(said[0][1+Size:])
		if got := said[0][0]; got != 3 {
			t.Errorf("%s: S0 is %d, want 3", name, got)
		}
		if got := binary.BigEndian.Uint32(s1[:4]); got != 0x01020304 {
			t.Errorf("%s: time %#x, want 0x01020304", name, got)
		}
		_, s1Scheme, signedS1 := find(s1, serverKey)
		if signedS1 != tt.digest {
			t.Errorf("%s: digest in S1: %v, want %v", name, signedS1, tt.digest)
		}
		if !tt.digest {
			if *s2 != *tt.c1 {
				t.Errorf("%s: S2 is not C1", name)
			}
			if [4]byte(s1[4:8]) != [4]byte{} {
				t.Errorf("%s: S1 has version % x", name, s1[4:8])
			}
			continue
		}
		digest, s, _ := find(tt.c1, clientKey)
		if s1Scheme != s {
			t.Errorf("%s: S1 has scheme %d, want %d", name, s1Scheme, s)
		}
		if !bytes.Equal(s2[signed:], signature(s2, versionPlain, serverSignKey, digest)) {
			t.Errorf("%s: S2 is not signed for C1", name)
		}
	}
}

// The answer is out before C2 is asked for: a client may wait for S2 first.
func TestServerAnswersBeforeC2(t *testing.T) {
	var said writes
	in := io.MultiReader(bytes.NewReader([]byte{3}), bytes.NewReader(pattern(0)[:]), iotest.ErrReader(os.ErrDeadlineExceeded))
	if _, err := Server(duplex{in, &said}, Config{}); err != os.ErrDeadlineExceeded {
		t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
	}
	if len(said) != 1 || len(said[0]) != 1+2*Size {
		t.Errorf("%d writes, want one of %d bytes", len(said), 1+2*Size)
	}
}

func TestServerCutShort(t *testing.T) {
	for _, offer := range []bool{false, true} {
		opening, _ := recorded(t, Config{Rand: fixed(1), Digest: offer})
		stream := append(opening, make([]byte, Size)...)
		for n := range len(stream) {
			want := io.ErrUnexpectedEOF
			if n == 0 {
				want = io.EOF
			}
			_, err := Server(duplex{bytes.NewReader(stream[:n]), io.Discard}, Config{Rand: fixed(2)})
			if err != want {
				t.Fatalf("offer %v, cut at %d: got %v, want %v", offer, n, err, want)
			}
		}
	}
}

func TestServerWriteFails(t *testing.T) {
	cause := errors.New("cable pulled")
	opening, _ := recorded(t, Config{})
	if _, err := Server(duplex{bytes.NewReader(opening), failingWriter{cause}}, Config{}); err != cause {
		t.Errorf("got %v, want %v", err, cause)
	}
}

// FuzzServer lets the client say anything. The server may read 3073 bytes of
// it, says nothing before C1 is whole, and answers it once.
func FuzzServer(f *testing.F) {
	for _, o := range openings() {
		f.Add(bytes.Join([][]byte{{3}, o.c1[:], o.c1[:]}, nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bytes.NewReader(data)
		var said writes
		_, err := Server(duplex{in, &said}, Config{Rand: fixed(2)})
		read := len(data) - in.Len()
		e, typed := errors.AsType[*Error](err)
		switch {
		case err == nil:
			if read != 1+2*Size {
				t.Errorf("done after %d bytes", read)
			}
		case typed:
			want := map[Kind]int{NotRTMPE: 1 + Size, BadKey: 1 + Size, BadSignature: 1 + 2*Size}[e.Kind]
			if read != max(1, want) || e.Version == versionPlain {
				t.Errorf("%v after %d bytes", err, read)
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
		wantWrites := 0
		if read >= 1+Size && (!typed || e.Kind == BadSignature) {
			wantWrites = 1
		}
		if len(said) != wantWrites {
			t.Errorf("%d writes after %d bytes, want %d", len(said), read, wantWrites)
		}
		if len(said) == 1 {
			c1, s1, s2 := data[1:1+Size], (*[Size]byte)(said[0][1:]), said[0][1+Size:]
			if _, _, ok := find(s1, serverKey); ok == bytes.Equal(s2, c1) {
				t.Errorf("digest in S1 %v, and S2 is C1 %v", ok, bytes.Equal(s2, c1))
			}
		}
	})
}
