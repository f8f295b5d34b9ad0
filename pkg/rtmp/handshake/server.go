package handshake

import "io"

// Server does the server's half. S0, S1 and S2 go out in one Write, before C2
// is read, so that the client waits for one round trip and not for two;
// nginx-rtmp does not wait for C2 either. C2 may hold anything.
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
	*s2 = peer
	if _, err := rw.Write(b[:]); err != nil {
		return err
	}
	return readBlock(rw, &peer)
}
