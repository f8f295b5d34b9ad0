package handshake

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rc4"
	"crypto/sha256"
)

// The versions of RTMPE. Clients open with the first; the one that the server answers
// says how the signatures in C2 and S2 are encrypted.
const (
	versionRTMPE    = 6 // they are not
	versionXTEA     = 8
	versionBlowfish = 9
)

func isRTMPE(version byte) bool {
	return version == versionRTMPE || version == versionXTEA || version == versionBlowfish
}

// Ciphers encrypt what is sent after the handshake, and decrypt what is received,
// each from the first byte behind it. They are nil where RTMPE is not spoken.
//
// RTMPE hides a stream from those who only look, and that is all: nobody proves
// who he is, and RC4 is broken.
type Ciphers struct {
	Send, Receive cipher.Stream
}

// keyOffset is the place of the public key in b: in the half without the digest,
// scattered by the four bytes at its end.
func (s scheme) keyOffset(b *[Size]byte) int {
	from, at := 772, Size-4
	if s == 1 {
		from, at = 8, 772-4
	}
	sum := int(b[at]) + int(b[at+1]) + int(b[at+2]) + int(b[at+3])
	return sum%632 + from
}

// publicKey is the part of b that holds its sender's public key.
func (s scheme) publicKey(b *[Size]byte) []byte {
	off := s.keyOffset(b)
	return b[off : off+keySize]
}

// ciphers are those of the side that has k, once it knows the peer's public key.
// What is sent is encrypted by the key of whoever receives it.
func (k *keyPair) ciphers(peer []byte) (c Ciphers, ok bool) {
	secret, ok := k.secret(peer)
	if !ok {
		return c, false
	}
	return Ciphers{Send: keyStream(secret[:], peer), Receive: keyStream(secret[:], k.public[:])}, true
}

// keyStream is RC4 behind the bytes that RTMPE passes over: as many as a block of
// the handshake has.
func keyStream(secret, public []byte) cipher.Stream {
	c, err := rc4.NewCipher(streamKey(secret, public))
	if err != nil {
		panic(err) // of a key that is too long or too short
	}
	var skip [Size]byte
	c.XORKeyStream(skip[:], skip[:])
	return c
}

// streamKey is the key by which is sent to the owner of a public key.
func streamKey(secret, public []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write(public)
	return h.Sum(nil)[:16]
}
