package job

import (
	"context"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A headSet remembers of which tracks sequence headers have come, until none can lack.
type headSet struct {
	watched bool
	came    kinds
}

// lacks takes a message and tells whether it is a frame that wants a header which has
// not come.
func (h *headSet) lacks(m *message.Message) bool {
	if !m.Type.IsMedia() {
		return false
	}
	switch c := flvout.Classify(tagOf(m)); c.Kind {
	case flvout.KindConfig:
		h.came.first(m)
	case flvout.KindFrame:
		switch c.Codec {
		case flvout.CodecAVC, flvout.CodecHEVC, flvout.CodecVVC, flvout.CodecAAC, flvout.CodecFLAC:
			return !h.came.has(m.Type)
		}
	}
	return false
}

// headed is what to record where m is to be, after the headers that it lacks.
func (p *Pull) headed(ctx context.Context, l *link, m *message.Message) (*message.Message, error) {
	lacks := l.heads.lacks(m)
	l.heads.watched = !lacks && p.kind != kinds{true, true}
	if !lacks {
		return m, nil
	}
	m = m.Clone() // it may be in the output's own buffer
	return m, p.fetchHeaders(ctx, l, m.Timestamp)
}

// fetchHeaders is for nginx-rtmp, which seeks to where it is asked to begin and passes
// over the headers that are at the beginning of the file. They are had from there by a
// connection of their own. That there are none is for the output to find out.
func (p *Pull) fetchHeaders(ctx context.Context, l *link, at uint32) error {
	player, done, err := p.fromBeginning(ctx, l)
	if err != nil {
		return nil
	}
	defer done()
	var found kinds
	for range beginningMessages {
		m, err := player.Next()
		if err != nil {
			return nil
		}
		p.extent.learn(m)
		h := tagOf(m)
		h.Timestamp = at
		if !m.Type.IsMedia() || flvout.Classify(h).Kind != flvout.KindConfig || !found.first(m) {
			continue
		}
		if !l.heads.came.has(m.Type) {
			if err := p.out.WriteTag(h); err != nil {
				return err
			}
		}
		if found.audio && found.video {
			return nil
		}
	}
	return nil
}
