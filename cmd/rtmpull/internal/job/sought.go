package job

import (
	"context"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// sought is for a file that is gone on with, of a stream that was not said to be
// recorded: one that is by its server's word, has a length, and begins with the file's
// own first picture or sounds is that stream from its beginning, and is asked for what
// is missing instead. Neither alone says so: media servers call live streams recorded,
// and pass on a length that an encoder tells of its input. One that begins otherwise is
// another stream, and refused, if it comes faster than a live one; else it is taken for
// live, and recorded behind the file.
func (p *Pull) sought(ctx context.Context, c course, l *link) (*link, error) {
	if p.Files == nil || p.Files.Resumed == nil || p.sure || c.source > 0 || p.Target.Session.Kind != session.Any {
		return l, nil
	}
	p.sure = true
	is, known := p.beginsAnew(l)
	if !is && (!known || !l.comesFast()) {
		return l, nil
	}
	_ = l.player.Close()
	l.cut(nil)
	if !is {
		return nil, ErrAstray
	}
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
// that is a recorded stream which begins as the file does that is gone on with. known:
// it says that it is recorded, and how it begins.
func (p *Pull) beginsAnew(l *link) (is, known bool) {
	var frames []flvout.Tag
	for range beginningMessages {
		m, err := l.ahead()
		if err != nil {
			return false, false
		}
		if !m.Type.IsMedia() {
			p.extent.learn(m)
			continue
		}
		if !l.recorded || p.extent.total == 0 {
			return false, false
		}
		if !m.HasFrames() {
			continue
		}
		frames = append(frames, tagOf(m))
		if is, known := p.Files.Resumed.Begins(frames); known {
			return is, true
		}
	}
	return false, false
}

// comesFast tells whether what comes on a link is faster than a live stream, as soon as
// that can be told, and leaves it there.
func (l *link) comesFast() bool {
	var t tempo
	size := 0
	for n := 0; !t.live && !t.fast && size < maxGroup; n++ {
		if n == len(l.queue) {
			if _, err := l.ahead(); err != nil {
				return false
			}
		}
		m := l.queue[n]
		size += len(m.Payload)
		if m.HasFrames() {
			t.hear(m.Timestamp, time.Since(l.begun))
		}
	}
	return t.fast
}
