package handshake

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// A librtmp block F(v) has its public key at these places.
func TestKeyOffset(t *testing.T) {
	for _, v := range []uint32{0x0a002d02, 0x80000302, 0x03050101} {
		for s, want := range []int{1154, 14} {
			if got := scheme(s).keyOffset(pattern(v)); got != want {
				t.Errorf("version %#x, scheme %d: offset %d, want %d", v, s, got, want)
			}
		}
	}
}

// Every sum of the four selector bytes leads to a public key inside its half, and
// not over the selector.
func TestKeyOffsetRange(t *testing.T) {
	for s, want := range [][2]int{{772, 1403}, {8, 639}} {
		least, most := Size, 0
		for sum := range 4*255 + 1 {
			b, at := new([Size]byte), 1532-764*s
			for i := range 4 {
				b[at+i] = byte(min(max(sum-255*i, 0), 255))
			}
			off := scheme(s).keyOffset(b)
			least, most = min(least, off), max(most, off)
		}
		if got := [2]int{least, most}; got != want {
			t.Errorf("scheme %d: offsets %v, want %v", s, got, want)
		}
	}
}

// Both sides hear each other, whatever the server's version is, and what is not
// decrypted is no text.
func TestRTMPE(t *testing.T) {
	player := somePlayer(t)
	for answer, want := range map[byte]byte{0: 6, 6: 6, 8: 8, 9: 9} {
		var up, down bytes.Buffer
		client := NewClient(Config{Encrypted: true, SWF: player})
		if err := client.Hello(&up); err != nil {
			t.Fatal(err)
		}
		if b := up.Bytes(); b[0] != 6 || string(b[5:9]) != encryptedVersion {
			t.Errorf("opened with %d and version % x", b[0], b[5:9])
		}
		if _, s, ok := find((*[Size]byte)(up.Bytes()[1:]), clientKey); !ok || s != 1 {
			t.Errorf("digest found: %v, scheme %d, want 1", ok, s)
		}
		a, b := newLink()
		served := make(chan error, 1)
		var accepted *Accepted
		go func() {
			defer b.Close()
			var err error
			accepted, err = Server(b, Config{Answer: answer})
			served <- err
		}()
		if _, err := up.WriteTo(a); err != nil {
			t.Fatal(err)
		}
		first := new([1]byte)
		if _, err := io.ReadFull(a, first[:]); err != nil || first[0] != want {
			t.Errorf("answer %d: S0 is %d, %v; want %d", answer, first[0], err, want)
		}
		if err := client.Reply(io.MultiReader(bytes.NewReader(first[:]), a), a); err != nil {
			t.Fatalf("answer %d: Reply: %v", answer, err)
		}
		if err := client.Finish(a); err != nil {
			t.Fatalf("answer %d: Finish: %v", answer, err)
		}
		if err := <-served; err != nil {
			t.Fatalf("answer %d: server: %v", answer, err)
		}
		if !client.Digest() || !accepted.Digest {
			t.Errorf("answer %d: no digests", answer)
		}
		if got, want := client.Verification(), accepted.Verification(*player); !bytes.Equal(got, want) {
			t.Errorf("answer %d: verification %x, want %x", answer, got, want)
		}
		for name, ends := range map[string][2]interface{ XORKeyStream(dst, src []byte) }{
			"up":   {client.Ciphers().Send, accepted.Receive},
			"down": {accepted.Send, client.Ciphers().Receive},
		} {
			text := []byte("the quick brown fox jumps over the lazy dog")
			got := bytes.Clone(text)
			ends[0].XORKeyStream(got, got)
			if bytes.Equal(got, text) {
				t.Errorf("answer %d, %s: %q was sent in the clear", answer, name, got)
			}
			down.Write(got)
			if ends[1].XORKeyStream(got, got); !bytes.Equal(got, text) {
				t.Errorf("answer %d, %s: heard %q", answer, name, got)
			}
		}
	}
}

// Two connections never have a key in common.
func TestKeysDiffer(t *testing.T) {
	seen := make(map[string]bool)
	for range 8 {
		k, err := new(Config).newKeyPair()
		if err != nil {
			t.Fatal(err)
		}
		seen[string(k.public[:])] = true
	}
	if len(seen) != 8 {
		t.Errorf("%d different keys of 8", len(seen))
	}
}

// encryptedAnswer is what a server of RTMPE answers to C1, in the client's scheme
// or the other, with a public key of its choice.
func encryptedAnswer(version byte, c1 []byte, s scheme, public []byte) []byte {
	s1, s2 := pattern(0), pattern(0)
	copy(s.publicKey(s1), public)
	s.put(s1, serverVersion, serverKey)
	digest, _, _ := find((*[Size]byte)(c1), clientKey)
	copy(s2[signed:], signature(s2, version, serverSignKey, digest))
	return bytes.Join([][]byte{{version}, s1[:], s2[:]}, nil)
}

// What a server may answer to one who asks for RTMPE, and never less than that.
func TestNoDowngrade(t *testing.T) {
	public := keyPairOf(privateKey("b")).public[:]
	opening := func() []byte {
		var b bytes.Buffer
		if err := NewClient(Config{Encrypted: true, Rand: fixed(1)}).Hello(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}()
	c1 := opening[1:]
	with := func(b []byte, at int, v byte) []byte {
		b = bytes.Clone(b)
		b[at] ^= v
		return b
	}
	good := encryptedAnswer(6, c1, 1, public)
	tests := []struct {
		name   string
		answer []byte
		kind   Kind // 0: taken
		writes int
		text   string
	}{
		{"RTMPE", good, 0, 2, ""},
		{"in the other scheme", encryptedAnswer(6, c1, 0, public), 0, 2, ""},
		{"XTEA", encryptedAnswer(8, c1, 1, public), 0, 2, ""},
		{"Blowfish", encryptedAnswer(9, c1, 1, public), 0, 2, ""},
		{"plain", bytes.Join([][]byte{{3}, pattern(0)[:], c1}, nil), NotRTMPE, 1,
			"handshake: the peer does not speak RTMPE: it answered with version 3, plain RTMP"},
		{"plain, with digests and a key", with(good, 0, 6^3), NotRTMPE, 1, ""},
		{"C1 sent back", bytes.Join([][]byte{{6}, c1, c1}, nil), NotRTMPE, 1,
			"handshake: the peer does not speak RTMPE: it answered with version 6, but without a digest"},
		{"no version, no digest", bytes.Join([][]byte{{6}, pattern(0)[:], c1}, nil), NotRTMPE, 1, ""},
		{"a bit of S1 wrong", with(good, 900, 1), NotRTMPE, 1, ""},
		{"a bit of S2 wrong", with(good, 1+Size+700, 1), BadSignature, 2,
			"handshake: the signature in S2 is wrong"},
		{"signed for another version", with(encryptedAnswer(8, c1, 1, public), 0, 8^9), BadSignature, 2, ""},
		{"public key 0", encryptedAnswer(6, c1, 1, make([]byte, keySize)), BadKey, 1,
			"handshake: RTMPE's public key in S1 is one that keeps nothing secret"},
		{"public key 1", encryptedAnswer(6, c1, 1, append(make([]byte, keySize-1), 1)), BadKey, 1, ""},
		{"public key of ones", encryptedAnswer(6, c1, 1, bytes.Repeat([]byte{0xff}, keySize)), BadKey, 1, ""},
		{"HTTP", []byte("HTTP/1.1 400"), HTTP, 1, "handshake: the peer answered with HTTP, not RTMP"},
		{"version 5", []byte{5}, BadVersion, 1, "handshake: the peer answered with version 5, not 6"},
	}
	for _, tt := range tests {
		var said writes
		c := NewClient(Config{Encrypted: true, Rand: fixed(1)})
		err := c.Do(duplex{bytes.NewReader(tt.answer), &said})
		e, typed := errors.AsType[*Error](err)
		switch {
		case tt.kind == 0 && err != nil, tt.kind != 0 && (!typed || e.Kind != tt.kind || e.Version != tt.answer[0]):
			t.Errorf("%s: got %v, want kind %d", tt.name, err, tt.kind)
		case typed && tt.text != "" && e.Error() != tt.text:
			t.Errorf("%s: got %q, want %q", tt.name, e, tt.text)
		}
		if len(said) != tt.writes {
			t.Errorf("%s: %d writes, want %d", tt.name, len(said), tt.writes)
		}
	}
}

// What a client of RTMPE may say, and what of that a server takes.
func TestServerOfRTMPE(t *testing.T) {
	public := keyPairOf(privateKey("a")).public[:]
	c1 := func(s scheme, key []byte) []byte {
		b := pattern(0)
		copy(s.publicKey(b), key)
		s.put(b, encryptedVersion, clientKey)
		return b[:]
	}
	tests := []struct {
		name   string
		c0     byte
		c1     []byte
		kind   Kind
		writes int
		text   string
	}{
		{"scheme 0", 6, c1(0, public), 0, 1, ""},
		{"scheme 1", 6, c1(1, public), 0, 1, ""},
		{"XTEA", 8, c1(1, public), 0, 1, ""},
		{"no digest", 6, pattern(0x80000302)[:], NotRTMPE, 0,
			"handshake: the peer does not speak RTMPE: it opened with version 6, but without a digest"},
		{"public key 1", 6, c1(1, append(make([]byte, keySize-1), 1)), BadKey, 0,
			"handshake: RTMPE's public key in C1 is one that keeps nothing secret"},
		{"C2 is not signed", 6, c1(1, public), BadSignature, 1, "handshake: the signature in C2 is wrong"},
	}
	for _, tt := range tests {
		a, b := newLink()
		served := make(chan error, 1)
		go func() {
			defer b.Close()
			_, err := Server(b, Config{})
			served <- err
		}()
		if _, err := a.Write(append([]byte{tt.c0}, tt.c1...)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 1+2*Size)
		n, _ := io.ReadFull(a, answer[:(1+2*Size)*tt.writes])
		if n > 0 {
			c2, s1 := pattern(0), (*[Size]byte)(answer[1:])
			digest, _, ok := find(s1, serverKey)
			if !ok || answer[0] != tt.c0 {
				t.Errorf("%s: S0 is %d, digest found: %v", tt.name, answer[0], ok)
			}
			if tt.kind == 0 {
				copy(c2[signed:], signature(c2, tt.c0, clientSignKey, digest))
			}
			if _, err := a.Write(c2[:]); err != nil {
				t.Fatal(err)
			}
		}
		err := <-served
		e, typed := errors.AsType[*Error](err)
		if tt.kind == 0 && err != nil || tt.kind != 0 && (!typed || e.Kind != tt.kind || e.Error() != tt.text) {
			t.Errorf("%s: got %v, want kind %d, %q", tt.name, err, tt.kind, tt.text)
		}
		a.Close()
	}
}

// FuzzEncryptedClient lets a server of RTMPE say anything, and signs it if it likes,
// or else the digests would keep all else out.
func FuzzEncryptedClient(f *testing.F) {
	var hello bytes.Buffer
	if err := NewClient(Config{Encrypted: true, Rand: fixed(1)}).Hello(&hello); err != nil {
		f.Fatal(err)
	}
	c1 := hello.Bytes()[1:]
	for s := range scheme(2) {
		for _, version := range []byte{6, 8, 9} {
			answer := encryptedAnswer(version, c1, s, keyPairOf(privateKey("b")).public[:])
			f.Add(byte(0), answer)
			f.Add(1+byte(s), answer)
		}
	}
	f.Fuzz(func(t *testing.T, sign byte, data []byte) {
		if sign %= 3; sign != 0 && len(data) >= 1+2*Size {
			data = bytes.Clone(data)
			digest, _, _ := find((*[Size]byte)(c1), clientKey)
			s1, s2 := (*[Size]byte)(data[1:]), (*[Size]byte)(data[1+Size:])
			scheme(sign-1).put(s1, string(s1[4:8]), serverKey)
			copy(s2[signed:], signature(s2, data[0], serverSignKey, digest))
		}
		in := bytes.NewReader(data)
		var said writes
		c := NewClient(Config{Encrypted: true, Rand: fixed(1)})
		err := c.Do(duplex{in, &said})
		read := len(data) - in.Len()
		e, typed := errors.AsType[*Error](err)
		switch {
		case err == nil:
			if read != 1+2*Size || len(said) != 2 || !isRTMPE(data[0]) || c.Ciphers().Send == nil || c.Ciphers().Receive == nil {
				t.Errorf("done after %d bytes and %d writes, version %d", read, len(said), data[0])
			}
		case typed:
			want := map[Kind]int{BadKey: 1 + Size, BadSignature: 1 + 2*Size}[e.Kind]
			if e.Kind == NotRTMPE && e.Version != versionPlain {
				want = 1 + Size
			}
			if read != max(1, want) || sign != 0 && e.Kind == BadSignature {
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
	})
}

// FuzzEncryptedServer lets a client of RTMPE say anything, and signs its C1.
func FuzzEncryptedServer(f *testing.F) {
	for s := range scheme(2) {
		b := pattern(0)
		copy(s.publicKey(b), keyPairOf(privateKey("a")).public[:])
		f.Add(byte(s), append(b[:], b[:]...))
	}
	f.Fuzz(func(t *testing.T, s byte, data []byte) {
		if len(data) < Size {
			return
		}
		c1 := (*[Size]byte)(bytes.Clone(data))
		scheme(s%2).put(c1, encryptedVersion, clientKey)
		in := bytes.NewReader(bytes.Join([][]byte{{6}, c1[:], data[Size:]}, nil))
		var said writes
		a, err := Server(duplex{in, &said}, Config{Rand: fixed(2)})
		e, typed := errors.AsType[*Error](err)
		switch {
		case err == nil:
			if a.Send == nil || a.Receive == nil || len(said) != 1 {
				t.Errorf("done without ciphers, or after %d writes", len(said))
			}
		case typed && e.Kind == BadKey:
			if len(said) != 0 {
				t.Errorf("%v after %d writes", err, len(said))
			}
		case typed && e.Kind == BadSignature:
			if len(said) != 1 {
				t.Errorf("%v after %d writes", err, len(said))
			}
		case err != io.ErrUnexpectedEOF || len(data) >= 2*Size:
			t.Errorf("got %v of %d bytes", err, len(data))
		}
	})
}
