package job

import (
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// quietAfter is how long one track may be silent while the other goes on before
// that is told.
const quietAfter = 10 * time.Second

// A listener notices that one of two tracks has fallen silent, by the time of
// arrival. That does not end a stream: a camera may have no picture for a while.
type listener struct {
	last  [2]time.Duration // when the track was heard; 0: never
	quiet [2]bool          // that it is silent was told
}

// tracks are the message types of a listener's tracks.
var tracks = [2]message.Type{message.TypeAudio, message.TypeVideo}

// heard takes the time at which a message of audio or video came, and reports what
// there is to tell.
func (q *listener) heard(typ message.Type, at time.Duration, report func(Event)) {
	mine, other := 0, 1
	if typ == tracks[1] {
		mine, other = 1, 0
	}
	at = max(at, 1)
	if q.quiet[mine] {
		q.quiet[mine] = false
		report(Event{Kind: TrackBack, Media: typ.String(), Duration: at - q.last[mine]})
	}
	q.last[mine] = at
	if d := at - q.last[other]; q.last[other] > 0 && d >= quietAfter && !q.quiet[other] {
		q.quiet[other] = true
		report(Event{Kind: TrackSilent, Media: tracks[other].String(), Duration: d})
	}
}

// reconnected forgets what was heard on the connection before.
func (q *listener) reconnected() { *q = listener{} }
