package job

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// A film is a stream of H.264 and AAC in the order of time, headers first, of which
// no two frames are alike.
type film []flvout.Tag

// newFilm makes a film of 25 pictures a second, with a key frame each second.
func newFilm(seed uint64, length time.Duration) film {
	const perGroup, picture = 25, 40 // ms
	random := rand.New(rand.NewPCG(seed, 0))
	body := func(n, size int, head ...byte) []byte {
		b := binary.BigEndian.AppendUint32(head, uint32(n))
		for range size {
			b = append(b, byte(random.Uint32()))
		}
		return b
	}
	f := film{script(0, "onMetaData"), avcConfig(0, 1), aacConfig(0)}
	sound := 0
	at := func() int { return sound * 1024 * 1000 / 44100 } // ms
	for n := 0; n*picture < int(length.Milliseconds()); n++ {
		for ; at() < n*picture; sound++ {
			f = append(f, flvout.Tag{Type: audioTag, Timestamp: uint32(at()), Body: body(sound, 40+random.IntN(80), 0xAF, 1, 0x21)})
		}
		b := []byte{0x27, 1, 0, 0, 0, 0, 0, 0, 0, 0x41}
		size := 100 + random.IntN(800)
		if n%perGroup == 0 {
			b[0], b[9] = 0x17, 0x65
			size += 3000
		}
		b = body(n, size, b...)
		binary.BigEndian.PutUint32(b[5:], uint32(len(b)-9)) // of the one NAL unit
		f = append(f, flvout.Tag{Type: videoTag, Timestamp: uint32(n * picture), Body: b})
	}
	return f
}

// without is the film without one of its tracks.
func (f film) without(typ tag.TagType) film {
	return slices.DeleteFunc(slices.Clone(f), func(t flvout.Tag) bool { return t.Type == typ })
}

// sparse is the film with key frames every so many ms only.
func (f film) sparse(every uint32) film {
	f = slices.Clone(f)
	for i, t := range f {
		if t.Type == videoTag && flvout.Classify(t).Kind == flvout.KindFrame && t.Timestamp%every != 0 {
			b := bytes.Clone(t.Body)
			b[0], b[9] = 0x27, 0x41
			f[i].Body = b
		}
	}
	return f
}

// script plays the film, which has begun now, from the newest group of pictures on;
// anew: with a clock that is at 0 then.
func (f film) script(group time.Duration, anew bool) rtmptest.Script {
	begun := time.Now()
	return func(p *rtmptest.Peer) {
		p.AcceptPlay()
		from := uint32(time.Since(begun).Truncate(group).Milliseconds())
		base := uint32(0)
		if anew {
			base = from
		}
		for _, t := range f {
			at := max(t.Timestamp, from)
			switch frame := flvout.Classify(t).Kind == flvout.KindFrame; {
			case frame && t.Timestamp < from:
				continue
			case frame:
				time.Sleep(time.Until(begun.Add(ms(at))))
			}
			p.Send(message.Message{
				ChunkStreamID: uint32(t.Type), Type: message.Type(t.Type), StreamID: rtmptest.StreamID,
				Timestamp: at - base, Payload: t.Body,
			})
		}
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	}
}

// write makes a file of it.
func (f film) write(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "film.flv")
	if err := os.WriteFile(name, flv(f...), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// publish sends it, speed times as fast as it plays, and takes its leave.
func (f film) publish(ctx context.Context, client *rtmp.Client, to *rtmp.Target, speed float64) error {
	p, err := client.Publish(ctx, to)
	if err != nil {
		return err
	}
	begun := time.Now()
	for i := range f {
		t := &f[i]
		due := begun.Add(time.Duration(float64(t.Timestamp) / speed * float64(time.Millisecond)))
		if wait := time.Until(due); wait > 0 {
			if err := p.Flush(); err != nil {
				return err
			}
			time.Sleep(wait)
		}
		if err := p.Write(&message.Message{Type: message.Type(t.Type), Timestamp: t.Timestamp, Payload: t.Body}); err != nil {
			return err
		}
	}
	return p.Close()
}

// A copied film is how it compares with a recording of it.
type copied struct {
	frames int // recorded

	lost  []int // that arrived, and are not recorded
	twice []int
	order []int // that stand behind a later one
	back  []int // whose time is before that of the one before in their track
	moved []int // whose distance from the first one is another

	holes []hole
}

// A hole is where some of the film is missing within a recording.
type hole struct {
	missing time.Duration
	behind  uint32 // ms, the film's time where it ends
}

// compare finds out what became of the film. arrived are the messages that came by
// each connection. What came before a connection's first key frame does not count.
func (f film) compare(t *testing.T, recording string, arrived [][]*message.Message) (c copied) {
	t.Helper()
	index := make(map[string]int, len(f))
	for i, tg := range f {
		if flvout.Classify(tg).Kind == flvout.KindFrame {
			index[string(tg.Body)] = i
		}
	}
	came := make([]bool, len(f))
	for _, ms := range arrived {
		keyed := false
		for _, m := range ms {
			if i, ok := index[string(m.Payload)]; ok {
				keyed = keyed || f[i].Body[0] == 0x17
				came[i] = came[i] || keyed
			}
		}
	}
	b, err := os.ReadFile(recording)
	if err != nil {
		t.Fatal(err)
	}
	count := make([]int, len(f))
	last := -1
	var (
		shift  uint32
		newest = map[tag.TagType]uint32{}
	)
	for _, tg := range tags(t, b) {
		i, ok := index[string(tg.Body)]
		if !ok {
			continue
		}
		c.frames++
		count[i]++
		switch {
		case last < 0:
			shift = tg.Timestamp - f[i].Timestamp
		case i <= last:
			c.order = append(c.order, i)
		case i > last+1:
			c.holes = append(c.holes, hole{ms(f[i].Timestamp - f[last+1].Timestamp), f[i].Timestamp})
		}
		if tg.Timestamp-f[i].Timestamp != shift {
			c.moved = append(c.moved, i)
		}
		if tg.Timestamp < newest[tg.Type] {
			c.back = append(c.back, i)
		}
		last = max(last, i)
		newest[tg.Type] = tg.Timestamp
	}
	for i := range f {
		switch {
		case came[i] && count[i] == 0:
			c.lost = append(c.lost, i)
		case count[i] > 1:
			c.twice = append(c.twice, i)
		}
	}
	return c
}

func ms(n uint32) time.Duration { return time.Duration(n) * time.Millisecond }

// missing is how much of the film lacks between the recording's ends.
func (c *copied) missing() (d time.Duration) {
	for _, h := range c.holes {
		d += h.missing
	}
	return d
}

// at are some places in a film, for people.
func (f film) at(list []int) (times []time.Duration) {
	for _, i := range list[:min(len(list), 5)] {
		times = append(times, ms(f[i].Timestamp))
	}
	return times
}
