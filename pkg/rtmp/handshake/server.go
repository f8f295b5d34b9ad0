package handshake

import "io"

// Server does the server's half: a digest handshake with a client whose C1
// holds a version and a digest, in either scheme, and a plain one with any
// other. C2 may hold anything.
//
// S0, S1 and S2 go out in one Write, before C2 is read, so that the client
// waits for one round trip and not for two; nginx-rtmp does not wait either.
func Server(rw io.ReadWriter, cfg Config) error {
	if err := readVersion(rw, true); err != nil {
		return err
	}
	var peer [Size]byte // C1, then C2
	if err := readBlock(rw, &peer); err != nil {
		return err
	}

	var b [1 + 2*Size]byte
	b[0] = version
	s1, s2 := (*[Size]byte)(b[1:]), (*[Size]byte)(b[1+Size:])
	if err := cfg.fill(s1); err != nil {
		return err
	}
	if digest, sch, ok := find(&peer, clientKey); ok {
		sch.put(s1, serverVersion, serverKey)
		if err := cfg.answer(s2, serverSignKey, digest); err != nil {
			return err
		}
	} else {
		*s2 = peer
	}
	if _, err := rw.Write(b[:]); err != nil {
		return err
	}
	return readBlock(rw, &peer)
}
