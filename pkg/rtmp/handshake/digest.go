package handshake

import (
	"crypto/hmac"
	"crypto/sha256"
)

// The keys are public and the same for everybody. The digests tell Flash's own
// players and servers from others; they protect nothing.
const (
	keyTail = "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57" +
		"\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae"

	clientKey = "Genuine Adobe Flash Player 001"       // digest in C1
	serverKey = "Genuine Adobe Flash Media Server 001" // digest in S1

	clientSignKey = clientKey + keyTail // signature of C2
	serverSignKey = serverKey + keyTail // signature of S2
)

// What both sides claim to be, in bytes 4 to 7 of C1 and S1. The values are
// Flash Player 10.0.45.2 and Flash Media Server 3.5.1.1. FFmpeg, when it plays,
// looks for a digest only behind a first number of 3 or more.
const (
	clientVersion = "\x0a\x00\x2d\x02"
	serverVersion = "\x03\x05\x01\x01"

	// encryptedVersion is what clients of RTMPE claim instead.
	encryptedVersion = "\x80\x00\x03\x02"
)

// A scheme is where the digest lies in C1 or S1: the halves of the block, one
// for the digest and one for RTMPE's public key, may be in either order.
type scheme uint8

// offset returns the place of the digest in b, which is scattered by the four
// bytes at the start of its half.
func (s scheme) offset(b *[Size]byte) int {
	at := 8
	if s == 1 {
		at = 772
	}
	sum := int(b[at]) + int(b[at+1]) + int(b[at+2]) + int(b[at+3])
	return sum%728 + at + 4
}

// digest returns what the digest in b has to be: an HMAC of all of b around
// it.
func (s scheme) digest(b *[Size]byte, key string) []byte {
	off := s.offset(b)
	h := hmac.New(sha256.New, []byte(key))
	h.Write(b[:off])
	h.Write(b[off+sha256.Size:])
	return h.Sum(nil)
}

// put makes b a digest block: the version that its sender claims, then the
// digest, which it returns.
func (s scheme) put(b *[Size]byte, claim, key string) []byte {
	copy(b[4:8], claim)
	d := s.digest(b, key)
	copy(b[s.offset(b):], d)
	return d
}

// find looks for the peer's digest in b, in both schemes. A block with no
// version is a plain one, whatever else it holds.
func find(b *[Size]byte, key string) (digest []byte, s scheme, ok bool) {
	if [4]byte(b[4:8]) == [4]byte{} {
		return nil, 0, false
	}
	return search(b, key)
}

// search is find for a block that has to have a digest.
func search(b *[Size]byte, key string) (digest []byte, s scheme, ok bool) {
	for s = range scheme(2) {
		d := s.digest(b, key)
		off := s.offset(b)
		if hmac.Equal(d, b[off:off+len(d)]) {
			return d, s, true
		}
	}
	return nil, 0, false
}

// signed is where the signature begins in C2 and S2, over all bytes before it.
const signed = Size - sha256.Size

// signature returns the end of C2 or S2, by which its sender shows that it has
// read the digest in the peer's block. version is that of S0.
func signature(b *[Size]byte, version byte, key string, digest []byte) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write(digest)
	own := h.Sum(nil)
	h = hmac.New(sha256.New, own)
	h.Write(b[:signed])
	sig := h.Sum(nil)
	transform(version, own, sig)
	return sig
}

// answer makes b the C2 or S2 of a digest handshake: random and signed.
func (cfg *Config) answer(b *[Size]byte, version byte, key string, digest []byte) error {
	if err := cfg.random(b[:signed]); err != nil {
		return err
	}
	copy(b[signed:], signature(b, version, key, digest))
	return nil
}
