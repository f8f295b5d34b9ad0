package job

import (
	"bytes"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// maxMetadata is the longest onMetaData that is remembered. A longer one is sent
// where it stands, and as it is.
const maxMetadata = 1 << 20

// known is what is in force at a place in a stream: what a server that begins
// there has to be told first.
type known struct {
	metadata flvout.Tag // without a body: none
	headers  flvout.Headers
}

// put remembers a header or onMetaData. It tells if the same is in force already.
func (k *known) put(t flvout.Tag, c *flvout.Class) (same bool) {
	if c.Kind != flvout.KindMetadata {
		return k.headers.Put(t, c)
	}
	m := &k.metadata
	same = m.Type == t.Type && len(m.Body) > 0 && bytes.Equal(m.Body, t.Body)
	switch {
	case same:
	case len(t.Body) > maxMetadata:
		*m = flvout.Tag{}
	default:
		m.Type, m.Body = t.Type, append(m.Body[:0], t.Body...)
	}
	return same
}

// at returns the header with the number i, in the order in which they are to be
// sent.
func (k *known) at(i int) (t flvout.Tag, ok bool) {
	if len(k.metadata.Body) > 0 {
		if i == 0 {
			return k.metadata, true
		}
		i--
	}
	if i < k.headers.Len() {
		return k.headers.At(i), true
	}
	return flvout.Tag{}, false
}

// ownMetadata makes a stream's onMetaData out of a file's. It remembers the last
// one, which comes again in every round.
type ownMetadata struct{ file, stream []byte }

func (m *ownMetadata) of(t flvout.Tag) []byte {
	if len(t.Body) > maxMetadata {
		return t.Body
	}
	if m.file == nil || !bytes.Equal(m.file, t.Body) {
		m.file = append(m.file[:0], t.Body...)
		m.stream = append(m.stream[:0], flvout.StreamMetadata(t)...)
	}
	return m.stream
}
