package flvout

// A seam is where a new connection goes on by another clock. Timestamps do not tell how
// much is missing there: a server first sends the group of pictures that it has kept,
// which follows the old end without a hole. Lateness does, the arrival of a tag less its
// position: once the server sends live, tags are later than before the seam by as much
// as is missing.
type seam struct {
	open    bool
	e       SpliceEvent
	since   int64 // ms, arrival of its first tag
	silence int64 // ms, for how long nothing came
	before  int64 // ms, arrival less position, of the tag that was least late
	least   int64 // the same behind the seam
}

// atOnce is how much later a stream may come over another connection of which nothing
// is missing, in ms.
const atOnce = 80

// openSeam tells of a seam when that can be done.
func (l *timeline) openSeam(e SpliceEvent, silence int64) {
	l.closeSeam()
	l.seam = seam{open: true, e: e, since: l.now, silence: silence, before: l.early, least: 1<<63 - 1}
}

// crossSeam takes a tag behind the seam.
func (l *timeline) crossSeam(pos int64) {
	l.seam.least = min(l.seam.least, l.now-pos)
	if l.now-l.seam.since >= cached {
		l.closeSeam()
	}
}

// closeSeam tells of a seam, as well as that can be told.
func (l *timeline) closeSeam() {
	s := &l.seam
	if !s.open {
		return
	}
	s.open = false
	missing := min(s.least-s.before, s.silence)
	if missing < atOnce {
		missing = 0
	}
	s.e.Missing = ms(missing)
	l.fixed.Missing += s.e.Missing
	if l.event != nil {
		l.event(s.e)
	}
}
