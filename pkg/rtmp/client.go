// Package rtmp plays streams from RTMP servers.
//
// It owns what the packages below it do without: sockets, TLS, deadlines and
// contexts. The conversation itself is package session's, the framing package
// chunk's.
//
//	var client rtmp.Client
//	target, err := rtmp.ParseTarget("rtmp://localhost/live/show")
//	...
//	player, err := client.Play(ctx, target)
//	...
//	defer player.Close()
//	for {
//		m, err := player.Next() // io.EOF at the end
//		...
//	}
package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// The defaults of a Client's times.
const (
	DefaultSetupTimeout     = 30 * time.Second
	DefaultHandshakeTimeout = 10 * time.Second
	DefaultEOFGrace         = 5 * time.Second

	// answerTimeout is how long connect may go unanswered before the server is
	// tried with the cautious opening.
	answerTimeout = 10 * time.Second

	// nudgeAfter is how long a createStream that was sent early may go
	// unanswered before it is sent again.
	nudgeAfter = time.Second

	writeTimeout   = 10 * time.Second
	partingTimeout = 500 * time.Millisecond
)

// A Client opens streams. The zero Client is ready to use, and a Client may be
// used by many goroutines at once, as long as its fields are left alone.
type Client struct {
	// DialContext opens connections; nil: net.Dialer's, which tries IPv6 and
	// IPv4 side by side.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	// TLSConfig is for rtmps; nil: the system's roots. Versions before TLS 1.2
	// are never spoken.
	TLSConfig *tls.Config

	SetupTimeout time.Duration // from the dial to the first status; 0: DefaultSetupTimeout

	// HandshakeTimeout bounds TLS's handshake, and RTMP's, each as a whole: a
	// server that drips a byte now and then would never trip a deadline for each
	// read. 0: DefaultHandshakeTimeout.
	HandshakeTimeout time.Duration

	StartTimeout time.Duration // from the first status to the first media, else ErrNoMedia; 0: none
	IdleTimeout  time.Duration // without media that ends a stream with ErrIdle; 0: none

	// EOFGrace is how long media may stay away after the server has said that
	// the stream is at its end (Stream EOF) before that is believed: some say so
	// when a publisher is replaced. 0: DefaultEOFGrace.
	EOFGrace time.Duration

	Trace *Trace
}

// Play asks for a stream and returns when the server has begun to play it. ctx
// is the stream's life: cancelling it ends the connection, and Next reports
// context.Cause(ctx).
//
// A server that hangs up on the usual opening, or leaves it unanswered, is tried
// once more on a new connection with the cautious one: the digest handshake, and
// connect as RTMP 1.0 has it.
//
// The error is an *Error, and wraps a *session.StatusError if the server refused.
func (c *Client) Play(ctx context.Context, t *Target) (*Player, error) {
	timeout := c.SetupTimeout
	if timeout == 0 {
		timeout = DefaultSetupTimeout
	}
	deadline := time.Now().Add(timeout)
	p, err := c.play(ctx, t, deadline, false)
	if err != nil && wantsCaution(err) && ctx.Err() == nil {
		if c.Trace != nil && c.Trace.Retry != nil {
			c.Trace.Retry(err)
		}
		// The attempt that got further has the truer error.
		cautious, again := c.play(ctx, t, deadline, true)
		if again == nil || phaseOf(again) >= phaseOf(err) {
			return cautious, again
		}
	}
	return p, err
}

// wantsCaution tells whether an error may come from a server that cannot stand
// the usual opening. A refusal in words does not.
func wantsCaution(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Phase < PhaseHandshake || e.Phase > PhaseCreateStream {
		return false
	}
	if _, ok := errors.AsType[*TimeoutError](err); ok {
		return e.Phase == PhaseConnect
	}
	return hungUp(err)
}

// phaseOf is how far an attempt got. One that the context has ended counts as
// the furthest.
func phaseOf(err error) Phase {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Phase
	}
	return PhaseStream
}

// play makes one attempt.
func (c *Client) play(ctx context.Context, t *Target, deadline time.Time, cautious bool) (*Player, error) {
	cfg := t.Session
	cfg.TcURL = t.TcURL()
	cfg.Cautious = cfg.Cautious || cautious
	if cfg.FlashVer == "" {
		cfg.FlashVer = DefaultFlashVer
	}
	setup, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	nc, err := c.dial(setup, t)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, err
	}
	p := newPlayer(ctx, c, t.Address(), nc, session.New(cfg))
	if err := p.setUp(deadline, cautious); err != nil {
		_ = p.close(false)
		return nil, err
	}
	return p, nil
}

// DefaultFlashVer is what we say to be: some servers let no one in who is no
// Flash Player.
const DefaultFlashVer = "LNX 9,0,124,2"

// dial opens the connection, with TLS where the scheme asks for it.
func (c *Client) dial(ctx context.Context, t *Target) (net.Conn, error) {
	addr := t.Address()
	start := time.Now()
	dial := c.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	nc, err := dial(ctx, "tcp", addr)
	if err != nil {
		return nil, &Error{PhaseDial, addr, noEOF(err)}
	}
	c.phaseDone(PhaseDial, &start)
	if t.Scheme != "rtmps" {
		return nc, nil
	}
	cfg := &tls.Config{}
	if c.TLSConfig != nil {
		cfg = c.TLSConfig.Clone()
	}
	cfg.MinVersion = max(cfg.MinVersion, tls.VersionTLS12)
	if cfg.ServerName == "" {
		cfg.ServerName, _, _ = strings.Cut(t.Host, "%") // no certificate has a zone
	}
	tc := tls.Client(nc, cfg)
	ctx, cancel := context.WithTimeout(ctx, c.handshakeTimeout())
	defer cancel()
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
			err = fmt.Errorf("the server does not speak TLS there (%w)", err)
		}
		return nil, &Error{PhaseTLS, addr, noEOF(err)}
	}
	c.phaseDone(PhaseTLS, &start)
	return tc, nil
}

func (c *Client) handshakeTimeout() time.Duration {
	if c.HandshakeTimeout > 0 {
		return c.HandshakeTimeout
	}
	return DefaultHandshakeTimeout
}

// phaseDone reports a phase that began at *start, and begins the next one.
func (c *Client) phaseDone(p Phase, start *time.Time) {
	now := time.Now()
	if c.Trace != nil && c.Trace.PhaseDone != nil {
		c.Trace.PhaseDone(p, now.Sub(*start))
	}
	*start = now
}
