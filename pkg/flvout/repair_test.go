package flvout

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// write makes a file in a test's folder.
func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o640); err != nil {
		t.Fatal(err)
	}
}

// ofTest returns tags as flvtest has them.
func ofTest(tags []Tag) (list []flvtest.Tag) {
	for _, t := range tags {
		list = append(list, flvtest.Tag{Type: t.Type, Timestamp: t.Timestamp, Body: t.Body})
	}
	return list
}

// silent runs a program, which is to say nothing.
func silent(t testing.TB, name string, args ...string) {
	t.Helper()
	exe, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: run scripts/test-deps.sh", err)
	}
	if out, err := exec.Command(exe, args...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%s: %v\n%.2000s", name, err, out)
	}
}

// TestRepair mends each of the damaged files. The outcome has all that was to
// be had, and nobody finds anything wrong with it.
func TestRepair(t *testing.T) {
	for c := range flvtest.Cases(t, flvtest.Repair) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "show.flv")
			write(t, path, c.File)

			plan, err := Repair(path, RepairOptions{DryRun: true})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(readFile(t, path), c.File) {
				t.Error("a dry run changed the file")
			}
			done, err := Repair(path, RepairOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if plan.Action != done.Action || plan.Damage != done.Damage {
				t.Errorf("dry run: got  %+v\nwant %+v", plan, done)
			}
			d, w := done.Damage, c.Want
			if d.Garbage != w.Garbage || d.Tail != w.Tail || d.Trailers != int64(w.Trailers) || d.NoTrailer != w.Torn ||
				d.Joined != int64(w.Heads) || d.Alien+done.Stats.Dropped.Total()-d.Joined != int64(w.Alien) {
				t.Errorf("%s: got %+v and %+v, want %+v", c.Name, d, done.Stats.Dropped, flvtest.Want{
					Garbage: w.Garbage, Tail: w.Tail, Trailers: w.Trailers, Torn: w.Torn, Heads: w.Heads, Alien: w.Alien})
			}
			noise := c.ID == "27" || c.ID == "43" || c.ID == "05d" // no pictures, or not all that others refer to
			assess(t, path, c.Want, !strings.HasPrefix(c.ID, "5") && c.ID != "43", !noise)

			is := readFile(t, path)
			if done, err := Repair(path, RepairOptions{}); err != nil || done.Action != ActionNone {
				t.Errorf("again: got %+v, %v", done, err)
			}
			if !bytes.Equal(readFile(t, path), is) {
				t.Error("to repair it again changed the file")
			}
		})
	}
}

// assess lets others say what they think of a file, unless they do not know its
// codecs.
func assess(t *testing.T, path string, want flvtest.Want, others, decodes bool) {
	t.Helper()
	b := readFile(t, path)
	tags := scan(t, b)
	if want.Media != nil {
		if err := flvtest.Compare(ofTest(media(tags)), want.Media, want.Slack); err != nil {
			t.Error(err)
		}
	}
	if tags[0].Type != tag.TagTypeScriptData || b[4] != want.Flags && want.Flags != 0 {
		t.Errorf("got type %d first and flags %d", tags[0].Type, b[4])
	}
	if !others {
		return
	}
	oracle(t, b)
	p := ffprobe(t, path, nil)
	frames := map[string]int{}
	for _, q := range p.Packets {
		frames[q.CodecType]++
	}
	if frames["video"] != want.Video && want.Video >= 0 || frames["audio"] != want.Audio && want.Audio >= 0 {
		t.Errorf("ffprobe: got %v, want %d and %d", frames, want.Video, want.Audio)
	}
	if decodes {
		silent(t, "ffmpeg", "-v", "error", "-nostdin", "-i", path, "-f", "null", "-")
	}
	silent(t, "flvmeta", "-C", "-q", path)
}
