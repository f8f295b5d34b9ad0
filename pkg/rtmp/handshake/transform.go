package handshake

import (
	"crypto/cipher"
	"slices"

	"golang.org/x/crypto/blowfish" //nolint:staticcheck // what RTMPE signs with is not ours to choose
	"golang.org/x/crypto/xtea"     //nolint:staticcheck // so too
)

// transformKeys is how many keys there are to choose from. Each table has one
// more, which the choice never falls on.
const transformKeys = 15

// transform encrypts a signature where it is, as RTMPE of that version wants it:
// each block of 8 bytes with the one of the public keys that the same byte of
// the signature's own key picks.
func transform(version byte, key, signature []byte) {
	for i := 0; i+8 <= len(signature); i += 8 {
		if c := transformer(version, int(key[i])%transformKeys); c != nil {
			block := signature[i : i+8]
			swapWords(block)
			c.Encrypt(block, block)
			swapWords(block)
		}
	}
}

// transformer is the cipher of one block; nil: it stays as it is.
func transformer(version byte, index int) cipher.Block {
	var (
		c   cipher.Block
		err error
	)
	switch version {
	case versionXTEA:
		c, err = xtea.NewCipher([]byte(xteaKeys[index]))
	case versionBlowfish:
		c, err = blowfish.NewCipher([]byte(blowfishKeys[index]))
	}
	if err != nil {
		panic(err) // of a key that is too long or too short
	}
	return c
}

// swapWords turns the two words of a block, which RTMPE has in little-endian, into
// those that the ciphers take, and back.
func swapWords(block []byte) {
	slices.Reverse(block[:4])
	slices.Reverse(block[4:])
}
