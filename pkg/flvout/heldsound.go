package flvout

// sounds writes the audio that is held, ahead of t: there is no video to wait
// for any more.
func (s *Splicer) sounds(t *Tag, c *Class) error {
	own(t, c)
	return s.sound()
}

func (s *Splicer) sound() error {
	s.gate.waiting = false
	return s.eachHeld(func(t Tag, c *Class) error { return s.pass(t, c) })
}

// begin writes the first picture of a connection, and then of the audio that was held
// what belongs after that picture, or follows on the audio of the connection before.
func (s *Splicer) begin(t Tag, c *Class) error {
	g := &s.gate
	g.waiting, g.trim, g.from = false, true, t.Timestamp
	g.joins = s.line.begun && s.o.OnRejoin == RejoinJoin
	first := int32(0)
	switch {
	case !s.line.begun:
		g.from -= lead
		s.line.begin(g.from)
		own(&t, c) // it may lie where the sound goes first
		if err := s.soundAhead(t.Timestamp); err != nil {
			return err
		}
	case s.keepsSound():
		own(&t, c)
		if err := s.soundBetween(t.Timestamp); err != nil {
			return err
		}
	case g.joins && !s.o.Raw:
		first = -sideBySide
	}
	if err := s.pass(t, c); err != nil {
		return err
	}
	g.floor = s.line.clocks[s.line.tracks[1].clock].at(g.from)
	return s.eachHeld(func(a Tag, c *Class) error {
		if d := int32(a.Timestamp - g.from); d < first || d > maxSilenced || d < 0 && s.early(a.Timestamp) {
			s.fixed.Early++
			return nil
		}
		return s.pass(a, c)
	})
}

// soundAhead writes the audio that is held from a little before a recording's first
// picture, ahead of that.
func (s *Splicer) soundAhead(picture uint32) error {
	g := &s.gate
	held := g.held
	g.held = nil
	for t, rest, ok := cutTag(held); ok; t, rest, ok = cutTag(rest) {
		if int32(t.Timestamp-g.from) < 0 || int32(t.Timestamp-picture) >= 0 {
			g.held = appendTag(g.held, t)
			continue
		}
		c := Classify(t)
		if err := s.pass(t, &c); err != nil {
			return err
		}
	}
	return nil
}

// keepsSound tells whether the audio is recorded that a new connection has ahead of
// its first picture. If another file is to begin, that begins with the picture.
func (s *Splicer) keepsSound() bool {
	return s.line.begun && s.o.OnRejoin == RejoinJoin && !s.o.Raw && !s.turning
}

// soundBetween writes the audio that is held from before the connection's first
// picture, but for what is recorded.
func (s *Splicer) soundBetween(picture uint32) error {
	g, l := &s.gate, &s.line
	held := g.held
	g.held = nil
	first, same := true, false // the clock is that of the connection before
	for t, rest, ok := cutTag(held); ok; t, rest, ok = cutTag(rest) {
		if int32(t.Timestamp-picture) >= 0 {
			g.held = appendTag(g.held, t)
			continue
		}
		c := Classify(t)
		p := l.place(0, t.Timestamp)
		recorded := l.tracks[0].any && p.pos <= l.tracks[0].out
		if first {
			first = false
			v := place{track: 1, ts: picture, clock: l.tracks[1].clock}
			v.pos = l.clocks[v.clock].at(picture)
			same = l.goesOn(&v) && (!recorded || s.seen.isAt(s.seen.sum(t, &c), uint32(p.pos)))
		}
		if same && recorded {
			s.fixed.Early++
			continue
		}
		if err := s.pass(t, &c); err != nil {
			return err
		}
	}
	return nil
}

// lateSound writes the audio of a connection that has ended and had no picture that
// can be decoded.
func (s *Splicer) lateSound() error {
	if !s.gate.waiting || len(s.gate.held) == 0 || !s.keepsSound() {
		return nil
	}
	first, _, _ := cutTag(s.gate.held)
	return s.soundBetween(first.Timestamp + maxSilenced + maxStep)
}

// early tells whether audio is from before the first picture, or, if the recording
// goes on, from before where its audio ended. Positions on the time line are compared,
// since the clock may jump between the two; timestamps are while a repeat is left out,
// when positions are not known yet.
func (s *Splicer) early(ts uint32) bool {
	g, l, r := &s.gate, &s.line, &s.repeat
	d := int64(int32(g.from - ts))
	if !s.o.Raw && r.run == 0 && r.dropping == [2]bool{} {
		floor := g.floor
		if g.joins && l.tracks[0].any {
			floor = l.tracks[0].out + 1
		}
		p := l.place(0, ts)
		d = floor - p.pos
	}
	return d > 0 && d <= maxStep
}

// forsake leaves out the audio that is held.
func (s *Splicer) forsake() {
	_ = s.eachHeld(func(Tag, *Class) error {
		s.fixed.Early++
		return nil
	})
}

func (s *Splicer) eachHeld(do func(t Tag, c *Class) error) error {
	held := s.gate.held
	s.gate.held = nil
	for t, rest, ok := cutTag(held); ok; t, rest, ok = cutTag(rest) {
		c := Classify(t)
		if err := do(t, &c); err != nil {
			return err
		}
	}
	return nil
}
