package rtmp

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// An opener makes of a connection what plays or publishes. It has closed the
// connection when it returns an error.
type opener func(nc net.Conn, cfg session.Config, deadline time.Time, cautious bool) error

// establish makes as many connections as it takes until one is opened. Each
// starts from scratch.
func (c *Client) establish(ctx context.Context, t *Target, cfg session.Config, open opener) error {
	timeout := c.SetupTimeout
	if timeout == 0 {
		timeout = DefaultSetupTimeout
	}
	deadline := time.Now().Add(timeout)
	app, tcURL := cfg.App, t.TcURL()
	cfg.TcURL = tcURL
	auth := authentication{user: t.User, password: t.Password}
	cautious := false
	for {
		err := c.withCaution(ctx, t, cfg, deadline, &cautious, open)
		refusal, ok := errors.AsType[*session.StatusError](err)
		if !ok || phaseOf(err) != PhaseConnect || ctx.Err() != nil {
			return err
		}
		query, again, failed := auth.answer(refusal, app)
		switch {
		case failed != nil:
			return &Error{PhaseConnect, t.Address(), failed}
		case !again:
			return err
		}
		cfg.App, cfg.TcURL = withQuery(app, query), withQuery(tcURL, query)
		if c.Trace != nil && c.Trace.Authenticate != nil {
			c.Trace.Authenticate()
		}
	}
}

// withCaution makes one attempt, and a second, cautious one if the server seems
// not to stand the usual opening. From then on all are.
func (c *Client) withCaution(
	ctx context.Context, t *Target, cfg session.Config, deadline time.Time, cautious *bool, open opener,
) error {
	err := c.attempt(ctx, t, cfg, deadline, *cautious, open)
	if err == nil || *cautious || !wantsCaution(err) || ctx.Err() != nil {
		return err
	}
	if c.Trace != nil && c.Trace.Retry != nil {
		c.Trace.Retry(err)
	}
	*cautious = true
	// The attempt that got further has the truer error.
	again := c.attempt(ctx, t, cfg, deadline, true, open)
	if again == nil || phaseOf(again) >= phaseOf(err) {
		return again
	}
	return err
}

func (c *Client) attempt(
	ctx context.Context, t *Target, cfg session.Config, deadline time.Time, cautious bool, open opener,
) error {
	cfg.Cautious = cfg.Cautious || cautious
	setup, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	nc, err := c.dial(setup, t)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return err
	}
	return open(nc, cfg, deadline, cautious)
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
