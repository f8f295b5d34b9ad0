package handshake

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// somePlayer is the SWF file of digestVectors' implementation.
func somePlayer(tb testing.TB) *SWF {
	tb.Helper()
	file, err := hex.DecodeString("46575309100000000001020304050607")
	if err != nil {
		tb.Fatal(err)
	}
	h := hmac.New(sha256.New, []byte(clientKey))
	h.Write(file)
	s := &SWF{Size: uint32(len(file))}
	h.Sum(s.Hash[:0])
	return s
}

func TestVerification(t *testing.T) {
	s := somePlayer(t)
	if got, want := hex.EncodeToString(s.Hash[:]), "25698a099a5a1538b37d16c672be0a8c1dcd952115509097d3ebf840c620e743"; got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
	tail := make([]byte, 32)
	for i := range tail {
		tail[i] = byte(i)
	}
	const want = "01010000001000000010" + "9c41de83e1f8d77589e3784bfa5b80ccec593ca2c9a112c5b742ffa74e020d08"
	if got := hex.EncodeToString(s.verification(tail)); got != want {
		t.Errorf("answer %s, want %s", got, want)
	}
}

// A player is shown with digests, encrypted or not, and without them not at all.
func TestVerificationNeedsDigests(t *testing.T) {
	player := somePlayer(t)
	digests := pattern(0)
	scheme(0).put(digests, serverVersion, serverKey)
	for name, tt := range map[string]struct {
		swf  *SWF
		s1   *[Size]byte
		want []byte
	}{
		"digests":          {player, digests, player.verification(digests[signed:])},
		"no player":        {nil, digests, nil},
		"plain":            {player, pattern(0), nil},
		"version, no HMAC": {player, pattern(0x03050101), nil},
	} {
		var said writes
		c := NewClient(Config{Rand: fixed(1), SWF: tt.swf, Digest: tt.swf == nil})
		if err := c.Hello(&said); err != nil {
			t.Fatal(err)
		}
		if got := string(said[0][5:9]); said[0][0] != 3 || got != clientVersion {
			t.Errorf("%s: opened with %d and version % x", name, said[0][0], got)
		}
		if err := c.Reply(bytes.NewReader(append([]byte{3}, tt.s1[:]...)), &said); err != nil {
			t.Fatal(err)
		}
		if got := c.Verification(); !bytes.Equal(got, tt.want) || (got == nil) != (tt.want == nil) {
			t.Errorf("%s: answer %x, want %x", name, got, tt.want)
		}
	}
}
