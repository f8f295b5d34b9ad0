package flvout

// header takes a sequence header, or what goes with one. It is written with the
// next frame, if it changes anything.
func (s *Splicer) header(t Tag, c *Class) {
	g := &s.gate
	n := lane(t.Type)
	s.catch.link.headersLast[n] = true
	if n == 1 {
		tracks := c.TrackSet()
		g.see(&tracks)
		g.hasVideo = true
	}
	if len(c.Payload) == 0 && c.Kind == KindConfig {
		// FFmpeg sends an empty one of AV1 ahead of the right one. Codecs that
		// have nothing to say have no other.
		if c.Codec.needsHeader() {
			s.dropped.Malformed++
			return
		}
		_, later := s.pending.other(t, c)
		if _, ok := s.written.other(t, c); (ok || later) && !s.pending.has(t, c) {
			s.fixed.RepeatedHeaders++
			return
		}
	}
	if !s.putHeader(t, c) {
		s.fixed.RepeatedHeaders++
	}
	if n == 1 && c.Kind == KindConfig {
		g.came, g.made = true, false
	}
}

// putHeader tells whether a header changes anything.
func (s *Splicer) putHeader(t Tag, c *Class) bool {
	if s.written.has(t, c) {
		s.pending.drop(t, c) // what came in between had no frames
		s.turning = s.split || s.pending.Len() > 0
		s.learn(t, c)
		return false
	}
	if s.pending.Put(t, c) {
		return false
	}
	s.turning = true
	s.learn(t, c)
	if c.Kind != KindConfig || c.Layout {
		return true
	}
	g := &s.gate
	g.ready[lane(t.Type)] = false
	if lane(t.Type) == 0 {
		return true
	}
	g.picture = patience{}
	if _, changed := s.written.other(t, c); changed && s.o.OnChange == ChangeSplit && s.canSplit() {
		tracks := c.TrackSet()
		g.open.remove(&tracks) // another file begins, and not with a frame that refers to another
	}
	return true
}

// learn notes what is needed of a header to read frames.
func (s *Splicer) learn(t Tag, c *Class) {
	if lane(t.Type) == 1 && c.Kind == KindConfig && !c.Multitrack {
		s.nalSize = nalSize(c.Codec, c.Payload)
	}
}

func (s *Splicer) canSplit() bool { return s.files != nil }

// turn writes the headers that have come, ahead of frame t, and begins a new file
// if that is what they ask for: at once for video, whose frames are of the new
// header from here on; at the next key frame for audio that changes amid a group
// of pictures, so that none is torn.
func (s *Splicer) turn(t *Tag, c *Class) error {
	own(t, c)
	if err := s.endRun(); err != nil {
		return err
	}
	s.endRepeat()
	split := s.split || s.due && c.Key
	for i := range s.pending.Len() {
		h := s.pending.At(i)
		class := Classify(h)
		old, changed := s.change(h, &class)
		if !changed {
			continue
		}
		after := ReadParameters(h, &class)
		after.Codec = class.Codec
		now, err := s.decide(lane(h.Type), c, old, after)
		if err != nil {
			return err
		}
		split = split || now
	}
	s.split, s.turning = false, false
	if split && s.canSplit() {
		if err := s.files.Split(); err != nil {
			return err
		}
		s.fixed.Splits++
		s.due, s.passed = false, [2]bool{}
	}
	pending := s.pending
	s.pending = Headers{}
	for i := range pending.Len() {
		h := pending.At(i)
		class := Classify(h)
		s.written.Put(h, &class)
		if !s.o.Raw {
			h.Timestamp = s.line.latest()
		}
		if err := s.out.write(h, &class); err != nil {
			return err
		}
	}
	return nil
}

// change tells whether a sequence header is another than the one that was in
// force, and of what that told.
func (s *Splicer) change(h Tag, c *Class) (old Parameters, changed bool) {
	if c.Kind != KindConfig {
		return old, false
	}
	t, ok := s.written.other(h, c)
	if !ok {
		return old, false
	}
	was := Classify(t)
	old = ReadParameters(t, &was)
	old.Codec = was.Codec
	return old, len(was.Payload) > 0 || was.Codec != c.Codec
}

// decide tells whether to begin a new file ahead of a frame, c, since a track
// changed. A file that has no frame of it is new enough: a publisher that comes
// back with other parameters changes the sound a little later than the picture.
func (s *Splicer) decide(lane int, c *Class, old, now Parameters) (split bool, err error) {
	s.fixed.Changes++
	e := SpliceEvent{Kind: HeaderChanged, Type: typeOf(lane), Old: old.Codec, New: now.Codec, Before: old, After: now}
	e.Split = s.o.OnChange == ChangeSplit && s.canSplit() && s.passed[lane]
	s.tell(e)
	switch {
	case s.o.OnChange == ChangeExit:
		return false, ErrChanged
	case !e.Split:
		return false, nil
	case lane == 1 || c.Key || !s.gate.everVideo:
		return true, nil
	}
	s.due = true
	return false, nil
}

// codecChanged tells whether a frame is of another codec than the one before,
// with no header to say so.
func (s *Splicer) codecChanged(t *Tag, c *Class) bool {
	old := s.gate.codec[lane(t.Type)]
	if old == 0 || c.Kind != KindFrame || c.Multitrack || c.Codec == old {
		return false
	}
	for i := range s.pending.Len() {
		if h := s.pending.At(i); h.Type == t.Type {
			return false
		}
	}
	return true
}

// changeCodec lets a file begin with a frame of another codec.
func (s *Splicer) changeCodec(t *Tag, c *Class) error {
	n := lane(t.Type)
	split, err := s.decide(n, c, Parameters{Codec: s.gate.codec[n]}, Parameters{Codec: c.Codec})
	if split {
		s.split, s.turning = true, true
	}
	return err
}
