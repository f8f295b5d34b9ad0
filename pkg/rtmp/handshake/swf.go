package handshake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// A SWF is the Flash player that a client says to be, for servers that let no
// other in: of its file, uncompressed, the length, and the HMAC-SHA256 under the
// key "Genuine Adobe Flash Player 001".
type SWF struct {
	Hash [sha256.Size]byte
	Size uint32 // bytes
}

// verification answers a server that wants to know the player. tail is the end of
// its S1, which makes the answer good for this connection alone.
func (s *SWF) verification(tail []byte) []byte {
	b := []byte{1, 1}
	b = binary.BigEndian.AppendUint32(b, s.Size)
	b = binary.BigEndian.AppendUint32(b, s.Size)
	h := hmac.New(sha256.New, tail)
	h.Write(s.Hash[:])
	return h.Sum(b)
}
