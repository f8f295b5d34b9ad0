package job

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// connections records over one connection after the other. The reason is empty if
// an error ended it.
func (p *Pull) connections(ctx context.Context) (Reason, error) {
	random := p.random
	if random == nil {
		random = rand.Float64
	}
	for n := 0; ; n++ {
		reason, t := p.connection(ctx, n > 0)
		switch {
		case t.err == nil:
			return reason, nil
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case errors.Is(t.err, flvout.ErrChanged):
			return Changed, nil
		case isOutputError(t.err):
			return "", t.err
		}
		wait, again := p.retry.next(t, time.Now(), random())
		if !again {
			return "", t.err
		}
		p.report(Event{Kind: Reconnect, Err: t.err, Wait: wait, Attempt: p.retry.attempt})
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return "", context.Cause(ctx)
		}
	}
}

// connection records over one connection, until the stream ends or is lost.
func (p *Pull) connection(ctx context.Context, again bool) (Reason, trouble) {
	player, err := p.client().Play(ctx, p.Target)
	if err != nil {
		return "", trouble{err: err}
	}
	if again {
		p.result.Reconnects++
		p.progress.reconnects.Add(1)
		if p.Files != nil {
			p.Files.cause = "reconnect"
		}
		if err := p.out.Rejoin(); err != nil {
			_ = player.Close()
			return "", trouble{err: err}
		}
	}
	begun := time.Now()
	reason, err := p.record(player)
	_ = player.Close()
	s := player.Stats()
	p.result.Received.Bytes += s.Bytes
	p.result.Received.Dropped += s.Dropped
	t := trouble{err: err}
	if !s.LastMedia.IsZero() {
		t.live = max(1, s.LastMedia.Sub(begun))
	}
	return reason, t
}

// client is Client, which is asked to tell if a stream is recorded: that comes
// faster than by the clock.
func (p *Pull) client() *rtmp.Client {
	c, trace := *p.Client, rtmp.Trace{}
	if c.Trace != nil {
		trace = *c.Trace
	}
	hear := trace.Event
	trace.Event = func(e *session.Event) {
		if e.Kind == session.StreamIsRecorded {
			p.recorded = true
		}
		if hear != nil {
			hear(e)
		}
	}
	c.Trace = &trace
	return &c
}
