package flvout

// How long a stream is waited for at its beginning, and what is held meanwhile.
const (
	maxNoVideo  = 2_000           // ms of audio, until it is taken for all there is
	maxNoHeader = 10_000          // ms of frames without a header
	maxNoKey    = 20_000          // ms of video without a key frame; x264 makes one every 250 frames at least
	maxSilenced = maxNoKey + 2000 // ms of audio that waits for such video
	maxHeld     = 4 << 20         // bytes of audio

	// lead is how much earlier than the first picture sound may be that is kept.
	// An encoder's first sound is often that of some ms before.
	lead = 100 // ms
)

// A gate is what a Splicer knows of where decoding can begin.
type gate struct {
	waiting   bool   // nothing of this connection is written yet
	held      []byte // audio that came meanwhile, framed
	hasVideo  bool   // a tag of video came by this connection
	everVideo bool   // the recording has video
	soundOnly bool   // onMetaData names audio and no video
	promised  bool   // it names video

	ready  [2]bool  // frames of the lane's one track can be decoded
	codec  [2]Codec // of the frame before
	open   TrackSet // video tracks that have had a key frame
	lowest uint8    // video track; the default is 0
	any    bool     // lowest is set

	came, made bool // a video header came by this connection, or was made by us
	missing    [2]bool

	picture, sound, soundHeader patience

	trim  bool   // audio of before the picture may still come
	joins bool   // and is kept if the recording has none yet of that time
	from  uint32 // the first timestamp that is kept
	floor int64  // ms, where that lies
}

// patience is how long something is waited for: by our clock, or by the source's
// if ours is not told. That may jump, and so no step of it counts for much.
type patience struct {
	begun  bool
	ts     uint32
	at     int64 // ms, arrival
	waited int64 // ms, by the source's clock
}

func (p *patience) over(ts uint32, l *timeline, limit int64) bool {
	const longest = 1000 // ms
	if !p.begun {
		*p = patience{begun: true, ts: ts, at: l.now}
	}
	p.waited += min(max(int64(int32(ts-p.ts)), 0), longest)
	p.ts = ts
	if l.judge {
		return l.now-p.at >= limit
	}
	return p.waited >= limit
}

// closed tells whether a frame has to be looked at before it may pass.
func (g *gate) closed(lane int, c *Class) bool {
	return !g.ready[lane] || c.Codec != g.codec[lane] || c.Multitrack
}

// shut lets the stream begin again at a key frame.
func (g *gate) shut() {
	g.waiting = g.waiting || g.everVideo
	g.hasVideo, g.came, g.trim = false, false, false
	g.ready, g.open = [2]bool{}, TrackSet{}
	g.picture, g.sound, g.soundHeader = patience{}, patience{}, patience{}
}

// announce takes what the server says about the stream.
func (g *gate) announce(m *Metadata) {
	g.soundOnly, g.promised = m.Audio() && !m.Video(), m.Video()
}

// admit tells whether a frame can be decoded, or has waited for long enough. If
// not, it is counted, or held.
func (s *Splicer) admit(t *Tag, c *Class) (pass bool, err error) {
	n := lane(t.Type)
	if n == 0 {
		pass, err = s.admitAudio(t, c)
	} else {
		pass, err = s.admitVideo(t, c)
	}
	if !pass || err != nil {
		return false, err
	}
	g := &s.gate
	if s.codecChanged(t, c) {
		if err := s.changeCodec(t, c); err != nil {
			return false, err
		}
	}
	g.ready[n] = c.Kind == KindFrame && !c.Multitrack
	if g.ready[n] {
		g.codec[n] = c.Codec
	}
	g.missing[n] = false
	return true, nil
}

// admitAll is admit for the frames of a file, be there a key frame or a header
// before them or not: what was kept once is not for us to leave out.
func (s *Splicer) admitAll(t *Tag, c *Class) {
	if !s.line.begun {
		s.line.begin(t.Timestamp - maxStep) // the other track may begin earlier
	}
	if lane(t.Type) == 1 && c.Key {
		s.lookForHeader(t, c)
	}
}

func (s *Splicer) admitVideo(t *Tag, c *Class) (bool, error) {
	g := &s.gate
	g.hasVideo = true
	tracks := c.TrackSet()
	g.see(&tracks)
	if s.codecChanged(t, c) && !c.Key {
		g.open = TrackSet{} // what it refers to is of another codec
	}
	if c.Key {
		s.lookForHeader(t, c)
	}
	decodable := s.configured(t, c)
	if decodable {
		if c.Key && (!g.waiting || tracks.Has(g.lowest)) {
			g.open.add(&tracks)
		}
		if g.open.meets(&tracks) {
			g.picture, g.everVideo = patience{}, true
			return true, nil
		}
	}
	limit := int64(maxNoHeader)
	if decodable {
		limit = maxNoKey
	}
	if !g.picture.over(t.Timestamp, &s.line, limit) {
		s.fixed.Undecodable++
		return false, nil
	}
	if decodable {
		g.open.add(&tracks)
		g.picture, g.everVideo = patience{}, true
		s.tell(SpliceEvent{Kind: BegunWithoutKey, Type: t.Type, To: t.Timestamp, New: c.Codec})
		return true, nil
	}
	s.fixed.Undecodable++
	s.tellMissing(t, c)
	if g.waiting {
		return false, s.sounds(t, c)
	}
	return false, nil
}

// see notes which video tracks there are.
func (g *gate) see(tracks *TrackSet) {
	if g.any && g.lowest == 0 {
		return
	}
	for id := range 256 {
		if tracks.Has(uint8(id)) {
			if !g.any || uint8(id) < g.lowest {
				g.any, g.lowest = true, uint8(id)
			}
			return
		}
	}
}

func (s *Splicer) admitAudio(t *Tag, c *Class) (bool, error) {
	g := &s.gate
	if !s.configured(t, c) {
		s.fixed.Undecodable++
		if g.soundHeader.over(t.Timestamp, &s.line, maxNoHeader) {
			s.tellMissing(t, c)
		}
		return false, nil
	}
	g.soundHeader = patience{}
	if g.trim {
		if s.early(t.Timestamp) {
			s.fixed.Early++
			return false, nil
		}
		g.trim = false
	}
	if !g.waiting {
		return true, nil
	}
	limit := int64(maxNoVideo)
	if g.hasVideo {
		limit = maxSilenced
	}
	over := g.sound.over(t.Timestamp, &s.line, limit)
	switch {
	case g.soundOnly && !g.hasVideo && !g.everVideo:
	case over, len(g.held)+len(t.Body) > maxHeld:
		if g.hasVideo || g.promised || g.everVideo {
			s.tell(SpliceEvent{Kind: BegunWithoutVideo, Type: t.Type, To: t.Timestamp})
		}
	default:
		g.held = appendTag(g.held, *t)
		return false, nil
	}
	return true, s.sounds(t, c)
}

// configured tells whether one of a frame's tracks has the sequence header that
// it needs, or needs none.
func (s *Splicer) configured(t *Tag, c *Class) bool {
	var looked TrackSet
	for tr := range c.Tracks() {
		if looked.Has(tr.ID) {
			continue
		}
		var one TrackSet
		one[tr.ID/64] = 1 << (tr.ID % 64)
		looked.add(&one)
		if !tr.Codec.needsHeader() || s.pending.config(t.Type, tr.Codec, &one) || s.written.config(t.Type, tr.Codec, &one) {
			return true
		}
	}
	return false
}

// lookForHeader makes the header that a key frame lacks, if that can be done.
func (s *Splicer) lookForHeader(t *Tag, c *Class) {
	g := &s.gate
	if g.came || s.configured(t, c) && !g.made {
		return
	}
	if h, ok := makeHeader(*t, c); ok {
		class := Classify(h)
		if s.putHeader(h, &class) {
			s.fixed.Made++
			s.tell(SpliceEvent{Kind: HeaderMade, Type: t.Type, To: t.Timestamp, New: c.Codec})
		}
		g.made = true
	}
}

func (s *Splicer) tellMissing(t *Tag, c *Class) {
	if n := lane(t.Type); !s.gate.missing[n] {
		s.gate.missing[n] = true
		s.tell(SpliceEvent{Kind: HeaderMissing, Type: typeOf(n), To: t.Timestamp, New: c.Codec})
	}
}
