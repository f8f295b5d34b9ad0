package job

import (
	"bytes"
	"math"
	"sync/atomic"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// An extent is how long a recorded stream is, by its metadata, and how far into it
// what has come reaches, by its timestamps. Servers begin behind a seek at the place
// by the stream's own time, or at 0 once more.
type extent struct {
	total time.Duration // 0: not known
	list  bool          // it is a playlist
	items int           // that have followed the first

	// Of the connection.
	asked  time.Duration // where it was to begin
	own    bool          // the timestamps are known to be the stream's
	begun  bool
	opens  bool   // the first of all timestamps was about 0
	newest uint32 // ms
	at     time.Duration
	lead   time.Duration // which the first timestamp was ahead of where it was asked for from
	guess  bool          // it is taken to begin where it was asked to

	reached time.Duration // by the connections before
	longest time.Duration // between two messages
}

// connected is told of a new connection, and where that is to begin.
func (x *extent) connected(asked time.Duration) {
	x.reached = x.end()
	x.asked, x.at, x.begun, x.lead, x.guess = asked, asked, false, 0, false
}

// hear takes the timestamp of pictures or sound, in ms.
func (x *extent) hear(ts uint32) {
	const back = -5000 // ms, from where on it is another clock
	switch d := int32(ts - x.newest); {
	case !x.begun:
		x.begun, x.newest = true, ts
		x.begin(time.Duration(ts) * time.Millisecond)
	case d > 0:
		step := time.Duration(d) * time.Millisecond
		x.at += step
		x.longest = max(x.longest, step)
		x.newest = ts
	case d < back:
		x.newest = ts
		if x.list {
			x.items++
		}
	}
}

// begin finds out where in the stream the first timestamp is.
func (x *extent) begin(first time.Duration) {
	const about = about * time.Millisecond
	switch far := (first - x.asked).Abs(); {
	case x.own:
		x.at = first
	case x.asked == 0:
		x.lead = first
		x.opens = x.opens || x.reached == 0 && first < about
	case far < min(first, x.asked), first > about && far <= kept: // nginx-rtmp begins behind that
		x.at = first
	default:
		x.guess = true
	}
}

// restarted is told that the connection begins at the beginning of the recording, from
// ms into the stream, wherever it was asked to.
func (x *extent) restarted(from time.Duration) {
	if x.guess {
		x.at, x.guess = x.at-x.asked+from, false
	}
}

// end is how far into the stream what has come reaches.
func (x *extent) end() time.Duration { return max(x.reached, x.at) }

// furthest is the same for a stream whose first timestamp counts for its length.
func (x *extent) furthest() time.Duration {
	if x.lead < x.total {
		return x.end() + x.lead
	}
	return x.end()
}

// learn takes the length of the stream from its metadata. The first is that of the
// whole stream: behind a seek some servers tell how much is left.
func (x *extent) learn(m *message.Message) {
	if x.total == 0 {
		x.total = LengthOf(m)
	}
}

// LengthOf is how long a stream is by a message that may be its onMetaData; 0 if it is
// not, or does not say.
func LengthOf(m *message.Message) time.Duration {
	const onMetaData = "\x02\x00\x0aonMetaData"
	if !bytes.HasPrefix(m.Payload, []byte(onMetaData)) {
		return 0
	}
	_, values, _ := message.ParseData(m) // what comes before a fault may be used
	for _, v := range values {
		o, _ := amf.AsObject(v)
		if d, ok := amf.AsNumber(o.Get("duration")); ok && d > 0 && d < math.MaxInt32 {
			return time.Duration(math.Round(d*1000)) * time.Millisecond
		}
	}
	return 0
}

// promised is how long the stream is. What goes on far beyond that, or is a list of
// streams, is not as long as it was said to be.
func (x *extent) promised() time.Duration {
	const slack = 10 * time.Second
	if x.items > 0 || x.end() > x.total+max(slack, x.total/10) {
		return 0
	}
	return x.total
}

// startOf is where in a stream a target begins.
func startOf(t *rtmp.Target) time.Duration {
	if c := &t.Session; c.Kind == session.Recorded || c.Kind == session.FromStart {
		return time.Duration(c.Start) * time.Millisecond
	}
	return 0
}

// beginsAt is where in the stream the recording begins.
func (p *Pull) beginsAt() time.Duration {
	from := startOf(p.Target)
	if p.Files != nil && p.Files.Resumed != nil {
		from -= p.Files.Resumed.Start
	}
	return from
}

// asked is which part of the stream is recorded; an end of 0 is that of the stream.
func (p *Pull) asked() (from, to time.Duration) {
	from = startOf(p.Target)
	if n := p.Target.Session.Length; n > 0 {
		to = from + time.Duration(n)*time.Millisecond
	}
	return from, to
}

// isLive tells whether the stream has no length, whatever is said: servers pass on
// what an encoder says of its own input.
func (p *Pull) isLive(l *link) bool {
	switch p.Target.Session.Kind {
	case session.Recorded:
		return false
	case session.Live:
		return true
	}
	return p.tempo.live && !p.recorded && !l.recorded
}

// locate shows where in the stream the recording is.
func (p *Pull) locate(l *link) {
	s := &p.progress.span
	if p.isLive(l) {
		s.total.Store(0)
		s.end.Store(0)
		return
	}
	total := p.extent.promised()
	from, end := p.asked()
	if end == 0 || total > 0 && total < end {
		end = total
	}
	at := p.extent.end()
	if total > 0 {
		at = min(at, total)
	}
	s.start.Store(int64(from))
	s.end.Store(int64(end))
	s.total.Store(int64(total))
	s.position.Store(int64(at))
}

// A span is a part of a recorded stream, in time.Duration.
type span struct{ start, end, total, position atomic.Int64 }
