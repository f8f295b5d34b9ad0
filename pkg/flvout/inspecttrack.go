package flvout

import "hash/maphash"

// A trackInspector measures one track. It keeps no list that grows.
type trackInspector struct {
	video bool
	id    uint8

	params  Parameters
	first   Parameters // with what was learnt of it later
	changes []CodecChange
	changed int64
	sound   byte // the first byte of the newest legacy sound
	layout  int  // channels, as their layout says

	headers, repeats, headerChanges, ends int64
	headerSum                             uint64 // of the newest header
	headerless                            bool   // frames came before the header that they need

	frames int64
	clock  trackClock
	meter  meter
	keys   keyMeter
	noKey  bool // the first frame was no key frame

	minCTS, maxCTS int32
}

// learn takes note of what a tag says of the codec. at is in ms.
func (t *trackInspector) learn(q Parameters, at, position int64) {
	switch {
	case t.params.Codec == 0 && t.params.Name == "":
		t.params, t.first = q, q
	case t.params.contradicts(q):
		t.changed++
		if len(t.changes) < maxListed {
			t.changes = append(t.changes, CodecChange{Milliseconds(at), position, q.report()})
		}
		t.params = q
	default:
		t.params = t.params.or(q)
	}
	if t.changed == 0 {
		t.first = t.params
	} else if n := len(t.changes); int64(n) == t.changed {
		t.changes[n-1].CodecReport = t.params.report()
	}
}

// contradicts tells whether p and q cannot both be true.
func (p Parameters) contradicts(q Parameters) bool {
	differ := func(a, b int) bool { return a != 0 && b != 0 && a != b }
	return p.Codec != q.Codec ||
		p.Profile != "" && q.Profile != "" && p.Profile != q.Profile ||
		p.Level != "" && q.Level != "" && p.Level != q.Level ||
		differ(p.Width, q.Width) || differ(p.Height, q.Height) ||
		p.FrameRate != 0 && q.FrameRate != 0 && p.FrameRate != q.FrameRate ||
		differ(p.SampleRate, q.SampleRate) || differ(p.Channels, q.Channels) || differ(p.BitDepth, q.BitDepth)
}

// header takes a sequence header, or a channel layout.
func (t *trackInspector) header(tg Tag, c *Class, tr Track, at, position int64, seed maphash.Seed) {
	if c.Layout { // which counts for more than what the header says
		q := trackParameters(tg, c, tr)
		if t.layout == 0 {
			t.params.Channels = q.Channels
		}
		t.layout = q.Channels
		t.learn(q, at, position)
		return
	}
	sum := maphash.Bytes(seed, tr.Payload) ^ uint64(tr.Codec)
	t.headers++
	if t.headers > 1 && sum == t.headerSum {
		t.repeats++
		return
	}
	q := trackParameters(tg, c, tr)
	if t.layout > 0 && q.Codec == t.params.Codec {
		q.Channels = t.layout
	}
	if t.headers > 1 {
		t.headerChanges++
		if !t.params.contradicts(q) {
			q = q.or(t.params)
		}
	}
	t.headerSum = sum
	t.learn(q, at, position)
}

// frame takes a frame at a place on the stream's time line, in ms. It tells
// whether time went on as it does.
func (t *trackInspector) frame(tg Tag, c *Class, tr Track, at, position int64) (steady bool) {
	if t.frames == 0 {
		t.noKey = t.video && !c.Key
		t.minCTS, t.maxCTS = tr.CTS, tr.CTS
	}
	if t.asks(tg, c, tr) {
		t.learn(trackParameters(tg, c, tr), at, position)
	}
	if t.headers == 0 && tr.Codec.needsHeader() {
		t.headerless = true
	}
	t.frames++
	t.minCTS, t.maxCTS = min(t.minCTS, tr.CTS), max(t.maxCTS, tr.CTS)
	steady = t.clock.add(at, position)
	t.meter.add(at, int64(len(tr.Payload)))
	if t.video {
		t.keys.add(at, c.Key, steady)
	}
	return steady
}

// asks tells whether a frame is to be read for what it says of its codec.
func (t *trackInspector) asks(tg Tag, c *Class, tr Track) bool {
	switch {
	case t.params.Codec != tr.Codec || t.params.Name == "" && t.frames == 0:
		return true
	case !t.video && tg.Body[0]>>4 != exSoundFormat:
		was := t.sound
		t.sound = tg.Body[0]
		return was != t.sound && tr.Codec != CodecAAC
	case !t.video:
		return t.params.SampleRate == 0 || t.params.Channels == 0
	case !c.Key:
		return false
	}
	switch tr.Codec {
	case CodecAVC, CodecHEVC: // read it whole only if nothing else tells
		return t.params.Width == 0
	case CodecVVC:
		return false
	}
	return true
}

func (t *trackInspector) report() TrackReport {
	t.clock.settle()
	r := TrackReport{
		Type: "audio", ID: t.id, CodecReport: t.first.report(),
		Changes: t.changes, ChangeCount: t.changed,
		Headers: t.headers, HeaderRepeats: t.repeats, HeaderChanges: t.headerChanges, SequenceEnds: t.ends,
		Frames: t.frames, Bytes: t.meter.bytes,
		Gaps: t.clock.gaps, Jumps: t.clock.jumps,
	}
	if t.frames > 0 {
		k := &t.clock
		r.First, r.Last = Milliseconds(k.first), Milliseconds(k.last)
		r.Duration = Milliseconds(k.top + k.frameLength() - k.bottom)
		r.BitRate, r.PeakBitRate = t.meter.rates(k.content(t.frames))
		fps, constant := k.rate()
		r.MeasuredRate, r.Constant, r.Step = round3(fps), constant, k.spread()
	}
	if t.video {
		r.Type = "video"
		r.Keys = t.keys.report()
		if t.frames > 0 {
			r.CTS = &CTSRange{Milliseconds(t.minCTS), Milliseconds(t.maxCTS), t.maxCTS-t.minCTS > 2}
		}
	}
	return r
}
