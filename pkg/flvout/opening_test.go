package flvout

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// open writes tags without closing and returns what came out so far.
func open(t *testing.T, tags ...Tag) (*Writer, *bytes.Buffer) {
	t.Helper()
	out := new(bytes.Buffer)
	w := NewWriter(out)
	for _, tg := range tags {
		if err := w.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
	}
	return w, out
}

func TestOpening(t *testing.T) {
	bothAnnounced := metadataTag(t, amf.Anonymous, prop("videocodecid", amf.Number(7)),
		prop("audiocodecid", amf.Number(10)))
	onlyVideo := metadataTag(t, amf.Anonymous, prop("width", amf.Number(320)), prop("videocodecid", amf.Number(7)),
		prop("audiocodecid", amf.Number(0))) // as nginx-rtmp says it
	vc, ac := Tag{video, 0, avcConfig}, Tag{audio, 0, aacConfig}
	for _, c := range []struct {
		name  string
		tags  []Tag
		flags byte // 0: still held
		ts    []uint32
	}{
		{"nothing", nil, 0, nil},
		{"metadata alone", []Tag{bothAnnounced}, 0, nil},
		{"headers alone", []Tag{vc, ac}, 0, nil},
		{"video alone", []Tag{vc, avcFrame(100, 1, true), avcFrame(2099, 2, false)}, 0, nil},
		{"video for 2 s", []Tag{vc, avcFrame(100, 1, true), avcFrame(2100, 2, false)}, 1, []uint32{0, 0, 2000}},
		{"audio for 2 s", []Tag{aacFrame(100, 1), aacFrame(2100, 2)}, 4, []uint32{0, 2000}},
		{"both", []Tag{vc, ac, avcFrame(1000, 1, true), aacFrame(1010, 2)}, 5, []uint32{0, 0, 0, 10}},
		{"audio a little before", []Tag{vc, ac, avcFrame(1000, 1, true), aacFrame(990, 2)}, 5,
			[]uint32{0, 0, 10, 0}},
		{"audio before, over 2^32", []Tag{vc, avcFrame(3, 1, true), aacFrame(0xFFFFFFFD, 2)}, 5, []uint32{0, 6, 0}},
		{"a header late in the wait", []Tag{avcFrame(1000, 1, true), avcFrame(1040, 2, false), {audio, 0, aacConfig},
			aacFrame(1030, 1)}, 5, []uint32{0, 40, 40, 30}},
		{"audio is announced by its header", []Tag{ac, avcFrame(0, 1, true), avcFrame(2000, 2, false)}, 5,
			[]uint32{0, 0, 2000}},
		{"both are announced", []Tag{bothAnnounced, avcFrame(0, 1, true), avcFrame(2000, 2, false)}, 5,
			[]uint32{0, 2000}},
		{"video is announced", []Tag{onlyVideo, avcFrame(0, 1, true), avcFrame(2000, 2, false)}, 1,
			[]uint32{0, 2000}},
		{"1 MiB", []Tag{{video, 0, append(bytes.Clone(avcFrame(0, 0, true).Body), make([]byte, maxHeldSize)...)}}, 1,
			[]uint32{0}},
		{"time goes back", []Tag{avcFrame(5000, 1, true), avcFrame(3000, 2, false)}, 1, []uint32{2000, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, out := open(t, c.tags...)
			if c.flags == 0 {
				if out.Len() > 0 || w.Begun() {
					t.Fatalf("%d bytes were written", out.Len())
				}
				size := w.Size()
				if err := errors.Join(w.Begin(), w.Flush()); err != nil {
					t.Fatal(err)
				}
				if w.Begun() && w.Size() != size || w.Begun() && size != int64(out.Len()) {
					t.Errorf("%d bytes, then %d, were foretold as %d", w.Size(), out.Len(), size)
				}
				return
			}
			if out.Len() == 0 {
				t.Fatal("still held")
			}
			b := out.Bytes()
			if b[4] != c.flags {
				t.Errorf("got flags %d, want %d", b[4], c.flags)
			}
			oracle(t, b)
			got := media(scan(t, b))
			if !slices.Equal(timestamps(got), c.ts) {
				t.Errorf("got timestamps %v, want %v", timestamps(got), c.ts)
			}
			for i, want := range media(c.tags) {
				if !bytes.Equal(got[i].Body, want.Body) {
					t.Errorf("tag %d differs", i)
				}
			}
		})
	}
}

// TestOpeningForced lets the caller end the wait, as it does when a stream goes
// quiet.
func TestOpeningForced(t *testing.T) {
	w, out := open(t, metadataTag(t, amf.Anonymous))
	if err := w.Begin(); err != nil || out.Len() > 0 {
		t.Fatalf("got %v and %d bytes, want nothing to begin with", err, out.Len())
	}
	if err := w.WriteTag(aacFrame(70, 1)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil || out.Len() > 0 {
		t.Fatalf("got %v and %d bytes, want a Flush that does not end the wait", err, out.Len())
	}
	if err := w.Begin(); err != nil || out.Len() == 0 {
		t.Fatalf("got %v and %d bytes", err, out.Len())
	}
	// Video comes late and from before the beginning.
	for _, tg := range []Tag{{video, 0, avcConfig}, avcFrame(60, 2, true), aacFrame(93, 3)} {
		if err := w.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	tags := scan(t, out.Bytes())
	if got, want := timestamps(tags), []uint32{0, 0, 0, 0, 23}; !slices.Equal(got, want) {
		t.Errorf("got timestamps %v, want %v", got, want)
	}
	if out.Bytes()[4] != 4 {
		t.Errorf("got flags %d, want audio's 4", out.Bytes()[4])
	}
}

// TestOpeningClose must not lose a stream that ended before the wait did.
func TestOpeningClose(t *testing.T) {
	out := written(t, Tag{audio, 0, aacConfig}, aacFrame(10, 1), aacFrame(33, 2))
	if got, want := timestamps(scan(t, out)), []uint32{0, 0, 23}; !slices.Equal(got, want) || out[4] != 4 {
		t.Errorf("got timestamps %v and flags %d, want %v and 4", got, out[4], want)
	}
	if out := written(t); len(out) > 0 {
		t.Errorf("got % x for no stream, want nothing", out)
	}
	if out := written(t, metadataTag(t, amf.Anonymous)); len(out) > 0 {
		t.Errorf("got % x for no media, want nothing", out)
	}
}
