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
type opener func(nc net.Conn, cfg session.Config, this try) error

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
	l := ladder{deadline: deadline}
	l.opening, l.alone = c.Manners.suggest(t.Address())
	for {
		err := c.climb(ctx, t, cfg, &l, open)
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
