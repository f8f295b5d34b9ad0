// Package rtmp plays streams from RTMP servers, and publishes streams to them.
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
//
// and the other way round
//
//	publisher, err := client.Publish(ctx, target)
//	...
//	err = publisher.Write(m)
//	...
//	err = publisher.Close() // nil: the server has heard everything
//
// What a stream is asked for as (live, recorded, from where, for how long) is in the
// [session.Config] of a [Target]; its Scheme says what RTMP goes through: TLS, HTTP
// requests, or RTMPE. Proxies and the like belong into Client.DialContext.
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
	DefaultDialTimeout      = 10 * time.Second // of a Client without DialContext
	DefaultSetupTimeout     = 30 * time.Second
	DefaultHandshakeTimeout = 10 * time.Second
	DefaultWriteTimeout     = 10 * time.Second
	DefaultEOFGrace         = 5 * time.Second

	// answerTimeout is how long connect may go unanswered before the server is
	// tried with another opening.
	answerTimeout = 10 * time.Second

	// nudgeAfter is how long a createStream that was sent early may go
	// unanswered before it is sent again.
	nudgeAfter = time.Second

	// partingTimeout is how long the words of parting may take, before a connection
	// is closed.
	partingTimeout = 500 * time.Millisecond
)

// A Client opens streams. The zero Client is ready to use, and a Client may be
// used by many goroutines at once, as long as its fields are left alone.
//
// Every wait has a limit, beyond which it ends in a *TimeoutError that names it. The
// zero Client lacks two of the limits, StartTimeout and IdleTimeout: once the server
// has begun to play, it waits for media for ever.
type Client struct {
	// DialContext opens connections; nil: that of a net.Dialer with
	// DefaultDialTimeout, which tries IPv6 and IPv4 side by side. CheckAddress tells it where
	// not to connect to.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	// TLSConfig is for rtmps and rtmpts; nil: the system's roots. Versions before TLS 1.2
	// are never spoken.
	TLSConfig *tls.Config

	// SetupTimeout is from the first dial to the first status, over however many
	// connections that takes. 0: DefaultSetupTimeout.
	SetupTimeout time.Duration

	// HandshakeTimeout bounds TLS's handshake, the opening of an HTTP tunnel, and
	// RTMP's handshake, each as a whole: a server that drips a byte now and then
	// would never trip a deadline for each read. 0: DefaultHandshakeTimeout.
	HandshakeTimeout time.Duration

	// WriteTimeout is how long a server that does not read may hold up a write, and
	// how long Publisher.Close waits for the server to have heard everything.
	// 0: DefaultWriteTimeout.
	WriteTimeout time.Duration

	StartTimeout time.Duration // from the first status to the first media, else ErrNoMedia; 0: no limit
	IdleTimeout  time.Duration // how long no media may come, else ErrIdle; 0: no limit

	// EOFGrace is how long media may stay away after the server has announced the
	// end of the stream before that is believed: Stream EOF, UnpublishNotify,
	// onFCUnsubscribe, and of a live stream Play.Stop. Servers say so when a
	// publisher leaves, and keep the connection for the next one. 0:
	// DefaultEOFGrace; negative: it is believed at once.
	EOFGrace time.Duration

	// Manners remember which opening a server takes; nil: that is found out for
	// each stream.
	Manners *Manners

	Trace *Trace // hooks that watch connections; nil: none
}

// Play asks for a stream and returns when the server has begun to play it. ctx
// is the stream's life: cancelling it ends the connection, and Next reports
// context.Cause(ctx).
//
// A server that hangs up on the usual opening, or leaves it unanswered, is tried
// again on new connections with simpler ones: connect without fourCcList, and then
// as RTMP 1.0 has it, behind the digest handshake. One that demands the target's
// User and Password is given them on new connections, in the ways of Adobe and
// Limelight. One that refuses and names another place is left for that, as far as
// Target.Redirect allows it. SetupTimeout is for all of that together.
//
// The error is an *Error, and wraps a *session.StatusError if the server refused,
// an *AuthError if that was about the user, and a *RedirectError if it led where we
// do not go.
func (c *Client) Play(ctx context.Context, t *Target) (*Player, error) {
	to := *t
	to.Session.Role = session.Play
	if to.Session.FlashVer == "" {
		to.Session.FlashVer = DefaultFlashVer
	}
	var p *Player
	err := c.follow(ctx, &to, func(t *Target, nc net.Conn, cfg session.Config, this try) error {
		p = newPlayer(ctx, c, t, nc, session.New(cfg))
		err := p.setUp(this)
		if err != nil {
			_ = p.close(false)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Publish offers a stream and returns when the server takes it. ctx is the
// stream's life, as with Play, and so are the ways in which a connection is made
// and the error. The target's Session.ChunkSize, if it is 0, becomes
// DefaultChunkSize.
func (c *Client) Publish(ctx context.Context, t *Target) (*Publisher, error) {
	to := *t
	to.Session.Role = session.Publish
	if to.Session.FlashVer == "" {
		to.Session.FlashVer = DefaultPublisherFlashVer
	}
	if to.Session.ChunkSize == 0 {
		to.Session.ChunkSize = DefaultChunkSize
	}
	var p *Publisher
	err := c.follow(ctx, &to, func(t *Target, nc net.Conn, cfg session.Config, this try) error {
		p = newPublisher(ctx, c, t, nc, session.New(cfg))
		return p.begin(this)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// DefaultFlashVer is the flashVer of connect for those who play: some servers admit
// none but Flash Player.
const DefaultFlashVer = "LNX 9,0,124,2"

// DefaultPublisherFlashVer is the flashVer of connect for those who publish: Flash
// Media Live Encoder's, for the same reason.
const DefaultPublisherFlashVer = "FMLE/3.0 (compatible; rtmpull)"

// DefaultChunkSize is a publisher's: it fits into what every server takes, and
// no larger one saves anything that could be measured.
const DefaultChunkSize = 4096

// dial opens the connection, with TLS and through HTTP where the scheme asks for it.
func (c *Client) dial(ctx context.Context, t *Target) (net.Conn, error) {
	nc, err := c.connect(ctx, t, t.Address(), c.phaseDone)
	if err != nil || !t.Tunnelled() {
		return nc, err
	}
	return c.openTunnel(ctx, t, nc)
}

// connect opens a connection to the server at addr, with TLS where the scheme asks for
// it. done is told of the phases that succeed.
func (c *Client) connect(ctx context.Context, t *Target, addr string, done func(Phase, *time.Time)) (net.Conn, error) {
	start := time.Now()
	dial := c.DialContext
	if dial == nil {
		dial = (&net.Dialer{Timeout: DefaultDialTimeout, ControlContext: CheckControl}).DialContext
	}
	nc, err := dial(PublicOnly(ctx, t.Public), "tcp", addr)
	switch {
	case errors.Is(err, errLeadsInside):
		return nil, &Error{PhaseDial, addr, &RedirectError{To: t.TcURL(), Reason: errLeadsInside}}
	case err != nil:
		return nil, &Error{PhaseDial, addr, dialError(err, time.Since(start))}
	}
	if t.Public && isLocal(nc.RemoteAddr()) {
		_ = nc.Close()
		return nil, &Error{PhaseDial, addr, &RedirectError{To: t.TcURL(), Reason: errLeadsInside}}
	}
	done(PhaseDial, &start)
	if !t.TLS() {
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
		} else if isTimeout(err) {
			err = &TimeoutError{"TLS handshake", time.Since(start), context.DeadlineExceeded}
		}
		return nil, &Error{PhaseTLS, addr, noEOF(err)}
	}
	done(PhaseTLS, &start)
	return tc, nil
}

func (c *Client) handshakeTimeout() time.Duration {
	if c.HandshakeTimeout > 0 {
		return c.HandshakeTimeout
	}
	return DefaultHandshakeTimeout
}

func (c *Client) writeTimeout() time.Duration {
	if c.WriteTimeout > 0 {
		return c.WriteTimeout
	}
	return DefaultWriteTimeout
}

// phaseDone reports a phase that began at *start, and begins the next one.
func (c *Client) phaseDone(p Phase, start *time.Time) {
	now := time.Now()
	if c.Trace != nil && c.Trace.PhaseDone != nil {
		c.Trace.PhaseDone(p, now.Sub(*start))
	}
	*start = now
}
