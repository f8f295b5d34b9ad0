package flvout

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A liveServer relays a live stream: what it sends to who comes, and by which clock.
type liveServer struct {
	join  string // cache: everything since the last key frame; anywhere; key: from the next one on; sound: the same, but for the sound
	clock string // same, zero: from 0 on for each connection, offset: any
}

// A liveLink is a connection, from the source's time from on until until, ms.
type liveLink struct{ from, until int64 }

// A liveFrame is a frame by lane and number.
type liveFrame struct{ lane, id int }

// send returns what is sent over a connection, with the arrivals, and of that what
// can be recorded.
func (v liveServer) send(rnd *rand.Rand, stream []liveTag, l liveLink) (sent []liveTag, good []liveFrame) {
	first := -1
	for i, tg := range stream[2:] {
		key := Classify(tg.Tag).Key
		if v.join == "cache" && key && tg.at <= l.from || first < 0 && tg.at >= l.from && (v.join != "key" || key) {
			first = i + 2
		}
		if tg.at >= l.until {
			break
		}
	}
	sent = slices.Clone(stream[:2])
	sent[0].at, sent[1].at = l.from, l.from
	if first < 0 {
		return sent, nil
	}
	var off uint32
	switch v.clock {
	case "zero":
		off = min(stream[first].Timestamp, stream[first+1].Timestamp, stream[first+2].Timestamp)
	case "offset":
		off = rnd.Uint32()
	}
	shown := false
	for _, tg := range stream[first:] {
		if tg.at >= l.until {
			break
		}
		shown = shown || Classify(tg.Tag).Key
		if v.join == "sound" && tg.Type == video && !shown {
			continue
		}
		if tg.Type == audio || shown {
			good = append(good, numberOf(tg.Tag))
		}
		tg.Timestamp -= off
		tg.at = max(tg.at, l.from)
		sent = append(sent, tg)
	}
	return sent, good
}

func numberOf(t Tag) liveFrame {
	n, i := 0, 3
	if t.Type == video {
		n, i = 1, 10
	}
	return liveFrame{n, int(uint32(t.Body[i])<<24 | uint32(t.Body[i+1])<<16 | uint32(t.Body[i+2])<<8 | uint32(t.Body[i+3]))}
}

// TestSplicerRejoinsLive loses a live stream dozens of times, to servers that keep the
// newest pictures for who comes and such that do not, with clocks of several kinds:
// what was delivered is recorded once, in order, and what is missing is told.
func TestSplicerRejoinsLive(t *testing.T) {
	for _, v := range []liveServer{
		{"cache", "same"}, {"cache", "zero"}, {"cache", "offset"},
		{"anywhere", "same"}, {"anywhere", "zero"}, {"anywhere", "offset"},
		{"key", "same"}, {"key", "zero"}, {"key", "offset"},
		{"sound", "same"}, {"sound", "zero"}, {"sound", "offset"},
	} {
		t.Run(v.join+"/"+v.clock, func(t *testing.T) {
			for seed := range uint64(6) {
				rnd := rand.New(rand.NewPCG(seed, 6))
				group := []int{25, 50, 250}[rnd.IntN(3)]
				stream := liveStream(25*300, group, rnd.IntN(3)*40, func(at uint32) uint32 { return at + 1_000_000 })
				var links []liveLink
				for at := int64(0); at < 290_000; {
					l := liveLink{at, at + 200 + rnd.Int64N(20_000)}
					links = append(links, l)
					at = l.until + []int64{10, 300, 3000, 9000}[rnd.IntN(4)] + rnd.Int64N(1000)
				}
				if err := rejoinLive(t, v, rnd, stream, links); err != nil {
					t.Errorf("seed %d, groups of %d: %v", seed, group, err)
				}
			}
		})
	}
}

func rejoinLive(t *testing.T, v liveServer, rnd *rand.Rand, stream []liveTag, links []liveLink) error {
	t.Helper()
	var told []SpliceEvent
	out := newCensus()
	s := NewSplicer(out, SplicerOptions{OnChange: ChangeKeep, Event: func(e SpliceEvent) { told = append(told, e) }})
	want := map[liveFrame]bool{}
	by := map[liveFrame]int{} // connection
	begun := false
	for i, l := range links {
		sent, good := v.send(rnd, stream, l)
		if i > 0 {
			if err := s.Rejoin(); err != nil {
				t.Fatal(err)
			}
		}
		key := slices.IndexFunc(good, func(f liveFrame) bool { return f.lane == 1 })
		if !begun && key >= 0 {
			begun = true
			for len(good) > 0 && good[0].lane == 0 && good[0].id*23 < good[key].id*40-lead {
				good = good[1:]
				key--
			}
		}
		if begun {
			for _, f := range good {
				if !want[f] {
					want[f], by[f] = true, i
				}
			}
		}
		for _, tg := range sent {
			s.Arrived(ms(tg.at))
			if err := s.WriteTag(tg.Tag); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	lost, extra := 0, 0
	var example liveFrame
	for f := range want {
		if _, ok := out.at[f.lane][f.id]; !ok {
			lost++
			example = f
		}
	}
	for n := range out.at {
		for id := range out.at[n] {
			if !want[liveFrame{n, id}] {
				extra++
			}
		}
	}
	if lost > 0 || extra > 0 || out.twice > 0 {
		return fmt.Errorf("%d of %d frames are lost, as %v of connection %d, %d came from nowhere, %d are there twice", lost, len(want), example, by[example], extra, out.twice)
	}
	return inOrder(out, by, v.clock == "same", told)
}

// inOrder tells whether frames are recorded in the order of the source, at the
// distances that they had within each connection, and whether it was told how much
// is missing.
func inOrder(out *census, by map[liveFrame]int, same bool, told []SpliceEvent) error {
	type framed struct {
		liveFrame
		src, at int64
	}
	var all []framed
	for n, frame := range [...]int{23, 40} {
		var list []framed
		for id, at := range out.at[n] {
			list = append(list, framed{liveFrame{n, id}, int64(id * frame), int64(at)})
		}
		slices.SortFunc(list, func(a, b framed) int { return a.id - b.id })
		for i := range list[1:] {
			if a, b := list[i], list[i+1]; b.at < a.at {
				return fmt.Errorf("frame %v at %d, and then %v at %d", a.liveFrame, a.at, b.liveFrame, b.at)
			}
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b framed) int { return int(a.src - b.src) })
	off := map[int]int64{}
	var missing, hole int64
	for i, f := range all {
		n := by[f.liveFrame]
		if _, ok := off[n]; !ok {
			off[n] = f.at - f.src
		}
		if d := dist(off[n], f.at-f.src); d > 40 {
			return fmt.Errorf("frame %v of connection %d is %d ms from its place", f.liveFrame, n, d)
		}
		if i > 0 {
			missing += max(0, f.src-all[i-1].src-40)
			hole = max(hole, f.at-all[i-1].at)
		}
	}
	var say int64
	rejoins := 0
	for _, e := range told {
		if e.Kind == Rejoined {
			say += e.Missing.Milliseconds()
			rejoins++
		}
	}
	if dist(say, missing) > int64(rejoins*40) {
		return fmt.Errorf("told that %d ms are missing, in %d gaps, and it is %d", say, rejoins, missing)
	}
	if same && dist(all[len(all)-1].at-all[0].at, all[len(all)-1].src-all[0].src) > 40 {
		return fmt.Errorf("the recording is %d ms long, and it were %d", all[len(all)-1].at-all[0].at, all[len(all)-1].src-all[0].src)
	}
	return nil
}
