//go:build linux

package main

import (
	"slices"
	"time"
)

// What time lines may be off by. Publishers begin at a moment that is known to
// some tenths of a second.
const (
	slack      = 700 * time.Millisecond // between runs
	fineSlack  = 100 * time.Millisecond // within one
	frameTime  = 40 * time.Millisecond
	sampleTime = time.Second * 1024 / 44100
	someTime   = 250 * time.Millisecond // in which nothing comes: a gap
)

// timeline compares the times in a file with those of the source.
func (v *verdict) timeline(file []recorded) {
	var (
		tracks  [2]tally
		shifts  = map[place][2][]time.Duration{}
		samples = map[string]bool{}
	)
	for _, r := range file {
		i := 0
		if r.video {
			i = 1
			samples[r.sample] = true
		}
		t := &tracks[i]
		t.count(r)
		p := place{r.run, t.pauses}
		both := shifts[p]
		both[i] = append(both[i], r.dts-r.at)
		shifts[p] = both
	}
	v.hole += max(tracks[0].hole, tracks[1].hole)
	v.back += max(tracks[0].back, tracks[1].back)
	v.leap += max(tracks[0].leap, tracks[1].leap)
	v.squeezed += tracks[0].squeezed + tracks[1].squeezed
	v.mixed = v.mixed || len(samples) > 1
	for _, both := range shifts {
		if len(both[0]) > 0 && len(both[1]) > 0 {
			v.apart = max(v.apart, (median(both[1]) - median(both[0])).Abs())
		}
	}
}

// A place is a stretch of a file in which both tracks are displaced alike.
type place struct{ run, pauses int }

// A tally is of one track of a file.
type tally struct {
	last             recorded
	any              bool
	pauses           int // in this run
	hole, back, leap time.Duration
	squeezed         int
}

func (t *tally) count(r recorded) {
	before, first := t.last, !t.any
	t.last, t.any = r, true
	if first {
		return
	}
	tolerance := fineSlack
	if r.run != before.run {
		t.pauses = 0
		tolerance = slack
	}
	switch step, due := r.dts-before.dts, r.wall.Sub(before.wall); {
	case step < 0:
		t.back -= step
	case due > someTime || step > someTime:
		if r.run == before.run {
			t.pauses++
		}
		t.hole += step
		if step > due+tolerance {
			t.leap += step - due
		}
	case step < due/4:
		t.squeezed++
	}
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}
