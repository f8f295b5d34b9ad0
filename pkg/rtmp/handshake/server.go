package handshake

import (
	"crypto/hmac"
	"io"
)

// An Accepted is what a server knows of a client after the handshake.
type Accepted struct {
	Digest bool // C1 has a digest, and so has S1
	Ciphers

	tail [Size - signed]byte // the end of S1
}

// Verification is what a client has to answer to a SWF Verification Request if it is
// that player: the 42 bytes after the event type of the response. It is of use only if
// Digest is set.
func (a *Accepted) Verification(swf SWF) []byte { return swf.verification(a.tail[:]) }

// Server does the server's half: RTMPE with a client that asks for it, a digest
// handshake with one whose C1 holds a version and a digest, and a plain one with
// any other; all of them in either scheme. C2 may hold anything, but in RTMPE it
// has to be signed.
//
// S0, S1 and S2 go out in one Write, before C2 is read, so that the client
// waits for one round trip and not for two; nginx-rtmp does not wait either.
func Server(rw io.ReadWriter, cfg Config) (*Accepted, error) {
	version, err := readVersion(rw, true, false)
	if err != nil {
		return nil, err
	}
	var peer [Size]byte // C1, then C2
	if err := readBlock(rw, &peer); err != nil {
		return nil, err
	}
	if isRTMPE(version) && cfg.Answer != 0 {
		version = cfg.Answer
	}

	var b [1 + 2*Size]byte
	b[0] = version
	s1, s2 := (*[Size]byte)(b[1:]), (*[Size]byte)(b[1+Size:])
	if err := cfg.fill(s1); err != nil {
		return nil, err
	}
	a := new(Accepted)
	s1Digest, err := a.answer(&cfg, version, &peer, s1, s2)
	if err != nil {
		return nil, err
	}
	copy(a.tail[:], s1[signed:])
	if _, err := rw.Write(b[:]); err != nil {
		return nil, err
	}
	if err := readBlock(rw, &peer); err != nil {
		return nil, err
	}
	if isRTMPE(version) && !hmac.Equal(peer[signed:], signature(&peer, version, clientSignKey, s1Digest)) {
		return nil, &Error{Kind: BadSignature, Version: version, server: true}
	}
	return a, nil
}

// answer completes S1, and makes S2, for a client's C1. It returns the digest in S1.
func (a *Accepted) answer(cfg *Config, version byte, c1, s1, s2 *[Size]byte) (s1Digest []byte, err error) {
	find := find
	if isRTMPE(version) {
		find = search
	}
	var (
		digest []byte
		s      scheme
	)
	digest, s, a.Digest = find(c1, clientKey)
	switch {
	case isRTMPE(version):
		if !a.Digest {
			return nil, &Error{Kind: NotRTMPE, Version: version, server: true}
		}
		keys, err := cfg.newKeyPair()
		if err != nil {
			return nil, err
		}
		var ok bool
		if a.Ciphers, ok = keys.ciphers(s.publicKey(c1)); !ok {
			return nil, &Error{Kind: BadKey, Version: version, server: true}
		}
		copy(s.publicKey(s1), keys.public[:])
	case !a.Digest:
		*s2 = *c1
		return nil, nil
	}
	s1Digest = s.put(s1, serverVersion, serverKey)
	return s1Digest, cfg.answer(s2, version, serverSignKey, digest)
}
