package handshake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// SWFKey is the key of a SWF's Hash: Flash Player's own, of the handshake.
const SWFKey = clientKey

// A SWF identifies the Flash player that a client claims to be, for servers that demand
// SWF verification, by what the player's decompressed file comes to.
type SWF struct {
	Hash [sha256.Size]byte // HMAC-SHA256 of the decompressed file, under SWFKey
	Size uint32            // of that, in bytes
}

// verification is the body of a SWF Verification Response, after its event type: 1, 1,
// twice the size, and an HMAC of the hash. The key of that, tail, is the last 32 bytes of
// the server's S1, so that the answer is good for this connection alone.
func (s *SWF) verification(tail []byte) []byte {
	b := []byte{1, 1}
	b = binary.BigEndian.AppendUint32(b, s.Size)
	b = binary.BigEndian.AppendUint32(b, s.Size)
	h := hmac.New(sha256.New, tail)
	h.Write(s.Hash[:])
	return h.Sum(b)
}
