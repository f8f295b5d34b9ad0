// Package handshake does what comes before the first chunk of an RTMP
// connection: the exchange of versions and of 1536-byte blocks in RTMP 1.0,
// 5.2, and Flash Player's variants of it: that in which the blocks carry
// HMAC-SHA256 digests, and RTMPE, in which they carry public keys as well, and
// what follows is encrypted.
//
// Where neither is asked for, the peer is held to the version and to the lengths
// and to nothing else, as servers disagree about the rest: some put a wrong time in
// S2, others send C1 back as both S1 and S2. Where RTMPE is asked for it is that or
// an error, and never less.
//
// No byte beyond the handshake is read. Servers send their first chunks in the
// segment that holds S2, so a caller who buffers passes the one buffered
// reader from which the chunks are read afterwards. A peer that closes early
// gives [io.ErrUnexpectedEOF], or [io.EOF] if it sent nothing at all.
//
// Nothing here knows about time: a peer that sends nothing, or one byte now
// and then, holds up the caller for ever. Package rtmp bounds the handshake as a
// whole, by one deadline on the connection.
//
//	c := handshake.NewClient(handshake.Config{})
//	err := c.Do(conn)
package handshake

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Size is the length of each of C1, C2, S1 and S2.
const Size = 1536

// versionPlain is the only one that is plain RTMP (RTMP 1.0, 5.2.2).
const versionPlain = 3

// A Config says how one side introduces itself. The zero Config is a plain
// handshake.
type Config struct {
	// Digest makes a client offer the digest handshake. It falls back to the
	// plain one when the server does not take up the offer. A server ignores
	// it, and answers each client in kind.
	Digest bool

	// Encrypted makes a client speak RTMPE, and nothing else. A server ignores
	// that too.
	Encrypted bool

	// SWF is the player for [Client.Verification]; nil: none. With one, a client offers
	// the digest handshake, without which there is no verification.
	SWF *SWF

	// Answer is the version that a server answers clients of RTMPE with: 6, 8 or 9;
	// 0: the client's own, which is 6.
	Answer byte

	Rand io.Reader // source of all random bytes; nil: crypto/rand
	Time uint32    // ms, for C1 or S1; servers look at it for nothing
}

// fill makes b the opening block of this side, with the version field zero.
func (cfg *Config) fill(b *[Size]byte) error {
	binary.BigEndian.PutUint32(b[:4], cfg.Time)
	clear(b[4:8])
	return cfg.random(b[8:])
}

func (cfg *Config) random(p []byte) error {
	r := cfg.Rand
	if r == nil {
		r = rand.Reader
	}
	if _, err := io.ReadFull(r, p); err != nil {
		// Not wrapped: an io.EOF of Rand is not one of the peer's.
		return fmt.Errorf("handshake: Config.Rand: %v", err) //nolint:errorlint // on purpose
	}
	return nil
}

// A Kind is the reason of an [Error].
type Kind uint8

// The kinds of error. HTTP and TLS mean the wrong port or, for TLS, that the
// server wants rtmps. RTMPE means that it wants rtmpe, NotRTMPE that it does not
// know that.
const (
	HTTP         Kind = iota + 1 // the peer speaks HTTP
	TLS                          // the peer speaks TLS: a record of type 0x15 or 0x16
	RTMPE                        // the peer speaks RTMPE, unasked: version 6, 8 or 9
	BadVersion                   // any other version but 3, or those of RTMPE
	BadSignature                 // S2 of a digest handshake is not signed for our C1, or RTMPE's C2 for our S1
	NotRTMPE                     // the peer does not speak RTMPE, as was asked: version 3, or no digest
	BadKey                       // RTMPE's public key is one that keeps nothing secret
)

// An Error is a peer that sent the wrong thing.
type Error struct {
	Kind    Kind
	Version byte // C0 or S0, the first byte that the peer sent

	server    bool // it is the server that complains
	encrypted bool // RTMPE was asked for
}

func (e *Error) Error() string {
	did := "answered"
	if e.server {
		did = "opened"
	}
	switch e.Kind {
	case HTTP:
		return "handshake: the peer " + did + " with HTTP, not RTMP"
	case TLS:
		return "handshake: the peer " + did + " with TLS, not RTMP"
	case RTMPE:
		return fmt.Sprintf("handshake: the peer %s with RTMPE (version %d), not RTMP", did, e.Version)
	case BadVersion:
		return fmt.Sprintf("handshake: the peer %s with version %d, not %d", did, e.Version, e.want())
	case BadSignature:
		return "handshake: the signature in " + e.block("2") + " is wrong"
	case NotRTMPE:
		if e.Version == versionPlain {
			return "handshake: the peer does not speak RTMPE: it " + did + " with version 3, plain RTMP"
		}
		return fmt.Sprintf("handshake: the peer does not speak RTMPE: it %s with version %d, but without a digest", did, e.Version)
	case BadKey:
		return "handshake: RTMPE's public key in " + e.block("1") + " is one that keeps nothing secret"
	}
	return "handshake: the peer failed"
}

// want is the version that would have been right.
func (e *Error) want() int {
	if e.encrypted {
		return versionRTMPE
	}
	return versionPlain
}

// block names a block of the peer's.
func (e *Error) block(number string) string {
	if e.server {
		return "C" + number
	}
	return "S" + number
}

// readVersion reads S0, or a server's C0. It is judged before anything else is
// read, since a peer that speaks another protocol may never send a whole block. A
// client takes RTMPE or plain RTMP, as it has asked; a server takes both.
func readVersion(r io.Reader, server, encrypted bool) (byte, error) {
	var b [1]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, err
	}
	version := b[0]
	plain := version == versionPlain
	if plain && (server || !encrypted) || isRTMPE(version) && (server || encrypted) {
		return version, nil
	}
	e := &Error{Kind: BadVersion, Version: version, server: server, encrypted: encrypted}
	switch version {
	case versionPlain:
		e.Kind = NotRTMPE
	case versionRTMPE, versionXTEA, versionBlowfish:
		e.Kind = RTMPE
	case 0x15, 0x16: // alert, handshake
		e.Kind = TLS
	case 'H': // HTTP/1.1 400 of a server, HEAD of a client
		e.Kind = HTTP
	case 'G', 'P', 'O', 'C', 'D': // GET, POST, PUT, OPTIONS, CONNECT, DELETE
		if server {
			e.Kind = HTTP
		}
	}
	return version, e
}

// readBlock reads C1, C2, S1 or S2. Something came before it, so that even an
// end in front of its first byte is unexpected.
func readBlock(r io.Reader, b *[Size]byte) error {
	_, err := io.ReadFull(r, b[:])
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
