package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// about is how far from the beginning of a stream its first frame may be, in ms.
const about = 1000

// maxGroup is how much of a group of pictures is held, in bytes, until it is known
// whether it is asked for.
const maxGroup = 64 << 20

// place sees to it that what comes on a link is from where the stream is asked for by
// the user: nginx-rtmp plays a file without an index from its beginning, whatever it is
// asked for. What comes before the group of pictures there is passed over.
func (p *Pull) place(ctx context.Context, l *link) {
	if p.beginsAt() <= 0 {
		return
	}
	if !p.placed {
		p.placed = true
		p.deaf = p.isDeaf(ctx, l)
	}
	if p.deaf && l.passOver(startOf(l.target)) {
		p.report(Event{Kind: StartIgnored, Duration: startOf(l.target)})
	}
}

// isDeaf tells whether a link's stream begins where it would if it were asked for from
// the beginning. Timestamps do not say so: those of many servers begin at 0 everywhere.
func (p *Pull) isDeaf(ctx context.Context, l *link) bool {
	var came []*message.Message
	for range beginningMessages {
		m, err := l.ahead()
		switch {
		case err != nil:
			return false
		case !m.HasFrames():
			continue
		}
		if came = append(came, m); m.Timestamp > about {
			return false
		}
		if isKey(m) {
			break
		}
	}
	player, done, err := p.fromBeginning(ctx, l)
	if err != nil {
		return false
	}
	defer done()
	for len(came) > 0 {
		m, err := player.Next()
		switch {
		case err != nil:
			return false
		case !m.HasFrames():
			continue
		case m.Type != came[0].Type || m.Timestamp != came[0].Timestamp || !bytes.Equal(m.Payload, came[0].Payload):
			return false
		}
		came = came[1:]
	}
	return true
}

// isKey tells whether a message is a key frame.
func isKey(m *message.Message) bool {
	return flvout.Classify(tagOf(m)).Key
}

// passOver reads on up to a place in the stream and leaves on the link what is not of
// the stream's own, and the group of pictures there, or a BeyondError if there is none.
// It tells whether more was left out than a moment.
func (l *link) passOver(to time.Duration) bool {
	var heads, group []*message.Message
	size, begun := 0, false // there was a key frame
	picture := false        // or a picture at least
	for {
		m, err := l.message()
		if err != nil {
			if l.queue, l.failed = heads, err; errors.Is(err, io.EOF) {
				l.failed = &BeyondError{to}
			}
			return false
		}
		m = m.Clone()
		if !m.HasFrames() {
			heads = append(heads, m)
			heads = heads[max(len(heads)-beginningMessages, 0):]
			continue
		}
		picture = picture || m.Type == message.TypeVideo
		key := isKey(m)
		if key && begun || !picture && size > 0 || size > maxGroup {
			group, size = nil, 0
		}
		begun = begun || key
		group, size = append(group, m), size+len(m.Payload)
		if time.Duration(m.Timestamp)*time.Millisecond >= to {
			l.queue = append(append(heads, group...), l.queue...)
			return group[0].Timestamp > about
		}
	}
}
