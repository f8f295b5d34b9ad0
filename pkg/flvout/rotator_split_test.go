package flvout

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// headerKinds are those of the tags of a type ahead of its first frame.
func headerKinds(tags []Tag, typ byte) (kinds []Kind) {
	for _, tg := range tags {
		c := Classify(tg)
		if byte(tg.Type) != typ {
			continue
		}
		if c.movesClock() {
			break
		}
		kinds = append(kinds, c.Kind)
	}
	return kinds
}

// Split cuts before the next frame, and what describes that is in the new file.
func TestRotatorSplit(t *testing.T) {
	const at = 200
	tags := source{ms: 10_000, gop: 2000}.tags()
	i := slices.IndexFunc(tags[at:], func(tg Tag) bool { c := Classify(tg); return c.Key }) + at
	config := bytes.Clone(avcConfig)
	config[8]++
	tags = slices.Insert(tags, i, Tag{video, tags[i].Timestamp, config})
	out := rotate(t, RotatorOptions{}, tags, func(r *Rotator, n int) {
		if n == i || n == 0 { // nothing is split off before the beginning
			if err := r.Split(); err != nil {
				t.Error(err)
			}
		}
	})
	checkRow(t, out.files, tags)
	if len(out.files) != 2 || !slices.Equal(out.whys, []Cut{CutSplit, CutEnd}) {
		t.Fatalf("%d files that end by %v", len(out.files), out.whys)
	}
	for n, want := range [][]byte{avcConfig, config} {
		var got [][]byte
		for _, tg := range scan(t, out.files[n]) {
			if c := Classify(tg); c.Kind == KindConfig && c.video {
				got = append(got, tg.Body)
			}
		}
		if len(got) != 1 || !bytes.Equal(got[0], want) {
			t.Errorf("file %d has the configurations %x, want %x", n, got, want)
		}
	}
}

// What changes of the other track behind a split is in the new file alone too; what
// does not is there all the same.
func TestRotatorSplitBoth(t *testing.T) {
	for name, changed := range map[string]bool{"both": true, "video": false} {
		tags := []Tag{{video, 0, avcConfig}, {audio, 0, aacConfig}, avcFrame(0, 1, true), aacFrame(0, 1)}
		video2, audio2 := append(bytes.Clone(avcConfig), 2), append(bytes.Clone(aacConfig), 2)
		after := []Tag{{video, 40, video2}, avcFrame(40, 2, true), avcFrame(80, 3, false), {audio, 60, audio2}, aacFrame(60, 2), avcFrame(120, 4, false)}
		want := audio2
		if !changed {
			after, want = slices.Delete(after, 3, 4), aacConfig
		}
		out := rotate(t, RotatorOptions{}, slices.Concat(tags, after), func(r *Rotator, i int) {
			if i == len(tags) {
				if err := r.Split(); err != nil {
					t.Error(err)
				}
			}
		})
		if len(out.files) != 2 {
			t.Fatalf("%s: %d files", name, len(out.files))
		}
		checkRow(t, out.files, slices.Concat(tags, after))
		var got [][]byte
		for _, tg := range scan(t, out.files[1]) {
			if c := Classify(tg); c.Kind == KindConfig {
				got = append(got, tg.Body)
			}
		}
		if len(got) != 2 || !bytes.Equal(got[0], video2) || !bytes.Equal(got[1], want) {
			t.Errorf("%s: the new file has the configurations %x", name, got)
		}
	}
}

// A header in front of a key frame at which a file is cut belongs to the new one,
// and one in front of any other stays where it is.
func TestRotatorHeaders(t *testing.T) {
	frame := func(ts uint32, key bool) Tag {
		b := []byte("\xa1hvc1...")
		if key {
			b[0] = 0x91
		}
		return Tag{video, ts, b}
	}
	layout, layout2 := exAudio("\x94Opus\x01\x02"), exAudio("\x94Opus\x01\x06")
	track1 := exVideo("\x96\x00hvc1\x01track 1")
	tags := []Tag{
		layout, exAudio("\x90OpusHead"), exVideo("\x94hvc1colours"), track1, exVideo("\x90hvc1config"),
		frame(0, true), exAudio("\x91Opus1"), layout2, frame(40, false), exVideo("\x90hvc1other"), frame(1000, true), frame(1040, false),
	}
	// A key frame of another track is no place to cut at.
	other := exVideo("\x96\x01hvc1\x01frame")
	other.Timestamp = 900
	tags = slices.Insert(tags, 9, other)
	out := rotate(t, RotatorOptions{Time: 500 * time.Millisecond}, tags, nil)
	if len(out.files) != 2 {
		t.Fatalf("%d files, want 2", len(out.files))
	}
	for i, want := range []string{
		"\x94Opus\x01\x02 \x90OpusHead \x94hvc1colours \x96\x00hvc1\x01track 1 \x90hvc1config \x91hvc1... \x91Opus1 \x94Opus\x01\x06 \xa1hvc1... \x96\x01hvc1\x01frame",
		"\x96\x00hvc1\x01track 1 \x90hvc1other \x94hvc1colours \x90OpusHead \x94Opus\x01\x06 \x91hvc1... \xa1hvc1...",
	} {
		var got []string
		for _, tg := range media(scan(t, out.files[i])) {
			if c := Classify(tg); c.Kind != KindEnd {
				got = append(got, string(tg.Body))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("file %d:\ngot  %q\nwant %q", i, strings.Join(got, " "), want)
		}
	}
}
