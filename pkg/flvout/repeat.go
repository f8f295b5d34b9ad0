package flvout

import (
	"github.com/yutopp/go-flv/tag"
)

// When frames are taken for a repeat.
const (
	armedTags  = 64      // are looked for after a new connection, or a step back
	minRun     = 3       // equal frames in a row are one, if they weigh
	minSmall   = 8       // or so many that do not, if none of them is like another
	maxRunSize = 4 << 20 // bytes of frames that may be one, held until that is known
	maxLoops   = 10      // groups of pictures that come again in a row: the source loops

	// anewTime is for how long, in ms, what is older than what servers keep has to
	// come in its own time to be no repeat: the source has begun anew.
	anewTime = 2000
)

// A repeat is what a Splicer knows of frames that come again. A group of pictures
// comes twice when a server connects again to where it has the stream from, or
// we to it: then timestamps go back, or the connection is new. The same frames may
// also come since nothing changes, as in silence, or since what is sent is the
// same, as of a looped film, or of one whose sender has started again: those have
// their own time. That they come faster than they play says nothing: so they do
// behind any stall.
type repeat struct {
	watching bool // more than key frames is looked for
	armed    int  // so many more are
	looping  bool

	// The frames that may be a repeat, which are held, and then those that are
	// one: the first has timestamp ts, and is in the recording at at.
	held   []byte // framed
	run    int    // how many
	keys   int    // key frames among them
	small  int    // of them are like no other
	heavy  bool   // one of them weighs, and is like no other
	typ    tag.TagType
	ts     uint32
	at     uint32
	joined bool   // it is the first of a connection
	sure   bool   // and its own clock says that it is the very frame that is recorded
	tail   int    // so many frames are recorded from it on
	since  int64  // ms, arrival
	last   uint32 // timestamp
	old    bool   // it is one, or the source has begun anew
	anew   bool   // it has

	dropping [2]bool // the lane's frames are still repeated
	until    int64   // ms; from here on nothing is
	tags     int64
	end      uint32 // ms, behind the last
	groups   int    // in a row
}

// arm looks for more than key frames.
func (r *repeat) arm() { r.armed, r.watching = armedTags, true }

func (r *repeat) watch() {
	r.watching = r.armed > 0 || r.run > 0 || r.dropping[0] || r.dropping[1]
}

// suspect tells whether frame t is taken care of: left out since it is a repeat,
// or held since it may be one.
func (s *Splicer) suspect(t *Tag, c *Class, sum uint64, p *place) (done bool, err error) {
	r := &s.repeat
	defer r.watch()
	due := t.Timestamp - r.ts + r.at // if it belongs to the repeat
	if r.dropping[p.track] {
		if s.seen.isAt(sum, due) {
			if s.leaveOut(t, c, due) {
				return true, nil
			}
			*p = s.line.place(p.track, t.Timestamp)
			return false, nil
		}
		r.dropping[p.track] = false
		if !r.dropping[1-p.track] || p.pos > r.until {
			s.endRepeat()
		}
	}
	if r.run > 0 {
		if s.seen.isAt(sum, due) && s.hold(t, c, sum) {
			if r.anew {
				err = s.letGo()
			}
			return true, err
		}
		own(t, c)
		if err := s.endRun(); err != nil {
			return false, err
		}
		if r.dropping[p.track] = false; !r.dropping[1-p.track] {
			s.endRepeat()
		}
		*p = s.line.place(p.track, t.Timestamp)
	}
	return s.beginRun(t, c, sum, p), nil
}

// beginRun tells whether frame t may be the first of a repeat, and holds it then.
func (s *Splicer) beginRun(t *Tag, c *Class, sum uint64, p *place) bool {
	r, track := &s.repeat, &s.line.tracks[p.track]
	back := track.any && (p.pos < track.out || p.pos == track.out && !s.o.salvage)
	if back && !p.fits && !s.line.rejoin {
		r.arm()
	}
	if r.armed == 0 && !c.Key {
		return false
	}
	r.armed = max(r.armed-1, 0)
	at, n := s.seen.lookup(sum)
	if r.looping {
		r.looping = !c.Key || n > 0
		return false
	}
	joined := s.line.rejoin
	if again := back || joined; n != 1 || !again || len(t.Body) > maxRunSize {
		if c.Key {
			r.groups = 0
		}
		return false
	}
	r.typ, r.ts, r.at, r.joined, r.since = t.Type, t.Timestamp, at, joined, s.line.now
	r.run, r.keys, r.small, r.heavy = 0, 0, 0, false
	r.sure = joined && s.seen.isAt(sum, uint32(p.pos))
	r.tail = s.seen.since(sum)
	r.old, r.anew = false, false
	return s.hold(t, c, sum)
}

// hold takes a frame of what may be a repeat, and decides whether it is. It does
// not take one that is too many.
func (s *Splicer) hold(t *Tag, c *Class, sum uint64) bool {
	r := &s.repeat
	if len(r.held)+len(t.Body) > maxRunSize+maxRunSize/8 {
		return false
	}
	r.held = appendTag(r.held, *t)
	r.run++
	if c.Key {
		r.keys++
	}
	if _, n := s.seen.lookup(sum); n == 1 {
		r.small++
		r.heavy = r.heavy || weighs(*t, c)
	}
	r.last = t.Timestamp
	if !r.old && (r.run >= minRun && (r.heavy || r.small >= minSmall) || r.joined && (r.sure || r.run >= r.tail && r.apart())) {
		if r.old = s.isOld(); !r.old {
			s.confirm()
		}
	}
	if r.old && int32(t.Timestamp-r.ts) >= anewTime {
		if r.anew = s.comesInTime(); !r.anew {
			s.confirm()
		}
	}
	return true
}

// apart tells whether what is held is like nothing else that is recorded.
func (r *repeat) apart() bool { return r.heavy || r.small == r.run }

// isOld tells whether what is held was sent first so long ago that no server has kept
// it for those who come late.
func (s *Splicer) isOld() bool {
	const slack = 2000 // ms
	l := &s.line
	age := s.repeat.since - l.unwrapped(s.repeat.at) - l.early
	return l.judge && l.leaked != 0 && age > int64(s.group())+slack
}

// comesInTime tells whether what is held has come no faster than it plays.
func (s *Splicer) comesInTime() bool {
	r := &s.repeat
	return 4*(s.line.now-r.since) > 3*int64(int32(r.last-r.ts))
}

// endRun decides on what is held, since it goes on no longer.
func (s *Splicer) endRun() error {
	r := &s.repeat
	if r.run > 0 && r.old && (int32(r.last-r.ts) < anewTime/2 || !s.comesInTime()) {
		s.confirm()
		return nil
	}
	return s.letGo()
}

// confirm leaves out what is held.
func (s *Splicer) confirm() {
	r := &s.repeat
	s.line.align(r.typ, r.ts, r.at)
	s.fixed.Repeats += int64(r.run)
	r.tags += int64(r.run)
	r.groups += r.keys
	r.end = r.last - r.ts + r.at
	r.unhold()
	r.dropping = [2]bool{s.line.tracks[0].any, s.line.tracks[1].any}
	r.until = s.line.newest().out + maxBack
}

func (r *repeat) unhold() {
	r.held, r.run, r.old = r.held[:0], 0, false
	if cap(r.held) > maxScratch {
		r.held = nil
	}
}

// leaveOut counts a frame that is a repeat. It tells if it is not to be left out,
// since the source loops.
func (s *Splicer) leaveOut(t *Tag, c *Class, due uint32) bool {
	r := &s.repeat
	if c.Key && (r.groups >= maxLoops || s.inTime(t)) {
		s.endRepeat()
		r.looping, r.groups = true, 0
		s.tell(SpliceEvent{Kind: SourceLoops, Type: t.Type, To: t.Timestamp})
		s.line.align(t.Type, t.Timestamp, uint32(s.line.next(lane(t.Type))))
		return false
	}
	if c.Key {
		r.groups++
	}
	s.fixed.Repeats++
	r.tags++
	r.end = due
	return true
}

// inTime tells whether what is left out comes no faster than it plays, and so is
// no repeat of a server's. A new connection may be that slow.
func (s *Splicer) inTime(t *Tag) bool {
	span := int64(int32(t.Timestamp - s.repeat.ts))
	return s.line.judge && !s.repeat.joined && 4*(s.line.now-s.repeat.since) > 3*span
}

// since counts the frames that were put from one on.
func (s *seen) since(sum uint64) int {
	for n := range min(s.count, seenTags) {
		if s.sums[(s.count-1-n)%seenTags] == sum {
			return n + 1
		}
	}
	return seenTags
}

// endRepeat tells of a repeat that is over.
func (s *Splicer) endRepeat() {
	r := &s.repeat
	r.dropping = [2]bool{}
	if r.tags > 0 {
		s.tell(SpliceEvent{Kind: RepeatDropped, Type: r.typ, To: r.ts, Tags: r.tags, Gap: ms(int64(int32(r.end - r.at)))})
		r.tags = 0
	}
	r.watch()
}

// letGo writes the frames that are held: they are no repeat.
func (s *Splicer) letGo() error {
	r, l := &s.repeat, &s.line
	if r.run == 0 {
		return nil
	}
	held, now := r.held, l.now
	r.held, r.run, r.old = nil, 0, false
	defer func() {
		l.now = now
		r.watch()
	}()
	for t, rest, ok := cutTag(held); ok; t, rest, ok = cutTag(rest) {
		c := Classify(t)
		c.setNALSize(s.nalSize)
		l.now = min(now, r.since+max(0, int64(int32(t.Timestamp-r.ts)))) // when it came, about
		if err := s.put(t, &c, s.seen.sum(t, &c), l.place(lane(t.Type), t.Timestamp)); err != nil {
			return err
		}
	}
	return nil
}
