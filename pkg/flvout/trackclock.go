package flvout

import "slices"

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
func (k *trackClock) frameLength() int64 { return lastStep(k.step, 0, 0) }

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
