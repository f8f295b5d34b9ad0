package job

import (
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A recorded stream comes as fast as it can, and its place in the server's file can
// be asked for. There are servers that call live streams recorded (lal, livego), so
// that their word is believed only if much has come in little time.
const (
	minAhead = 5 * time.Second
	minSpeed = 2
)

// isFile tells whether the stream can be asked for from where the recording is.
func (p *Pull) isFile() bool { return p.Target.Session.Kind == session.Recorded || p.ahead }

// judge finds out whether a stream that its server calls recorded is: media is what
// came of it on a connection that lasted so long.
func (p *Pull) judge(l *link, media, lasted time.Duration) {
	p.recorded = p.recorded || l.recorded
	if l.recorded && p.Target.Session.Kind != session.Live && media > minAhead+minSpeed*lasted {
		p.ahead = true
	}
}

// rest is where what is left of a recorded stream is to be had.
func (p *Pull) rest(t *rtmp.Target) (*rtmp.Target, error) {
	first := &p.Target.Session
	begun := time.Duration(first.Start) * time.Millisecond
	if p.Files != nil && p.Files.Resumed != nil {
		begun -= p.Files.Resumed.Start
	}
	from, err := p.out.RejoinRecorded(begun)
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
