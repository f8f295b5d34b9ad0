package flvout

import (
	"hash/maphash"
	"slices"
)

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
	if t.headers == 0 && needsHeader(t.video, tr.Codec) {
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

// needsHeader tells the codecs that cannot be decoded without a sequence header.
func needsHeader(video bool, c Codec) bool {
	switch c {
	case CodecAVC, CodecHEVC, CodecVVC, CodecAAC, CodecFLAC:
		return true
	}
	return false
}

// A trackClock follows a track's timestamps.
type trackClock struct {
	any         bool
	first, last int64 // in the order in which they came
	bottom, top int64
	step        int64 // the newest that was a usual one
	recent      [8]int64
	n           int // of recent
	next        int
	early       int64 // the first step, if it is long: only the second can judge it; or -1
	earlyAt     int64
	earlyPlace  int64
	covered     int64 // ms, the sum of usual steps
	steps       int64
	least, most int64
	histogram   [128]int64 // of usual steps, in ms; the last is for longer ones
	gaps, jumps Breaks
}

// isGap is from when on a step may be a gap, in ms.
const isGap = 1000

// add takes the next frame's time. It tells whether that is near the one before.
// A stream of one picture in ten seconds has no gaps: a step is one if it is
// three times as long as is usual.
func (k *trackClock) add(at, position int64) (steady bool) {
	if !k.any {
		*k = trackClock{any: true, first: at, last: at, bottom: at, top: at, early: -1}
		return true
	}
	from, step := k.last, at-k.last
	k.last = at
	k.bottom, k.top = min(k.bottom, at), max(k.top, at)
	if step < 0 {
		k.jumps.add(from, step, position)
		return step >= -isGap
	}
	if k.n == 0 {
		k.early, k.earlyAt, k.earlyPlace = step, from, position
		k.remember(step)
		if step <= isGap {
			k.early = -1
			k.usual(step)
		}
		return step <= isGap
	}
	if k.early >= 0 { // the first step was long
		if k.early > 3*step {
			k.gaps.add(k.earlyAt, k.early, k.earlyPlace)
		} else {
			k.usual(k.early)
		}
		k.early = -1
	}
	long := step > isGap && step > 3*k.median()
	k.remember(step)
	if long {
		k.gaps.add(from, step, position)
		return false
	}
	k.usual(step)
	return true
}

func (k *trackClock) remember(step int64) {
	k.recent[k.next] = step
	k.next = (k.next + 1) % len(k.recent)
	k.n = min(k.n+1, len(k.recent))
}

func (k *trackClock) median() int64 {
	s := k.recent
	slices.Sort(s[:k.n])
	return s[(k.n-1)/2]
}

func (k *trackClock) usual(step int64) {
	if k.steps == 0 {
		k.least, k.most = step, step
	}
	k.steps++
	k.covered += step
	k.least, k.most = min(k.least, step), max(k.most, step)
	k.histogram[min(step, int64(len(k.histogram)-1))]++
	if step > 0 {
		k.step = step
	}
}

// settle judges the first step if there was no second.
func (k *trackClock) settle() {
	if k.early >= 0 && k.any {
		k.usual(k.early)
	}
	k.early = -1
}

// frameLength is how long a frame lasts, in ms, the last one too.
func (k *trackClock) frameLength() int64 {
	if k.step == 0 {
		return loneFrame
	}
	return k.step
}

// content is how long n frames last, in ms, without the gaps between them.
func (k *trackClock) content(n int64) int64 {
	if k.steps == 0 {
		return n * loneFrame
	}
	return int64(float64(k.covered) / float64(k.steps) * float64(n))
}

// rate is in frames per second, and constant if it could not be told from that by
// timestamps in ms.
func (k *trackClock) rate() (fps float64, constant bool) {
	if k.covered <= 0 {
		return 0, false
	}
	mean := float64(k.covered) / float64(k.steps)
	var near int64
	if last := len(k.histogram) - 1; mean >= float64(last) {
		if k.most-k.least <= 2 {
			near = k.steps
		}
	} else {
		for ms := max(int(mean)-1, 0); ms <= min(int(mean)+2, last-1); ms++ {
			near += k.histogram[ms]
		}
	}
	return float64(k.steps) * 1000 / float64(k.covered), near*100 >= k.steps*99
}

func (k *trackClock) spread() Spread {
	if k.steps == 0 {
		return Spread{}
	}
	return Spread{Milliseconds(k.least), round3(float64(k.covered) / float64(k.steps) / 1000), Milliseconds(k.most)}
}

// A keyMeter measures how far key frames are apart.
type keyMeter struct {
	count, distances       int64
	last                   int64 // ms
	since                  int64 // frames
	any                    bool  // last is a key frame's that time went on from
	sum, least, most       int64
	frames, fewest, utmost int64
}

func (m *keyMeter) add(at int64, key, steady bool) {
	if !steady {
		m.any = false
	}
	m.since++
	if !key {
		return
	}
	if d := at - m.last; m.any && d >= 0 {
		if m.distances == 0 {
			m.least, m.most, m.fewest, m.utmost = d, d, m.since, m.since
		}
		m.distances++
		m.sum += d
		m.frames += m.since
		m.least, m.most = min(m.least, d), max(m.most, d)
		m.fewest, m.utmost = min(m.fewest, m.since), max(m.utmost, m.since)
	}
	m.count++
	m.any, m.last, m.since = true, at, 0
}

func (m *keyMeter) report() *KeyFrames {
	r := &KeyFrames{Count: m.count, Distances: m.distances}
	if n := float64(m.distances); n > 0 {
		r.Distance = Spread{Milliseconds(m.least), round3(float64(m.sum) / n / 1000), Milliseconds(m.most)}
		r.MinFrames, r.MeanFrames, r.MaxFrames = m.fewest, round3(float64(m.frames)/n), m.utmost
	}
	return r
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
