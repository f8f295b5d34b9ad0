package job

import (
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// isFile tells whether the stream can be asked for from where the recording is: it
// was asked for as recorded, or is called so, or has a length, and comes faster than a
// live one.
func (p *Pull) isFile() bool {
	kind := p.Target.Session.Kind
	return kind == session.Recorded || kind != session.Live && (p.file || p.recorded && p.tempo.fast)
}

// wasFile tells whether a stream that has ended was one, whether its server calls it
// so or not: most of it came faster than it plays, or had no time to, and is said to be
// recorded and to have a length. So is one that its server paces and that began at 0.
// Nobody is going to publish more of it, and to take it up again would be to begin
// anew. live is how long media came.
func (p *Pull) wasFile(l *link, live time.Duration) bool {
	const slack = 2 * time.Second // servers keep the newest pictures
	switch {
	case p.Target.Session.Kind == session.Live:
		return false
	case p.isFile(), p.tempo.fast:
		return true
	case p.recorded && p.extent.promised() > 0 && (p.extent.opens || !p.tempo.live):
		return true
	case p.tempo.live:
		return false
	}
	return p.tempo.media-l.heard > live+slack
}

// rest is where what is left of a recorded stream is to be had.
func (p *Pull) rest(t *rtmp.Target) (*rtmp.Target, error) {
	first := &p.Target.Session
	from := p.beginsAt()
	var err error
	if p.extent.items > 0 {
		err = p.out.RestartRecorded(from)
	} else {
		from, err = p.out.RejoinRecorded(from)
	}
	if err != nil {
		return nil, err
	}
	n := *t
	c := &n.Session
	c.Kind, c.Start = session.Recorded, uint32(from.Milliseconds())
	if first.Length > 0 {
		end := first.Start + first.Length
		c.Length = max(end, c.Start+1) - c.Start
	}
	return &n, nil
}
