package rtmp

import "time"

// Gather makes Next let what the server sends gather for up to d before it reads
// on. A process that plays hundreds of streams so wakes up a few times a second for
// all of them, and not for each message. Messages come up to d late, and so does what
// After asks for. A stream that comes faster than it plays is read as fast as it
// comes; until that is known, for the first second or so, each is. Gather is called
// before Next; 0 is the default and means not at all.
func (p *Player) Gather(d time.Duration) { p.gathering.every = d }

// A gathering is what makes a Player wait before it reads.
type gathering struct {
	every  time.Duration
	timer  *time.Timer
	muffle func(on bool) // has the system not wake us for what comes; nil: it cannot
	pace   pace
}

// gather waits, if all has been read that had come.
func (p *Player) gather() {
	g, c := &p.gathering, p.conn
	if g.every <= 0 || !p.hasMedia || p.recorded || !c.drained() || !c.lastIn.Equal(c.idleSince) {
		return
	}
	now := time.Now()
	if !g.pace.slow(now, p.tally.Timestamp, c.total) {
		return
	}
	if g.timer == nil {
		g.timer = time.NewTimer(g.every)
		g.muffle = muffler(c.Conn)
	}
	// At the multiples of g.every all Players wake up together.
	g.timer.Reset(g.every - time.Duration(now.UnixNano())%g.every)
	if g.muffle != nil {
		g.muffle(true)
	}
	select {
	case <-g.timer.C:
	case <-c.ctx.Done():
		g.timer.Stop()
	}
	if g.muffle != nil {
		g.muffle(false)
	}
}

const (
	// muchAtOnce is what may be all that a server can send while nothing is read:
	// many windows begin with 64 KiB.
	muchAtOnce = 48 << 10

	measureTime = time.Second
	calmTime    = 10 * time.Second // that a measurement is good for
)

// A pace tells whether a stream comes no faster than it plays. To wait between
// reads may itself be what slows it down, so that is measured without: at the
// beginning, and again when as much came at once as a server can send meanwhile.
type pace struct {
	begun time.Time // the measurement; zero: none is under way
	from  uint32    // the timestamp then, in ms
	calm  time.Time // until when the last one is good
	total uint64    // bytes, at the last wait
}

// slow tells whether to wait, now that so many bytes have come, and the newest
// timestamp is ts.
func (p *pace) slow(now time.Time, ts uint32, total uint64) bool {
	much := total-p.total >= muchAtOnce
	p.total = total
	switch {
	case !p.begun.IsZero():
		took := now.Sub(p.begun)
		if took < measureTime {
			return false
		}
		media := time.Duration(int32(ts-p.from)) * time.Millisecond
		if media <= took+took/2 {
			p.begun, p.calm = time.Time{}, now.Add(calmTime)
			return true
		}
	case p.calm.IsZero(), much && now.After(p.calm):
	default:
		return true
	}
	p.begun, p.from = now, ts
	return false
}
