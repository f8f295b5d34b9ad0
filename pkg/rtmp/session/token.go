package session

import (
	"encoding/binary"
	"encoding/hex"
)

// decodeToken decodes a secureToken as Wowza makes it: XXTEA over little-endian
// words, in hexadecimal. The key is the first 16 bytes of the configured one.
func decodeToken(key, secret string) (string, bool) {
	data, err := hex.DecodeString(secret)
	if err != nil || len(data) == 0 {
		return "", false
	}
	v := littleEndianWords(data, (len(data)+3)/4)
	if len(v) < 2 {
		return "", false
	}
	k := [4]uint32(littleEndianWords([]byte(key[:min(len(key), 16)]), 4))
	decryptXXTEA(v, k)
	out := make([]byte, 0, 4*len(v))
	for _, w := range v {
		out = binary.LittleEndian.AppendUint32(out, w)
	}
	return string(out[:len(data)]), true
}

func littleEndianWords(b []byte, n int) []uint32 {
	padded := make([]byte, 4*n)
	copy(padded, b)
	words := make([]uint32, n)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(padded[4*i:])
	}
	return words
}

// decryptXXTEA decrypts the block v, of two words at least, in place (Wheeler
// and Needham, "Correction to xtea", 1998).
func decryptXXTEA(v []uint32, key [4]uint32) {
	const delta = 0x9e3779b9
	n := uint32(len(v))
	for sum := delta * (6 + 52/n); sum != 0; sum -= delta {
		e := sum >> 2 & 3
		next := v[0]
		for p := n; p > 0; p-- {
			i := p - 1
			prev := v[(i+n-1)%n]
			mix := ((prev>>5 ^ next<<2) + (next>>3 ^ prev<<4)) ^ ((sum ^ next) + (key[i&3^e] ^ prev))
			v[i] -= mix
			next = v[i]
		}
	}
}
