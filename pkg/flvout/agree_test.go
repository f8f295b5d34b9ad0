package flvout

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// TestAgree: an inspection tells what Repair does, finds a fault or something to
// be had in whatever it changes, and nothing in what it leaves.
func TestAgree(t *testing.T) {
	advised := map[string]string{ // the cases without a fault that are mended all the same
		"08": "no_index", "12": "no_index", "12b": "no_index", "29": "no_index",
		"36": "no_index", "31b": "no_index", "31e": "no_index", "40i": "no_index", "40k": "no_index", "40l": "no_index", "19b": "no_index",
		"31c": "odd_metadata no_index", "31d": "odd_metadata no_index",
		"31f": "odd_metadata", "40d": "odd_metadata", "40e": "odd_metadata", "40f": "odd_metadata",
		"31": "no_metadata no_index", "43": "no_metadata no_index",
	}
	left := map[string]bool{"40": true, "40b": true, "40c": true, "40g": true, "40h": true, "40j": true}
	for c := range flvtest.Cases(t, flvtest.Repair) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			before := agree(t, c.File)
			got := words(before.Advice)
			switch want, ok := advised[c.ID]; {
			case left[c.ID]:
				if before.Repair != RepairNone {
					t.Errorf("got %v, %q and %q, want that there is nothing to do", before.Faults, got, before.Repair)
				}
			case strings.HasPrefix(c.ID, "5") && len(before.Faults) == 0: // they have no metadata
				if got != "no_metadata no_index" {
					t.Errorf("got %q, want no_metadata and no_index", got)
				}
			case ok != (len(before.Faults) == 0), ok && got != want:
				t.Errorf("got %v and %q, want %q", before.Faults, got, want)
			}
		})
	}
}

// words joins advices.
func words(list []Advice) string {
	var s []string
	for _, a := range list {
		s = append(s, string(a))
	}
	return strings.Join(s, " ")
}

// agree inspects a file, mends it, and inspects it again.
func agree(t *testing.T, b []byte) (before *Report) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "show.flv")
	write(t, path, b)
	before = inspect(t, b)
	done, err := Repair(path, RepairOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := map[Action]string{ActionNone: RepairNone, ActionInPlace: RepairPlace, ActionCopy: RepairCopy}[done.Action]; before.Repair != want {
		t.Errorf("got %q, but Repair does %q", before.Repair, want)
	}
	if changes := len(before.Faults)+len(before.Advice) > 0; changes != (done.Action != ActionNone) {
		t.Errorf("got %v and %v, but Repair does %q", before.Faults, before.Advice, before.Repair)
	}
	after := inspect(t, readFile(t, path))
	if len(after.Faults)+len(after.Advice) > 0 || after.Repair != RepairNone {
		t.Errorf("of what was mended: got %v, %v and %q, %+v, %+v", after.Faults, after.Advice, after.Repair, after.Metadata.Wrong, after.Index)
	}
	return before
}

// TestAgreeOnHead changes what a file of ours says about itself, by little and by
// much.
func TestAgreeOnHead(t *testing.T) {
	good := roomy(t, "bars.flv")
	entries, err := ReadIndex(scan(t, good)[0].Body)
	if err != nil {
		t.Fatal(err)
	}
	number := func(name string, f float64) []byte {
		at := strings.Index(string(good), "\x00"+string(rune(len(name)))+name+"\x00") + 2 + len(name)
		b := slices.Clone(good)
		copy(b[at:], appendNumber(nil, f))
		return b
	}
	index := func(list []IndexEntry) []byte {
		at := strings.Index(string(good), "\x00\x09keyframes")
		b := slices.Clone(good)
		copy(b[at:], appendKeyframes(nil, list))
		return b
	}
	later := func(ms uint32) []byte {
		list := slices.Clone(entries)
		for i := range list {
			list[i].Time += ms
		}
		return index(list)
	}
	short := slices.Clone(entries) // of as many entries, in which the last key frames are not
	for i := len(short) / 2; i < len(short); i++ {
		short[i] = short[len(short)/2-1]
	}
	for name, c := range map[string]struct {
		file []byte
		want []Fault
	}{
		"as it was":               {good, nil},
		"another width":           {number("width", 1234), []Fault{FaultMetadata}},
		"twice the frames":        {number("framerate", 50), []Fault{FaultMetadata}},
		"a rounded rate":          {number("framerate", 25.2), nil},
		"0.4 s longer":            {number("duration", 10.48), nil},
		"0.6 s longer":            {number("duration", 10.69), []Fault{FaultMetadata}},
		"another size":            {number("filesize", 5), []Fault{FaultMetadata}},
		"times by 0.4 s":          {later(400), nil},
		"times by 0.6 s":          {later(600), []Fault{FaultIndex}},
		"half of the index":       {index(short), []Fault{FaultIndex}},
		"positions of other tags": {index([]IndexEntry{{0, 5}, {0, 6}}), []Fault{FaultIndex}},
	} {
		t.Run(name, func(t *testing.T) {
			if r := agree(t, c.file); !slices.Equal(r.Faults, c.want) {
				t.Errorf("got %v and %+v, want %v", r.Faults, r.Index, c.want)
			}
		})
	}
}

// TestAgreeOnTags: what is mended although it is neither damage nor in the head.
func TestAgreeOnTags(t *testing.T) {
	good := roomy(t, "bars.flv")
	at := offsets(t, good)
	inter := slices.IndexFunc(scan(t, good), func(tg Tag) bool { return tg.Type == video && tg.Body[0] == 0x27 })
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"reserved flags": {edited(good, 4, "\xFF"), ""},
		"a seek command": {edited(good, at[inter]+tagHeaderSize, "\x57"), "odd_tags"},
	} {
		t.Run(name, func(t *testing.T) {
			if r := agree(t, c.file); len(r.Faults) > 0 || words(r.Advice) != c.want {
				t.Errorf("got %v and %v, want %q", r.Faults, r.Advice, c.want)
			}
		})
	}
}

// TestAgreeOnRate: the frame rates that a File writes are right, also slow ones.
func TestAgreeOnRate(t *testing.T) {
	sps := []byte("\x17\x00\x00\x00\x00" + string(scan(t, sample(t, "bars.flv"))[1].Body[5:])) // says 25
	for step, want := range map[uint32]float64{40: 25, 200: 5, 999: 1, 1000: 1, 1001: 1, 4000: 0.25, 100_000: 0.01, 3_600_000: 0.00028} {
		tags := []Tag{{video, 0, sps}}
		for i := range uint32(20) {
			tags = append(tags, avcFrame(i*step, byte(i), i%5 == 0))
		}
		b := written(t, tags...)
		agree(t, b)
		path := filepath.Join(t.TempDir(), "show.flv")
		f, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		writeAll(t, f, tags)
		m := ParseMetadata(scan(t, readFile(t, path))[0])
		if got, _ := amf.AsNumber(m.fields.Get("framerate")); got < 0.97*want || got > 1.03*want {
			t.Errorf("a frame in %d ms: got %v a second, want %v", step, got, want)
		}
		if r := inspect(t, readFile(t, path)); len(r.Faults) > 0 {
			t.Errorf("a frame in %d ms: got %v, %+v", step, r.Faults, r.Metadata.Wrong)
		}
	}
}
