package job

import (
	"cmp"
	"context"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// An origin is a place where the stream is to be had.
type origin struct {
	target *rtmp.Target
	moved  *rtmp.Target // where its server has sent us since; nil: nowhere
	said   string       // why there is no stream, as it was told last
}

// A link is one connection of a recording, and what has been heard on it.
type link struct {
	source   int // its number
	target   *rtmp.Target
	player   *rtmp.Player
	cut      context.CancelCauseFunc // ends it
	begun    time.Time
	recorded bool // the server says that this is no live stream
	all      bool // and that it has sent all of it
	heads    headSet

	before, heard time.Duration // of media in the recording, and that had come, when it began

	// The server asks to connect anew, to moveTo if that is not empty.
	asked  bool
	moveTo string
	next   *successor   // that is going to take its place; nil: none
	moved  *rtmp.Target // where it is instead, as it says when it ends; nil: nowhere

	// What has come already before it is recorded from, and why no more does.
	queue  []*message.Message
	failed error
}

// message returns the next message, as Player.Next does.
func (l *link) message() (*message.Message, error) {
	switch {
	case len(l.queue) > 0:
		m := l.queue[0]
		l.queue[0] = nil // it may be a large part of 8 MiB
		l.queue = l.queue[1:]
		return m, nil
	case l.failed != nil:
		return nil, l.failed
	}
	return l.player.Next()
}

// connect begins to play from the course's source.
func (p *Pull) connect(ctx context.Context, c course) (*link, error) {
	o := &p.origins[c.source]
	if err := p.unknown; err != nil {
		p.unknown = nil
		return nil, err
	}
	if c.do == tryAgain && c.source == 0 && p.Fresh != nil {
		t, err := p.ask(ctx, c.left)
		if err != nil {
			return nil, err
		}
		*o = origin{target: t}
	}
	return p.connectTo(ctx, c)
}

// connectTo begins to play from where the source is known to be.
func (p *Pull) connectTo(ctx context.Context, c course) (*link, error) {
	o := &p.origins[c.source]
	l := &link{source: c.source, target: o.at()}
	file := p.linked && p.isFile()
	if file {
		var err error
		if l.target, err = p.rest(l.target); err != nil {
			return nil, err
		}
	}
	if p.Learn != nil {
		p.Learn(l.target)
	}
	client := p.client(l)
	if c.left > 0 {
		client.StartTimeout = shorter(client.StartTimeout, c.left)
		client.SetupTimeout = shorter(cmp.Or(client.SetupTimeout, rtmp.DefaultSetupTimeout), c.left)
	}
	ctx, l.cut = context.WithCancelCause(ctx)
	var err error
	if l.player, err = client.Play(ctx, l.target); err != nil {
		l.cut(nil)
		o.moved = nil
		return nil, err
	}
	l.begun = time.Now()
	if !p.linked {
		p.linked = true
		return l, nil
	}
	p.again()
	if file {
		return l, nil
	}
	return l, p.rejoin(l)
}

// again notes that there is another connection, of a stream that there was.
func (p *Pull) again() {
	if p.kind == (kinds{}) {
		return
	}
	p.result.Reconnects++
	p.progress.reconnects.Add(1)
	if p.Files != nil {
		p.Files.cause = "reconnect"
	}
}

// rejoin tells that the recording goes on over another connection.
func (p *Pull) rejoin(l *link) (err error) {
	if p.kind == (kinds{}) {
		return nil
	}
	if err = p.out.Rejoin(); err != nil {
		_ = l.player.Close()
		l.cut(nil)
	}
	return err
}

// at is where it is now.
func (o *origin) at() *rtmp.Target {
	if o.moved != nil {
		return o.moved
	}
	return o.target
}

// shorter is the shorter of two times, the first of which is none if it is 0.
func shorter(d, limit time.Duration) time.Duration {
	if d == 0 {
		return limit
	}
	return min(d, limit)
}

// backupGrace is how long the server that has announced the end may have something
// to add, if there is another source: that it was the end of a file.
const backupGrace = 500 * time.Millisecond

// client is Client, with ears for what matters to the recording.
func (p *Pull) client(l *link) *rtmp.Client {
	c, trace := *p.Client, rtmp.Trace{}
	if c.Trace != nil {
		trace = *c.Trace
	}
	if p.Backup != nil && c.EOFGrace >= 0 {
		c.EOFGrace = backupGrace // the other source may have it still
	}
	hear := trace.Event
	trace.Event = func(e *session.Event) {
		switch e.Kind {
		case session.StreamIsRecorded:
			l.recorded = true
		case session.ReconnectRequest:
			l.asked, l.moveTo = true, e.TcURL
		case session.Status, session.PlayStatus:
			l.all = e.Code == "NetStream.Play.Complete" || l.all && !e.Begun
		}
		if hear != nil {
			hear(e)
		}
	}
	c.Trace = &trace
	return &c
}
