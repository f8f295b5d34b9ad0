package flvout

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"
)

// TestTimelineRandom maps what no source sends, for long: no track goes back, and
// no tag is put where the other track is not.
func TestTimelineRandom(t *testing.T) {
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		l := timeline{fixed: new(Corrections)}
		var ts uint32
		var at time.Duration
		check := monotonic(t)
		for range 20_000 {
			ts, at = ts+uint32(rnd.IntN(60)), at+time.Duration(rnd.IntN(60))*time.Millisecond
			track := []tag.TagType{audio, video}[rnd.IntN(2)]
			tagTS := ts - uint32(rnd.IntN(30))
			switch rnd.IntN(500) {
			case 0:
				ts = rnd.Uint32()
			case 1:
				ts = 0
			case 2:
				tagTS = rnd.Uint32()
			case 3:
				l.reconnect()
			case 4:
				at += time.Duration(rnd.IntN(2000)) * time.Second
			case 5:
				ts += uint32(rnd.IntN(700_000))
			case 6:
				ts -= uint32(rnd.IntN(10_000))
			}
			if seed%2 == 0 {
				l.arrived(at)
			}
			out, _ := l.Map(track, tagTS)
			check(track, out)
		}
	}
}

// monotonic returns a check that no track goes back.
func monotonic(t testing.TB) func(track tag.TagType, out uint32) {
	var last [2]uint32
	var begun [2]bool
	return func(track tag.TagType, out uint32) {
		n := lane(track)
		if begun[n] && int32(out-last[n]) < 0 {
			t.Fatalf("type %d goes back from %d to %d", track, last[n], out)
		}
		last[n], begun[n] = out, true
	}
}

func BenchmarkTimeline(b *testing.B) {
	stream := avStream(60)
	b.ReportAllocs()
	l := timeline{fixed: new(Corrections)}
	i, base := 0, uint32(0)
	for b.Loop() {
		k := &stream[i]
		l.arrived(k.arrived)
		l.Map(k.track, k.ts+base)
		if i++; i == len(stream) {
			i, base = 0, base+60_000
		}
	}
}

// FuzzTimeline maps any sequence of tags, arrivals and connections.
func FuzzTimeline(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 8, 0, 0, 0, 40, 9, 0, 0, 0, 23, 64, 0, 0, 0, 0, 8, 0, 1, 0, 0})
	f.Add([]byte{8, 0, 0xFF, 0xFF, 0xF0, 8, 0, 0, 0, 10, 9, 0, 0xFF, 0xFF, 0xFF, 128, 0, 0, 0, 5, 8, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		l := timeline{fixed: new(Corrections)}
		var at time.Duration
		check := monotonic(t)
		for ; len(b) >= 5; b = b[5:] {
			n := uint32(b[1])<<24 | uint32(b[2])<<16 | uint32(b[3])<<8 | uint32(b[4])
			switch op := b[0]; {
			case op&128 != 0:
				at += time.Duration(n) * time.Millisecond
				l.arrived(at)
			case op&64 != 0:
				l.reconnect()
			default:
				track := []tag.TagType{audio, video}[op&1]
				begun := l.begun
				p := l.place(lane(track), n)
				out, shift := l.take(p)
				if begun && p.fits && !p.wraps && uint32(p.pos)+shift != out {
					t.Fatalf("%d lies at %d and comes out as %d, shift %d", n, p.pos, out, shift)
				}
				check(track, out)
			}
		}
	})
}
