package rtmp

import "time"

// Gather makes Next let what the server sends gather for up to d before it reads
// on. A process that plays hundreds of streams so wakes up a few times a second for
// all of them, and not for each message. Messages come up to d late, and so does what
// After asks for. The more comes, the shorter it waits, so that no stream is slowed
// down by that. Gather is called before Next; 0 is the default and means not at all.
func (p *Player) Gather(d time.Duration) {
	p.gathering = gathering{most: d, shift: noWait - 1}
}

// A gathering is what makes a Player wait before it reads.
type gathering struct {
	most   time.Duration
	timer  *time.Timer
	muffle func(on bool) // has the system not wake us for what comes; nil: it cannot

	shift int // it waits for most>>shift
	at    time.Time
	total uint64 // bytes that had come then
}

const (
	// gatherSize is how much is to come during a wait, in bytes. Servers must never
	// have to wait for us: many TCP windows begin with 64 KiB.
	gatherSize = 32 << 10

	// noWait is the shift for which it is not waited.
	noWait = 5
)

// gather waits, if all has been read that had come, and tells whether it did.
func (p *Player) gather() bool {
	g, c := &p.gathering, p.conn
	if g.most <= 0 || !p.hasMedia || p.isRecorded() || !c.drained() || !c.lastIn.Equal(c.idleSince) {
		return false
	}
	now := time.Now()
	d := g.wait(now, c.total)
	if d == 0 {
		return false
	}
	if g.timer == nil {
		g.timer = time.NewTimer(d)
		g.muffle = muffler(c.Conn)
	}
	// At the multiples of a time all Players wake up together.
	g.timer.Reset(d - time.Duration(now.UnixNano())%d)
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
	return true
}

// wait returns how long to wait, now that so many bytes have come.
func (g *gathering) wait(now time.Time, total uint64) time.Duration {
	took, came := now.Sub(g.at), total-g.total
	g.at, g.total = now, total
	d := g.most >> g.shift
	expected := float64(came) * d.Seconds() / max(took, time.Microsecond).Seconds()
	if 2*expected <= gatherSize && g.shift > 0 {
		g.shift--
	}
	for ; expected > gatherSize && g.shift < noWait; expected /= 2 {
		g.shift++
	}
	if g.shift == noWait {
		return 0
	}
	return g.most >> g.shift
}
