package handshake

import (
	"crypto/hmac"
	"errors"
	"io"
)

// A Client is the client's half of one handshake, in three steps: Hello, Reply
// and Finish. The steps are separate so that C2 can leave in one write with
// the first message, and S2 need not be waited for in between. An error is
// final: every later step returns it again.
//
// A Client belongs to one goroutine.
type Client struct {
	cfg      Config
	next     step
	err      error
	keys     *keyPair // nil: not RTMPE
	c1Digest []byte   // nil in a plain handshake
	version  byte     // S0
	digest   bool     // S1 holds a digest too, so C2 and S2 are signed
	swf      []byte
	ciphers  Ciphers
}

type step uint8

const (
	hello step = iota
	reply
	finish
	done
)

var errOrder = errors.New("handshake: steps called out of order")

// NewClient returns a client at the start of its handshake.
func NewClient(cfg Config) *Client {
	return &Client{cfg: cfg}
}

// Digest reports whether the digest handshake was offered and taken up. It is
// settled when Reply returns.
func (c *Client) Digest() bool { return c.digest }

// Verification is the body of our answer to a server that asks for SWF verification,
// 42 bytes, good for this connection. It is settled when Reply returns, and nil if
// Config has no SWF, or the server did not take up the digest handshake.
func (c *Client) Verification() []byte { return c.swf }

// Ciphers are for what follows: what is sent behind C2, and what is received
// behind S2. They are settled when Reply returns, and both nil unless Config asks
// for encryption.
func (c *Client) Ciphers() Ciphers { return c.ciphers }

// Do takes the three steps in a row.
func (c *Client) Do(rw io.ReadWriter) error {
	if err := c.Hello(rw); err != nil {
		return err
	}
	if err := c.Reply(rw, rw); err != nil {
		return err
	}
	return c.Finish(rw)
}

// Hello writes C0 and C1, in one Write.
func (c *Client) Hello(w io.Writer) error {
	return c.take(hello, func() error { return c.hello(w) })
}

// Reply reads S0 and S1, and writes C2 in one Write.
func (c *Client) Reply(r io.Reader, w io.Writer) error {
	return c.take(reply, func() error { return c.reply(r, w) })
}

// Finish reads S2. What it holds matters in a digest handshake only, and so in
// RTMPE's, where a wrong signature is an [Error] of kind BadSignature.
func (c *Client) Finish(r io.Reader) error {
	return c.take(finish, func() error { return c.finish(r) })
}

// take does one step if it is its turn.
func (c *Client) take(s step, f func() error) error {
	switch {
	case c.err != nil:
	case c.next != s:
		c.err = errOrder
	default:
		c.err = f()
		c.next++
	}
	return c.err
}

func (c *Client) hello(w io.Writer) error {
	var b [1 + Size]byte
	b[0] = versionPlain
	c1 := (*[Size]byte)(b[1:])
	if err := c.cfg.fill(c1); err != nil {
		return err
	}
	switch {
	case c.cfg.Encrypted:
		b[0] = versionRTMPE
		const s = scheme(1) // that Flash Player prefers for RTMPE
		if err := c.putKey(s.publicKey(c1)); err != nil {
			return err
		}
		c.c1Digest = s.put(c1, encryptedVersion, clientKey)
	case c.cfg.Digest, c.cfg.SWF != nil:
		c.c1Digest = scheme(0).put(c1, clientVersion, clientKey)
	}
	_, err := w.Write(b[:])
	return err
}

// putKey makes our key pair, and writes the public half.
func (c *Client) putKey(dst []byte) (err error) {
	if c.keys, err = c.cfg.newKeyPair(); err == nil {
		copy(dst, c.keys.public[:])
	}
	return err
}

func (c *Client) reply(r io.Reader, w io.Writer) (err error) {
	if c.version, err = readVersion(r, false, c.cfg.Encrypted); err != nil {
		return err
	}
	var b [Size]byte // S1, then C2
	if err := readBlock(r, &b); err != nil {
		return err
	}
	if err := c.answer(&b); err != nil {
		return err
	}
	// A plain C2 is S1 to the byte, as librtmp's is, without the time of
	// reading that RTMP 1.0, 5.2.4 puts into C2[4:8].
	_, err = w.Write(b[:])
	return err
}

// answer takes from S1 what there is to know, and makes it C2.
func (c *Client) answer(b *[Size]byte) error {
	var (
		s1Digest []byte
		s        scheme
	)
	switch {
	case c.cfg.Encrypted:
		if s1Digest, s, c.digest = search(b, serverKey); !c.digest {
			return &Error{Kind: NotRTMPE, Version: c.version}
		}
		var ok bool
		if c.ciphers, ok = c.keys.ciphers(s.publicKey(b)); !ok {
			return &Error{Kind: BadKey, Version: c.version}
		}
	case c.c1Digest != nil:
		// A version without a digest is no error, though librtmp makes it one:
		// some servers that know no digests send random bytes for the version,
		// or C1 for S1.
		if s1Digest, _, c.digest = find(b, serverKey); !c.digest {
			return nil
		}
	default:
		return nil
	}
	if c.cfg.SWF != nil {
		c.swf = c.cfg.SWF.verification(b[signed:])
	}
	return c.cfg.answer(b, c.version, clientSignKey, s1Digest)
}

func (c *Client) finish(r io.Reader) error {
	var b [Size]byte
	if err := readBlock(r, &b); err != nil {
		return err
	}
	if c.digest && !hmac.Equal(b[signed:], signature(&b, c.version, serverSignKey, c.c1Digest)) {
		return &Error{Kind: BadSignature, Version: c.version}
	}
	return nil
}
