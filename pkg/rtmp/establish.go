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
type opener func(t *Target, nc net.Conn, cfg session.Config, this try) error

// maxHops is how often a server may lead us to another one.
const maxHops = 5

// follow opens a stream, at another place if the server wants that.
func (c *Client) follow(ctx context.Context, t *Target, open opener) error {
	timeout := c.SetupTimeout
	if timeout == 0 {
		timeout = DefaultSetupTimeout
	}
	deadline := time.Now().Add(timeout)
	for hops := 0; ; hops++ {
		from, err := c.establish(ctx, t, deadline, open)
		refusal, ok := errors.AsType[*session.StatusError](err)
		if !ok || refusal.Redirect == "" || ctx.Err() != nil {
			return err
		}
		to, failed := t.Redirect(refusal.Redirect, from)
		if hops == maxHops {
			failed = &RedirectError{To: refusal.Redirect, Reason: errTooManyHops}
		}
		if bad, ok := errors.AsType[*RedirectError](failed); ok {
			bad.Refusal = refusal
			return &Error{phaseOf(err), t.Address(), bad}
		}
		if c.Trace != nil && c.Trace.Redirect != nil {
			c.Trace.Redirect(to)
		}
		t = to
	}
}

// establish makes as many connections as it takes until one is opened. Each
// starts from scratch. from is the address of the last one.
func (c *Client) establish(ctx context.Context, t *Target, deadline time.Time, open opener) (from net.Addr, err error) {
	cfg, app, tcURL := t.Session, t.Session.App, t.TcURL()
	cfg.TcURL = tcURL
	cfg.Realtime = cfg.Realtime || t.Tunnelled() // a pause is answered there when the server is polled, which is slow
	auth := authentication{user: t.User, password: t.Password}
	l := ladder{deadline: deadline}
	l.opening, l.alone = c.Manners.suggest(t.Address())
	for {
		err := c.climb(ctx, t, cfg, &l, open)
		refusal, ok := errors.AsType[*session.StatusError](err)
		if !ok || refusal.Redirect != "" || phaseOf(err) != PhaseConnect || ctx.Err() != nil {
			return l.from, err
		}
		query, again, failed := auth.answer(refusal, app)
		switch {
		case failed != nil:
			return l.from, &Error{PhaseConnect, t.Address(), failed}
		case !again:
			return l.from, err
		}
		cfg.App, cfg.TcURL = withQuery(app, query), withQuery(tcURL, query)
		if c.Trace != nil && c.Trace.Authenticate != nil {
			c.Trace.Authenticate()
		}
	}
}
