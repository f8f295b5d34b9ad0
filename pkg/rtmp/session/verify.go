package session

import "github.com/rtmpull/rtmpull/pkg/rtmp/message"

// A verification is what we have to show to servers that let in one Flash player
// and no other.
type verification struct {
	known  bool
	answer []byte
}

// VerifyAs is called before Start if a player's SWF file is known. answer is what
// the handshake has made of it; nil: nothing, since the server took no digests.
func (s *Session) VerifyAs(answer []byte) { s.player = verification{true, answer} }

// verify answers a SWF Verification Request. What cannot be answered stays so: a
// server that has to know will hang up in time, and many ask and do not mind.
func (v *verification) verify(dst []Reaction, request []byte) []Reaction {
	const newest = 1 // with 0 the only types that are known; it may be missing
	switch {
	case len(request) > 2 && request[2] > newest:
		return oddity(dst, "the server asks for SWF verification of type %d, which is not known", request[2])
	case !v.known:
		return oddity(dst, "the server asks for SWF verification, and no player's SWF file is known")
	case v.answer == nil:
		return oddity(dst, "the server asks for SWF verification, but has shaken hands without the digests that it takes")
	}
	return append(dst, Reaction{Do: Send, Message: message.SWFVerifyReply(v.answer)})
}
