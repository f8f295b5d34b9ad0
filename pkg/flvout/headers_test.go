package flvout

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// Tags of E-RTMP by their tracks.
func exVideo(body string) Tag { return Tag{Type: video, Body: []byte(body)} }
func exAudio(body string) Tag { return Tag{Type: audio, Body: []byte(body)} }

// manyTracks is a sequence header of several tracks.
func manyTracks(fourCC string, ids ...byte) Tag {
	b := []byte("\x96\x10" + fourCC)
	for _, id := range ids {
		b = append(b, id, 0, 0, 1, 'x')
	}
	return Tag{Type: video, Body: b}
}

// TestHeaders puts headers one after the other, and says which of them changed
// nothing, and which are in force.
func TestHeaders(t *testing.T) {
	var (
		avc, avc2    = exVideo("\x17\x00\x00\x00\x00\x01first"), exVideo("\x17\x00\x00\x00\x00\x01second")
		hevc         = exVideo("\x90hvc1head")
		colors       = exVideo("\xD4hvc1colour")
		first        = exVideo("\x96\x00hvc1\x01head")
		firstColors  = exVideo("\x86\x04hvc1\x01colour")
		firstAV1     = exVideo("\x96\x00av01\x01head")
		end          = exVideo("\x17\x02\x00\x00\x00")
		opus         = exAudio("\x90Opushead")
		layout       = exAudio("\x94Opuslayout")
		hiddenLayout = exAudio("\x97\x02\x00\x00\x00\x04Opushidden") // behind ModEx
		tracksLayout = exAudio("\x95\x04Opus\x00tracks")
		aac          = exAudio("\xAF\x00\x12\x10")
	)
	for name, c := range map[string]struct {
		put  []Tag
		same []int // those that change nothing
		want []Tag
	}{
		"frames are none":         {[]Tag{exVideo("\x91hvc1\x00\x00\x00key"), {Type: data, Body: []byte("x")}}, nil, nil},
		"audio and video":         {[]Tag{avc, aac, avc}, []int{2}, []Tag{avc, aac}},
		"a new one":               {[]Tag{avc, aac, avc2, avc}, nil, []Tag{aac, avc}},
		"behind an end":           {[]Tag{avc, aac, end, avc, aac}, []int{4}, []Tag{aac, avc}},
		"colours":                 {[]Tag{hevc, colors, hevc, colors}, []int{2, 3}, []Tag{hevc, colors}},
		"colours of before":       {[]Tag{hevc, colors, avc}, nil, []Tag{avc}},
		"colours of the others":   {[]Tag{first, firstColors, hevc, colors, avc}, nil, []Tag{first, firstColors, avc}},
		"colours of a track":      {[]Tag{first, firstColors, hevc, colors, firstAV1}, nil, []Tag{hevc, colors, firstAV1}},
		"tracks in pairs":         {[]Tag{manyTracks("hvc1", 1, 2), manyTracks("hvc1", 1, 3)}, nil, []Tag{manyTracks("hvc1", 1, 2), manyTracks("hvc1", 1, 3)}},
		"tracks in pairs, again":  {[]Tag{manyTracks("hvc1", 1, 2), manyTracks("av01", 1, 3), manyTracks("hvc1", 1, 2)}, nil, []Tag{manyTracks("av01", 1, 3), manyTracks("hvc1", 1, 2)}},
		"one of several":          {[]Tag{manyTracks("hvc1", 0, 1), avc, manyTracks("hvc1", 0, 1)}, nil, []Tag{manyTracks("hvc1", 0, 1)}},
		"layout beside a header":  {[]Tag{opus, layout, opus, layout}, []int{2, 3}, []Tag{opus, layout}},
		"layout behind ModEx":     {[]Tag{opus, hiddenLayout}, nil, []Tag{opus, hiddenLayout}},
		"layout in one of tracks": {[]Tag{opus, layout, tracksLayout}, nil, []Tag{opus, tracksLayout}},
		"layout of before":        {[]Tag{opus, layout, aac}, nil, []Tag{aac}},
	} {
		var h Headers
		var same []int
		for i, tg := range c.put {
			class := Classify(tg)
			if class.Kind == KindEnd {
				h.End(tg.Type)
				continue
			}
			before := h.Clone()
			list := all(&before)
			tg.Body = bytes.Clone(tg.Body)
			if h.Put(tg, &class) {
				same = append(same, i)
			}
			clear(tg.Body)
			if got := all(&before); !equalTags(got, list) {
				t.Errorf("%s: header %d changes the clone of those before", name, i)
			}
		}
		if got := all(&h); !slices.Equal(same, c.same) || !equalTags(got, c.want) {
			t.Errorf("%s: same %v, want %v; in force\n%q, want\n%q", name, same, c.same, bodies(got), bodies(c.want))
		}
	}
}

func all(h *Headers) (list []Tag) {
	for i := range h.Len() {
		list = append(list, h.At(i))
	}
	return list
}

func bodies(list []Tag) (b [][]byte) {
	for _, t := range list {
		b = append(b, t.Body)
	}
	return b
}

func equalTags(a, b []Tag) bool {
	return slices.EqualFunc(a, b, func(a, b Tag) bool { return a.Type == b.Type && bytes.Equal(a.Body, b.Body) })
}

// TestHeadersAreBounded puts headers for all tracks, which are more than is
// kept, and one that is too long by itself.
func TestHeadersAreBounded(t *testing.T) {
	var h Headers
	put := func(body []byte) {
		tg := Tag{Type: video, Body: body}
		c := Classify(tg)
		h.Put(tg, &c)
	}
	for id := range 256 {
		put([]byte("\x96\x00hvc1" + string([]byte{byte(id)}) + strings.Repeat("x", 20_000)))
	}
	if size := h.Size(); size > MaxHeaders || size < MaxHeaders-30_000 {
		t.Errorf("%d bytes are kept", size)
	}
	n := h.Len()
	if last := h.At(n - 1).Body[6]; last != 255 {
		t.Errorf("the last is of track %d", last)
	}
	put([]byte("\x96\x00hvc1\xFF" + strings.Repeat("x", MaxHeaders)))
	if h.Len() != n-1 {
		t.Errorf("%d headers, want %d", h.Len(), n-1)
	}
}

// TestHeadersAllocate: headers that come again and again allocate nothing, nor
// do they behind an end.
func TestHeadersAllocate(t *testing.T) {
	var h Headers
	tags := []Tag{manyTracks("hvc1", 1, 2), exVideo("\x90av01head"), exAudio("\x90Opushead"), exAudio("\x94Opuslayout")}
	if n := testing.AllocsPerRun(100, func() {
		h.End(video)
		for _, tg := range tags {
			c := Classify(tg)
			h.Put(tg, &c)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
