package session

import "github.com/rtmpull/rtmpull/pkg/rtmp/message"

// A verification is our answer to servers that let one Flash player in and no other.
type verification struct {
	known  bool   // VerifyAs was called
	answer []byte // see VerifyAs
}

// VerifyAs is called before Start if a player's SWF file is known. answer is the 42
// bytes that the handshake has made of it (handshake.Client.Verification); nil: the
// server shook hands without digests, and no answer can be made.
func (s *Session) VerifyAs(answer []byte) { s.player = verification{true, answer} }

// verify answers a SWF Verification Request, User Control event 26. One that cannot
// be answered is told and otherwise ignored: a server that insists hangs up by itself,
// and many ask without insisting.
func (v *verification) verify(dst []Reaction, request []byte) []Reaction {
	// The type follows the event, or is left out. Only 0 and 1 are known.
	const newest = 1
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
