package flvtest

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestGood checks what the sheet of cases presumes of the good minute.
func TestGood(t *testing.T) {
	s := Find(t)
	video, audio := Frames(s.Tags())
	if video != 1500 || audio != 2585 {
		t.Errorf("got %d video and %d audio frames, want 1500 and 2585", video, audio)
	}
	if got := File(FlagAudio|FlagVideo, s.Tags()...); !bytes.Equal(got, Good(t)) {
		t.Error("its tags do not make the file again")
	}
	seen := map[string]int{}
	for i, tg := range s.Tags() {
		if !tg.Frame() {
			continue
		}
		if j, ok := seen[string(tg.Body)]; ok {
			t.Errorf("tags %d and %d are alike", j, i)
		}
		seen[string(tg.Body)] = i
	}
	if m := s.tags[s.mark]; !m.Key() || m.Timestamp != 20_000 || m.Offset != s.Mark() {
		t.Errorf("the mark is a tag of %x at %d ms", m.Body[:2], m.Timestamp)
	}
}

// TestCases checks what all cases must have.
func TestCases(t *testing.T) {
	ids := map[string]bool{}
	s := Find(t)
	for c := range s.Cases(Repair | Live) {
		if ids[c.ID] {
			t.Errorf("two cases %s", c.ID)
		}
		ids[c.ID] = true
		if again, _ := s.Case(c.ID); !bytes.Equal(again.File, c.File) {
			t.Errorf("%s: other bytes the second time", c.ID)
		}
		if c.Kind&Repair != 0 && c.File == nil {
			t.Errorf("%s: no file to repair", c.ID)
		}
		if c.Kind&Live != 0 != (c.Tags != nil) {
			t.Errorf("%s: %d tags", c.ID, len(c.Tags))
		}
		if c.Want.Video == 0 && c.Want.Audio == 0 {
			t.Errorf("%s: nothing is wanted of it", c.ID)
		}
		if len(c.File) > 1<<20 && c.Want.Garbage == 0 && c.ID != "27" && c.ID != "43" && c.ID != "35" {
			t.Errorf("%s: %d bytes", c.ID, len(c.File))
		}
		var at time.Duration
		for i, tg := range c.Tags {
			if tg.Arrival < at {
				t.Errorf("%s: tag %d comes %v before the one before it", c.ID, i, at-tg.Arrival)
				break
			}
			at = tg.Arrival
		}
	}
	if len(ids) != len(IDs()) {
		t.Errorf("%d cases and %d IDs", len(ids), len(IDs()))
	}
	if b := Good(t); !bytes.Equal(b, s.file) {
		t.Error("making the cases has changed the good minute")
	}
}

// TestWants checks the outcomes that the cases state against the figures that
// are known of them.
func TestWants(t *testing.T) {
	for _, c := range []struct {
		id           string
		video, audio int
		last         uint32
		duration     uint32
	}{
		{"01", 1500, 2584, 59_960, 60_057},
		{"02b", 1500, 2585, 59_960, 60_080},
		{"05", 1500, 2585, 59_960, 60_080},
		{"08", 1500, 2585, 59_960, 60_080},
		{"09", 1500, 2585, 59_960, 60_080},
		{"09g", 1500, 2585, 89_960, 90_080},
		{"11", 1500, 2585, 59_960, 60_080},
		{"12", 1500, 2585, 59_960, 60_080},
		{"12b", 1500, 2585, 59_960, 60_080},
		{"14", 1000, 1798, 39_960, 40_090},
		{"15", 0, 2585, 60_000, 60_023},
		{"15b", 1500, 0, 59_960, 60_000},
		{"15s", 1500, 2585, 59_960, 60_080},
		{"17", 1500, 2585, 59_960, 60_080},
		{"17b", 1500, 2585, 59_960, 60_080},
		{"36", 1500, 0, 59_960, 60_000},
		{"36c", 1500, 0, 299_800, 300_000},
		{"44", 4500, 8999, 179_960, 180_000},
		{"45", 4500, 8999, 179_960, 180_000},
	} {
		w := Get(t, c.id).Want
		if w.Video != c.video || w.Audio != c.audio || w.Last != c.last || w.Duration != c.duration {
			t.Errorf("%s: %d video, %d audio, last %d, duration %d; want %d, %d, %d, %d", c.id,
				w.Video, w.Audio, w.Last, w.Duration, c.video, c.audio, c.last, c.duration)
		}
	}
}

// TestDamage checks that the bytes are damaged as the case says.
func TestDamage(t *testing.T) {
	s := Find(t)
	size, mark := int64(len(s.file)), s.Mark()
	for _, c := range []struct {
		id      string
		longer  int64 // than the good file
		same    int64 // bytes from the start
		behind  int64 // bytes that are the same at the end
		garbage int64
		tail    int64
	}{
		{"01", -100, size - 100, 0, 0, 5},
		{"02", 5, size, 0, 0, 5},
		{"02b", -4, size - 4, 0, 0, 0},
		{"05", 100, mark, size - mark, 100, 0},
		{"05b", 65_536, mark, size - mark, 65_536, 0},
		{"28", size, size, size, 0, 0},
		{"30", 200_000, size, 0, 0, 200_000},
		{"07", 26, mark, size - mark, 0, 0},
		{"26", 4, 8, size - 9, 0, 0},
	} {
		got := Get(t, c.id)
		n := int64(len(got.File))
		if n != size+c.longer || got.Want.Garbage != c.garbage {
			t.Errorf("%s: %d bytes more than the good file, %d of garbage; want %d, %d",
				c.id, n-size, got.Want.Garbage, c.longer, c.garbage)
			continue
		}
		if !bytes.Equal(got.File[:c.same], s.file[:c.same]) || !bytes.Equal(got.File[n-c.behind:], s.file[size-c.behind:]) {
			t.Errorf("%s: the damage is elsewhere", c.id)
		}
		if c.tail != got.Want.Tail {
			t.Errorf("%s: a tail of %d bytes, want %d", c.id, got.Want.Tail, c.tail)
		}
	}
	if got := Get(t, "04").Want.Trailers; got != len(s.tags) {
		t.Errorf("04: %d trailers wrong, want all %d", got, len(s.tags))
	}
	if got := Get(t, "03"); got.Want.Trailers != 1 || !bytes.Contains(got.File, []byte{0xDE, 0xAD, 0xBE, 0xEF}) {
		t.Errorf("03: %d trailers wrong, want 1", got.Want.Trailers)
	}
}

// TestRejoined checks what comes from the second connection.
func TestRejoined(t *testing.T) {
	c := Get(t, "17b")
	i := slices.IndexFunc(c.Tags, func(t Tag) bool { return t.Rejoin })
	last, first := c.Tags[i-1], c.Tags[i+3]
	if last.Timestamp > 31_000 || last.Timestamp < 30_900 || !first.Key() || first.Timestamp != 28_000 {
		t.Errorf("broken off at %d, taken up with %x at %d", last.Timestamp, first.Body[:2], first.Timestamp)
	}
	if first.Arrival != 33*time.Second {
		t.Errorf("the second connection's first frame comes at %v, want 33s", first.Arrival)
	}
}

// TestIndex checks that the positions of an index are those of key frames.
func TestIndex(t *testing.T) {
	for _, id := range []string{"40", "40b", "40d", "40g", "40k", "31f"} {
		b := Get(t, id).File
		at := bytes.Index(b, []byte("filepositions")) + len("filepositions")
		n := int(binary.BigEndian.Uint32(b[at+1:]))
		if b[at] != 10 || n != 31 {
			t.Errorf("%s: %d positions behind marker %d", id, n, b[at])
			continue
		}
		tags, err := Split(b)
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		for i := range n {
			want := num(0)
			binary.BigEndian.PutUint64(want[1:], binary.BigEndian.Uint64(b[at+5+9*i+1:]))
			j := slices.IndexFunc(tags, func(t Tag) bool { return bytes.Equal(num(float64(t.Offset)), want) })
			if j < 0 || !tags[j].Key() && i > 0 {
				t.Errorf("%s: entry %d leads to tag %d", id, i, j)
			}
		}
	}
}

// TestSeen checks what ffprobe makes of some cases: that they are damaged.
func TestSeen(t *testing.T) {
	for id, want := range map[string]int{
		"05": 500,
		"03": 1499,
		"04": 0,
		"15": 0,
		"17": 1550,
		"09": 1500,
	} {
		if got := ffprobed(t, Get(t, id).File); got != want {
			t.Errorf("%s: ffprobe finds %d video packets, want %d", id, got, want)
		}
	}
}

func ffprobed(t *testing.T, file []byte) int {
	t.Helper()
	exe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Fatalf("%v: run scripts/test-deps.sh", err)
	}
	cmd := exec.Command(exe, "-v", "quiet", "-count_packets", "-select_streams", "v",
		"-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", "-")
	cmd.Stdin = bytes.NewReader(file)
	out, _ := cmd.Output() // a file that cannot be opened has no packets
	n, _ := strconv.Atoi(strings.Trim(string(out), ",\n"))
	return n
}

func TestCompare(t *testing.T) {
	good := Find(t).Tags()
	retimed := each(good, func(i int, t Tag) Tag {
		t.Timestamp += 5000
		if i > 100 {
			t.Timestamp += 10
		}
		return t
	})
	for _, c := range []struct {
		name  string
		got   []Tag
		slack uint32
		want  string // a part of the error
	}{
		{"itself", good, 0, ""},
		{"within the slack", retimed, 10, ""},
		{"beyond the slack", retimed, 9, "want 1"},
		{"a frame less", good[:len(good)-2], 0, "got 1500 video and 2584 audio frames, want 1500 and 2585"},
		{"another frame", slices.Delete(slices.Clone(good), 700, 701), 0, "frame 697: got type"},
		{"another header", slices.Insert(slices.Clone(good), 50, Tag{Type: Audio, Body: []byte{0xAF, 0}}), 0, "got sequence header af00"},
	} {
		err := Compare(c.got, good, c.slack)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
