package flvout

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// TestIndexThins adds many times more key frames than there is room for.
func TestIndexThins(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name string
		gop  func(i int) uint32 // ms to the next key frame
		gap  uint32             // the widest that may be left at the end, with 64 entries for 9000 key frames
	}{
		{"2 s", func(int) uint32 { return 2000 }, 600_000},
		{"2 s and a little", func(int) uint32 { return 1980 + rnd.Uint32N(40) }, 600_000},
		{"at random", func(int) uint32 { return 1 + rnd.Uint32N(8000) }, 2_000_000},
		{"each frame", func(int) uint32 { return 40 }, 12_000},
		{"fast, then slow", func(i int) uint32 {
			if i < 4500 {
				return 40
			}
			return 10_000
		}, 3_000_000},
		{"slow, then fast", func(i int) uint32 {
			if i < 4500 {
				return 10_000
			}
			return 40
		}, 3_000_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			const room = 64
			x := newKeyIndex(room)
			x.Begin(IndexEntry{0, 100})
			first := IndexEntry{80, 200}
			e, all := first, map[IndexEntry]bool{}
			for i := range 9000 {
				x.Add(e)
				all[e] = true
				if i > room && x.Len() < room/2 || x.Len() > room {
					t.Fatalf("got %d entries after %d", x.Len(), i+1)
				}
				e.Time += c.gop(i)
				e.Position += 1000
			}
			got := x.Entries()
			if got[0] != (IndexEntry{0, 100}) || got[1] != first {
				t.Errorf("got %v first", got[:2])
			}
			for i, at := range got[1:] {
				if !all[at] {
					t.Fatalf("%v is no key frame", at)
				}
				next := e.Time
				if i+2 < len(got) {
					next = got[i+2].Time
				}
				if next <= at.Time || next-at.Time > c.gap {
					t.Errorf("got %d ms behind entry %d at %d", int64(next)-int64(at.Time), i+1, at.Time)
				}
			}
		})
	}
}

func TestIndexOdd(t *testing.T) {
	x := newKeyIndex(0)
	for i := range 100 {
		x.Add(IndexEntry{5, int64(i)}) // a clock that stands still
	}
	x.Add(IndexEntry{4, 100}) // and goes back
	if want := []IndexEntry{{5, 0}, {5, 0}}; !slices.Equal(x.Entries(), want) {
		t.Errorf("got %v, want %v", x.Entries(), want)
	}
	for i := range uint32(1000) {
		x.Add(IndexEntry{6 + i, 200 + int64(i)})
	}
	if x.Len() > minIndexEntries || x.Len() < minIndexEntries/2 {
		t.Errorf("got %d entries", x.Len())
	}
	x.cut(100)
	if want := []IndexEntry{{5, 0}, {5, 0}}; !slices.Equal(x.Entries(), want) {
		t.Errorf("cut: got %v, want %v", x.Entries(), want)
	}
	if n := testing.AllocsPerRun(1000, func() { x.Add(IndexEntry{x.entries[x.Len()-1].Time + x.spacing, 1}) }); n != 0 {
		t.Errorf("got %v allocations", n)
	}
}

// array is an AMF array of numbers.
func array(values ...float64) (a amf.StrictArray) {
	for _, v := range values {
		a = append(a, amf.Number(v))
	}
	return a
}

func TestReadIndex(t *testing.T) {
	object := func(ps ...amf.Property) *amf.Object { return &amf.Object{Properties: ps} }
	for name, c := range map[string]struct {
		keyframes amf.Value
		want      []IndexEntry
		err       error
	}{
		"ours":             {object(prop("times", array(0, 2.04)), prop("filepositions", array(9, 1e12))), []IndexEntry{{0, 9}, {2040, 1e12}}, nil},
		"FFmpeg's order":   {object(prop("filepositions", array(9)), prop("times", array(1))), []IndexEntry{{1000, 9}}, nil},
		"ECMA array":       {&amf.Object{Kind: amf.ECMAArray, Properties: object(prop("filepositions", array(9)), prop("times", array(1))).Properties}, []IndexEntry{{1000, 9}}, nil},
		"a spacer behind":  {object(prop("times", array(0)), prop("filepositions", array(9)), prop("spacer", array(0, 0))), []IndexEntry{{0, 9}}, nil},
		"empty":            {object(), nil, nil},
		"unequal":          {object(prop("times", array(0, 1)), prop("filepositions", array(9))), nil, errIndexLength},
		"one of them":      {object(prop("times", array(0, 1))), nil, errIndexLength},
		"not numbers":      {object(prop("times", amf.StrictArray{amf.Null{}}), prop("filepositions", array(9))), nil, errIndexForm},
		"not arrays":       {object(prop("times", amf.Number(0)), prop("filepositions", amf.Number(9))), nil, errIndexForm},
		"no object":        {amf.Number(1), nil, errIndexForm},
		"before the start": {object(prop("times", array(-1)), prop("filepositions", array(9))), nil, errIndexRange},
		"out of this file": {object(prop("times", array(0)), prop("filepositions", array(1e300))), nil, errIndexRange},
	} {
		got, err := ReadIndex(metadataTag(t, amf.ECMAArray, prop("width", amf.Number(1)), prop("keyframes", c.keyframes)).Body)
		if !slices.Equal(got, c.want) || err != c.err {
			t.Errorf("%s: got %v, %v; want %v, %v", name, got, err, c.want, c.err)
		}
	}
	for name, body := range map[string][]byte{
		"no index":     metadataTag(t, amf.ECMAArray, prop("width", amf.Number(1))).Body,
		"not metadata": {2, 0, 1, 'x', 3},
		"nothing":      nil,
	} {
		if got, err := ReadIndex(body); got != nil || err != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// TestReadIndexLong reads an index of more values than a Decoder makes.
func TestReadIndexLong(t *testing.T) {
	const n = 50_000
	var times, positions []float64
	for i := range n {
		times, positions = append(times, float64(i)), append(positions, float64(1000*i))
	}
	tg := metadataTag(t, amf.ECMAArray, prop("duration", amf.Number(7)),
		prop("keyframes", &amf.Object{Properties: []amf.Property{prop("times", array(times...)), prop("filepositions", array(positions...))}}),
		prop("width", amf.Number(1)))
	got, err := ReadIndex(tg.Body)
	if err != nil || len(got) != n || got[n-1] != (IndexEntry{(n - 1) * 1000, (n - 1) * 1000}) {
		t.Errorf("got %d entries, %v", len(got), err)
	}
	m := ParseMetadata(tg)
	if metadataFields(m) != 1 || m.Duration().Seconds() != 7 {
		t.Errorf("got %+v, want the width behind the index", m)
	}
	if o := reread(t, StreamMetadata(tg)); amf.Format(o) != "[width: 1]" {
		t.Errorf("got %s", amf.Format(o))
	}
}

// FuzzIndex reads the index of any body, and writes what it read.
func FuzzIndex(f *testing.F) {
	for _, n := range []int{0, 2, 8} {
		h := newHead(nil, 8)
		tg, _, _ := cutTag(h.finish(testSummary(8, n, true), 9)[headSize:])
		f.Add(tg.Body)
	}
	f.Add(metadataTag(f, amf.ECMAArray, prop("keyframes", &amf.Object{Kind: amf.ECMAArray,
		Properties: []amf.Property{prop("filepositions", array(9, 1e15)), prop("times", array(0, 4e6))}})).Body)
	f.Fuzz(func(t *testing.T, body []byte) {
		entries, err := ReadIndex(body)
		if err != nil || len(entries)*indexEntrySize > len(body) {
			if len(entries) > 0 {
				t.Errorf("got %d entries of %d bytes, and %v", len(entries), len(body), err)
			}
			return
		}
		again, err := readKeyframes(appendKeyframes(nil, entries)[2+len("keyframes"):])
		if err != nil || !slices.Equal(again, entries) {
			t.Errorf("got %v, %v; want %v", again, err, entries)
		}
		_ = StreamMetadata(Tag{Type: data, Body: body})
	})
}
