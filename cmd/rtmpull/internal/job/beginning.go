package job

import (
	"context"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// What is looked at of the beginning of a stream, at most.
const (
	beginningWithin   = 5 * time.Second
	beginningMessages = 100
)

// ahead returns the next message before it is recorded: it is the link's next one
// still.
func (l *link) ahead() (*message.Message, error) {
	m, err := l.player.Next()
	if err != nil {
		l.failed = err
		return nil, err
	}
	m = m.Clone()
	l.queue = append(l.queue, m)
	return m, nil
}

// fromBeginning plays a link's stream from its beginning, by a connection of its own.
// done ends that.
func (p *Pull) fromBeginning(ctx context.Context, l *link) (player *rtmp.Player, done func(), err error) {
	t := *l.target
	t.Session.Kind, t.Session.Start, t.Session.Length = session.Recorded, 0, 0
	ctx, cancel := context.WithTimeout(ctx, beginningWithin)
	client := *p.Client
	client.Trace = nil // it is no news
	if player, err = client.Play(ctx, &t); err != nil {
		cancel()
		return nil, nil, err
	}
	return player, func() { _ = player.Close(); cancel() }, nil
}
