package flvout

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
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
			for seed := range uint64(3) {
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
	return inOrder(out, by, v.clock == "same", told, 40)
}

// inOrder tells whether frames are recorded in the order of the source, at the
// distances that they had within each connection, and whether it was told how much
// is missing.
func inOrder(out *census, by map[liveFrame]int, same bool, told []SpliceEvent, slack int64) error {
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
	if dist(say, missing) > int64(rejoins)*slack {
		return fmt.Errorf("told that %d ms are missing, in %d gaps, and it is %d", say, rejoins, missing)
	}
	if same && dist(all[len(all)-1].at-all[0].at, all[len(all)-1].src-all[0].src) > 40 {
		return fmt.Errorf("the recording is %d ms long, and it were %d", all[len(all)-1].at-all[0].at, all[len(all)-1].src-all[0].src)
	}
	return nil
}

// TestSplicerHandsOver lets a second connection, opened beside the first, take over
// at its first key frame, which the old one has or has not brought yet: nothing is
// twice or lost, and nothing is told to be missing that is not. Messages come up to
// 60 ms late.
func TestSplicerHandsOver(t *testing.T) {
	for _, clock := range []string{"same", "zero", "offset"} {
		for _, order := range []int{0, 60} { // ms by which the sound is ahead on the new one
			for past := -3000; past <= 3000; past += 325 { // ms that the old one has of what the new one begins with
				old := liveStream(25*20, 50, 40, func(at uint32) uint32 { return at + 5000 })
				v := liveServer{"key", clock}
				rnd := rand.New(rand.NewPCG(uint64(past+3000), 8))
				next, good := v.send(rnd, liveStream(25*20, 50, order, func(at uint32) uint32 { return at + 5000 }), liveLink{9000, 20_000})
				end := int64(10_000 + past)
				var told []SpliceEvent
				out := newCensus()
				s := NewSplicer(out, SplicerOptions{Event: func(e SpliceEvent) { told = append(told, e) }})
				want, by := map[liveFrame]bool{}, map[liveFrame]int{}
				write := func(tg Tag, at int64) {
					s.Arrived(ms(at + rnd.Int64N(60)))
					if err := s.WriteTag(tg); err != nil {
						t.Fatal(err)
					}
				}
				for _, tg := range old {
					if tg.at < end {
						write(tg.Tag, tg.at)
						if Classify(tg.Tag).Kind == KindFrame {
							want[numberOf(tg.Tag)] = true
						}
					}
				}
				if err := s.Rejoin(); err != nil {
					t.Fatal(err)
				}
				write(metadataFor(source{}), end)
				for _, tg := range next {
					write(tg.Tag, max(tg.at, end))
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				for _, f := range good {
					if !want[f] {
						want[f], by[f] = true, 1
					}
				}
				name := fmt.Sprintf("%s clock, sound %d ms ahead, %d ms past", clock, order, past)
				if n := len(out.at[0]) + len(out.at[1]); n != len(want) || out.twice > 0 {
					t.Errorf("%s: %d frames of %d, %d twice", name, n, len(want), out.twice)
				}
				if err := inOrder(out, by, clock == "same", told, 100); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				for _, e := range told {
					if e.Kind != Rejoined && e.Kind != RepeatDropped || past >= 0 && e.Kind == Rejoined && (e.Missing != 0 || e.Gap != 0) {
						t.Errorf("%s: told %+v", name, e)
					}
				}
			}
		}
	}
}

// TestSplicerBackup changes between two encoders of one programme, with the same
// settings, whose clocks have nothing to do with each other: no picture of either is
// lost or comes twice, time goes on, and no hole is left for which nothing is missing.
func TestSplicerBackup(t *testing.T) {
	for seed := range uint64(16) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		v := liveServer{[]string{"cache", "anywhere", "key", "sound"}[rnd.IntN(4)], "same"}
		var source [2][]liveTag
		for i := range source {
			start := rnd.Uint32()
			if seed%2 == 0 { // they were started together
				start = 1_000_000 + rnd.Uint32N(5000)
			}
			source[i] = liveStream(25*200, 50, 40*i, func(at uint32) uint32 { return at + start })
			for n := range source[i] {
				if tg := &source[i][n]; n >= 2 {
					f := numberOf(tg.Tag)
					f.id += i * 1_000_000
					tg.Body = map[int]Tag{0: sound(0, f.id), 1: picture(0, f.id, Classify(tg.Tag).Key)}[f.lane].Body
				}
			}
		}
		out := newCensus()
		var told []SpliceEvent
		s := NewSplicer(out, SplicerOptions{OnChange: ChangeKeep, Event: func(e SpliceEvent) { told = append(told, e) }})
		last, away, frames := [2]int64{-1, -1}, int64(0), 0
		out.seen = func(lane int, at uint32) {
			if int64(at) < last[lane] {
				t.Errorf("seed %d: %d behind %d", seed, at, last[lane])
			}
			if n := max(last[0], last[1]); n >= 0 && int64(at)-n > 2100+1100+away {
				t.Errorf("seed %d: a hole of %d ms", seed, int64(at)-n)
			}
			last[lane] = int64(at)
			frames++
		}
		want := 0
		for at, n := int64(0), 0; at < 180_000; n++ {
			l := liveLink{at, at + 3000 + rnd.Int64N(20_000)}
			sent, good := v.send(rnd, source[n%2], l)
			if n == 0 {
				good = slices.DeleteFunc(good, func(f liveFrame) bool { return f.lane == 0 && f.id*23 < numberOfKey(good)*40-lead })
			}
			for _, f := range good {
				if _, ok := out.at[f.lane][f.id]; !ok {
					want++
				}
			}
			if n > 0 {
				if err := s.Rejoin(); err != nil {
					t.Fatal(err)
				}
			}
			for _, tg := range sent {
				s.Arrived(ms(tg.at))
				if err := s.WriteTag(tg.Tag); err != nil {
					t.Fatal(err)
				}
			}
			away = []int64{0, 500, 3000}[rnd.IntN(3)]
			at = l.until + away
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if frames != want || out.twice > 0 {
			t.Errorf("seed %d, %s: %d frames of %d, %d twice", seed, v.join, frames, want, out.twice)
		}
		for _, e := range told {
			if e.Kind != Rejoined && e.Kind != RepeatDropped || e.Missing > 6200*time.Millisecond {
				t.Errorf("seed %d, %s: told %+v", seed, v.join, e)
			}
		}
	}
}

// numberOfKey is that of the first picture.
func numberOfKey(frames []liveFrame) int {
	i := slices.IndexFunc(frames, func(f liveFrame) bool { return f.lane == 1 })
	if i < 0 {
		return 1 << 30
	}
	return frames[i].id
}
