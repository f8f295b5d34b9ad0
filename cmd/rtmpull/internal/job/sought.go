package job

import (
	"context"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// sought is for a file that is gone on with, of a stream that was not said to be
// recorded: one that is by its server's word, has a length, and begins with the file's
// own first picture or sounds is that stream from its beginning, and is asked for what is missing
// instead. Neither alone says so: media servers call live streams recorded, and pass on
// a length that an encoder tells of its input.
func (p *Pull) sought(ctx context.Context, c course, l *link) (*link, error) {
	if p.Files == nil || p.Files.Resumed == nil || p.sure || c.source > 0 || p.Target.Session.Kind != session.Any {
		return l, nil
	}
	p.sure = true
	if !p.beginsAnew(l) {
		return l, nil
	}
	_ = l.player.Close()
	l.cut(nil)
	if err := p.out.CatchUp(p.Files.Resumed); err != nil {
		return nil, err
	}
	t := *l.target
	t.Session.Kind, t.Session.Start = session.Recorded, uint32(p.Files.Resumed.Start.Milliseconds())
	t.Session.Reconnect = false
	p.Target, p.origins[c.source] = &t, origin{target: &t}
	p.recorded, p.linked = true, false
	p.takenUp()
	return p.connectTo(ctx, c)
}

// beginsAnew looks at what comes first on a link, and leaves it there. It tells whether
// that is a recorded stream which begins as the file does that is gone on with.
func (p *Pull) beginsAnew(l *link) bool {
	var frames []flvout.Tag
	for range beginningMessages {
		m, err := l.ahead()
		if err != nil {
			return false
		}
		if !m.Type.IsMedia() {
			p.extent.learn(m)
			continue
		}
		if !l.recorded || p.extent.total == 0 {
			return false
		}
		if !m.HasFrames() {
			continue
		}
		frames = append(frames, tagOf(m))
		if is, known := p.Files.Resumed.Begins(frames); known {
			return is
		}
	}
	return false
}
