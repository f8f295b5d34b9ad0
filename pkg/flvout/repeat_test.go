package flvout

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// good returns the tags of the good minute, without the end of sequence.
func good(t testing.TB) []flvtest.Tag {
	return slices.DeleteFunc(flvtest.Find(t).Tags(), func(t flvtest.Tag) bool { return t.EndOfSequence() })
}

// retime moves tags in time, but for headers and metadata.
func retime(tags []flvtest.Tag, ts uint32, arrival time.Duration) []flvtest.Tag {
	tags = slices.Clone(tags)
	for i := range tags {
		if tags[i].Frame() {
			tags[i].Timestamp += ts
		}
		tags[i].Arrival += arrival
	}
	return tags
}

// inBurst lets tags arrive all at once.
func inBurst(tags []flvtest.Tag, at time.Duration) []flvtest.Tag {
	tags = slices.Clone(tags)
	for i := range tags {
		tags[i].Arrival = at
	}
	return tags
}

func keyAt(tags []flvtest.Tag, ts uint32) int {
	return slices.IndexFunc(tags, func(t flvtest.Tag) bool { return t.Key() && t.Timestamp == ts })
}

// TestSplicerRejoins breaks the good minute off at any tag, and takes it up again
// at any key frame of the seconds before, with any clock: it comes out whole. Of
// the order in which audio and video come, every connection has its own.
func TestSplicerRejoins(t *testing.T) {
	tags := good(t)
	for seed := range uint64(45) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		cut := 200 + rnd.IntN(len(tags)-400)
		from := tags[cut].Timestamp - tags[cut].Timestamp%2000
		if n := rnd.Uint32N(6) * 2000; n <= from {
			from -= n
		}
		var clock uint32
		if seed%2 == 1 {
			clock = rnd.Uint32()
		}
		away := time.Duration(rnd.IntN(5000)) * time.Millisecond
		again := slices.Concat(tags[:3], tags[keyAt(tags, from):])
		if seed%3 == 0 {
			// Up to 100 ms of sound come later.
			for i := range len(again) - 1 {
				if again[i].Type == audio && again[i].Frame() && rnd.IntN(3) == 0 && again[i+1].Type == video {
					again[i], again[i+1] = again[i+1], again[i]
				}
			}
		}
		again = retime(again, clock, away)
		for i := range again {
			again[i].Arrival = max(again[i].Arrival, tags[cut].Arrival+away)
		}
		again[0].Rejoin = true

		r := splice(t, slices.Concat(tags[:cut], again), SplicerOptions{})
		got := flvtest.Media(r.split(t))
		want := flvtest.Media(tags)
		if seed%3 == 0 {
			got, want = byTrack(got), byTrack(want)
		}
		if err := flvtest.Compare(got, want, 0); err != nil || len(r.files) != 1 {
			t.Errorf("seed %d, cut at %d ms, again from %d: %v\n%v %+v", seed, tags[cut].Timestamp, from, err, r.events, r.fixed)
		}
	}
}

// TestSplicerRejoinsBriefly has connections that break off again within the first
// frames, which are too few for a row: none is recorded twice, whether the server's
// clock goes on or is another for each connection, with sound, pictures, or both.
func TestSplicerRejoinsBriefly(t *testing.T) {
	all := good(t)
	without := func(typ tag.TagType) []flvtest.Tag {
		return slices.DeleteFunc(slices.Clone(all), func(t flvtest.Tag) bool { return t.Type == typ })
	}
	for name, tags := range map[string][]flvtest.Tag{"both": all, "pictures": without(audio), "sound": without(video)} {
		first := slices.IndexFunc(tags, flvtest.Tag.Frame)
		from := slices.IndexFunc(tags, func(t flvtest.Tag) bool { return t.Frame() && t.Timestamp >= 18_000 })
		for _, clock := range []uint32{0, 1_000_000} {
			for seed := range uint64(20) {
				rnd := rand.New(rand.NewPCG(seed, 9))
				sent := slices.Clone(tags[:from+1+rnd.IntN(6)])
				for n := range uint32(5) {
					again := slices.Concat(tags[:first], tags[from:from+1+rnd.IntN(6)])
					if n == 4 {
						again = slices.Concat(tags[:first], tags[from:])
					}
					again = retime(again, clock*n, time.Duration(n)*100*time.Millisecond)
					again[0].Rejoin = true
					sent = append(sent, again...)
				}
				r := splice(t, sent, SplicerOptions{})
				if err := flvtest.Compare(flvtest.Media(r.split(t)), flvtest.Media(tags), 0); err != nil {
					t.Errorf("%s, clocks %d apart, seed %d: %v\n%v", name, clock, seed, err, r.events)
				}
				if r.fixed.Missing != 0 {
					t.Errorf("%s, clocks %d apart, seed %d: %v are told to be missing", name, clock, seed, r.fixed.Missing)
				}
			}
		}
	}
}

// byTrack is audio behind video.
func byTrack(tags []flvtest.Tag) []flvtest.Tag {
	return slices.SortedStableFunc(slices.Values(tags), func(a, b flvtest.Tag) int { return int(b.Type) - int(a.Type) })
}

// A still is a stream in which nothing changes: its groups of pictures are all
// the same, and its sound is silence.
func still(seconds int, silence string) (tags []flvtest.Tag) {
	add := func(typ byte, at int, body string) {
		t := flvtest.Tag{Type: video, Timestamp: uint32(at), Arrival: time.Duration(at) * time.Millisecond, Body: []byte(body)}
		if typ == 8 {
			t.Type = audio
		}
		tags = append(tags, t)
	}
	add(9, 0, string(avcConfig))
	if strings.HasPrefix(silence, "\xAF") {
		add(8, 0, string(aacConfig))
	}
	for at := 0; at < seconds*1000; at += 20 {
		if n := at / 40 % 50; at%40 == 0 && n == 0 {
			add(9, at, "\x17\x01\x00\x00\x00\x00\x00\x02\x00\x65"+strings.Repeat("key", 170))
		} else if at%40 == 0 {
			add(9, at, "\x27\x01\x00\x00\x00\x00\x00\x02\x00\x41"+strings.Repeat(fmt.Sprintf("%03d", n), 170))
		}
		add(8, at, silence)
	}
	return tags
}

// TestSplicerRepeats sends streams that repeat, and such that only seem to.
func TestSplicerRepeats(t *testing.T) {
	tags := good(t)
	key := func(ts uint32) int { return keyAt(tags, ts) }
	headless := tags[3:]
	aac, pcm := "\xAF\x01\x01\x18\x20\x07", "\x3E"+strings.Repeat("\x00", 1764)
	onlySound := func(tags []flvtest.Tag) []flvtest.Tag {
		return slices.DeleteFunc(slices.Clone(tags), func(t flvtest.Tag) bool { return t.Type == video })
	}
	rejoined := func(tags []flvtest.Tag) []flvtest.Tag {
		tags = slices.Clone(tags)
		tags[0].Rejoin = true
		return tags
	}
	loop := func(n int, ts uint32) (all []flvtest.Tag) {
		all = append(all, tags[:key(6000)]...)
		for i := range n {
			all = append(all, retime(tags[3:key(6000)], ts*uint32(i+1), time.Duration(i+1)*6*time.Second)...)
		}
		return all
	}
	for name, c := range map[string]struct {
		tags    []flvtest.Tag
		repeats int64
		told    string
	}{
		"a still picture and silence": {still(60, aac), 0, ""},
		"a still picture and PCM":     {still(60, pcm), 0, ""},
		"a still picture, after a stall": {slices.Concat(still(20, aac)[:1500], inBurst(still(60, aac)[1500:2500], 40*time.Second),
			still(60, aac)[2500:]), 0, ""},
		"a still picture, resent": {slices.Concat(still(31, aac), rejoined(retime(still(60, aac)[150*14+2:], 0, time.Second))), 0,
			"rejoined"}, // nothing tells the same from the same
		"silence, rejoined": {slices.Concat(onlySound(still(10, pcm)), rejoined(retime(onlySound(still(10, pcm)), 0, 10*time.Second))), 0,
			"rejoined"},
		"sound alone, resent": {slices.Concat(onlySound(tags[:key(20_000)]), rejoined(retime(onlySound(tags[key(18_000):]), 5000, time.Second))), 86,
			"begun without video, rejoined, repeat dropped"},
		"a group twice, with new times, in a burst": {slices.Concat(tags[:key(18_000)],
			inBurst(retime(tags[key(16_000):key(18_000)], 2000, 0), 18*time.Second), retime(tags[key(18_000):], 2000, 0)), 0, ""},
		"a group twice, with new times, and in its own time": {slices.Concat(tags[:key(18_000)],
			retime(tags[key(16_000):], 2000, 2*time.Second)), 0, ""},
		"a group twice, with a clock that begins again": {slices.Concat(tags[:key(18_000)],
			retime(tags[key(16_000):], ^uint32(15_999), 0)), 136, "repeat dropped"},
		"three groups of different places": {slices.Concat(tags[:key(18_000)], tags[key(14_000):key(16_000)], tags[key(18_000):key(20_000)],
			tags[key(12_000):key(14_000)], tags[key(20_000):]), 272, "repeat dropped, repeat dropped"},
		"a key frame twice": {slices.Concat(headless[:0:0], tags[:key(18_000)+1], tags[key(18_000):]), 0, ""},
		"a loop of 6 s":     {loop(2, 6000), 0, ""},
		"a loop back to 0":  {loop(3, 0), 0, "clock jumped, clock jumped, clock jumped"},
		"a film whose sender starts again": {slices.Concat(tags[:key(14_000)], rejoined(retime(tags, 0, 15*time.Second))), 0,
			"rejoined"},
		"a film whose sender starts again, on the same connection": {slices.Concat(tags[:key(14_000)], retime(tags, 0, 16*time.Second)), 0,
			"clock jumped, gap cut out"},
		"a film whose sender starts again and stops": {slices.Concat(tags[:key(14_000)], rejoined(retime(tags[:key(2000)-5], 0, 15*time.Second))), 0,
			"rejoined"},
		"three groups that the server has kept": {slices.Concat(tags[:key(18_000)], rejoined(inBurst(retime(tags[key(12_000):key(18_000)], 5000, 0), 19*time.Second)),
			retime(tags[key(18_000):], 5000, time.Second)), 408, "rejoined, repeat dropped"},
		"a loop back to 0, unjudged": {inBurst(loop(2, 0), 0), 2 * 406, "repeat dropped"},
		"a loop without end": {inBurst(loop(8, 0), 0), 1352,
			"repeat dropped, source loops, clock jumped, clock jumped, clock jumped, clock jumped"},
	} {
		t.Run(name, func(t *testing.T) {
			r := splice(t, c.tags, SplicerOptions{})
			if got := strings.Join(r.told, ", "); got != c.told {
				t.Errorf("told %q, want %q", got, c.told)
			}
			v, a := flvtest.Frames(r.split(t))
			wv, wa := flvtest.Frames(c.tags)
			if r.fixed.Repeats != c.repeats || int64(v+a) != int64(wv+wa)-c.repeats {
				t.Errorf("%d and %d frames are written of %d and %d, %d are repeats, want %d\n%+v\n%v",
					v, a, wv, wa, r.fixed.Repeats, c.repeats, r.fixed, r.events)
			}
		})
	}
}

// TestSplicerLoopAfterStall loops a film of 20 s by a network that stalls for
// most of a second ahead of each beginning: what comes behind that comes fast, and
// is no repeat.
func TestSplicerLoopAfterStall(t *testing.T) {
	for _, stall := range []int64{0, 800, 950, 1500} {
		tags := liveStream(3000, 50, 0, func(at uint32) uint32 { return at })
		film := make(map[int][]byte) // bodies of the first 20 s, by type and time
		for i := range tags {
			tg := &tags[i]
			if d := tg.at % 20_000; d < stall && tg.at > 1000 {
				tg.at += stall - d
			}
			if i < 2 {
				continue
			}
			n := int(tg.Timestamp%20_000)<<1 | lane(tg.Type)
			if tg.Type == audio {
				n = int(tg.Timestamp/23%870*23) << 1
			}
			if tg.Timestamp < 20_000 {
				film[n] = tg.Body
			}
			tg.Body = film[n]
		}
		out, fix, told := sendLive(t, tags)
		if fix != (Corrections{}) || len(told) != 0 || out.last < 119_000 {
			t.Errorf("stall of %d ms: it lasts %d ms, told %v, %+v", stall, out.last, told, fix)
		}
	}
}
