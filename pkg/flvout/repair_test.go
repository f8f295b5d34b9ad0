package flvout

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
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

// complaint is what a program says that is to say nothing.
func complaint(name string, args ...string) string {
	out, err := exec.Command(name, args...).CombinedOutput()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Sprintf("%v: run scripts/test-deps.sh", err)
	case err != nil || len(out) > 0:
		return fmt.Sprintf("%s: %v\n%.2000s", name, err, out)
	}
	return ""
}

// A decoder has ffmpeg decode files. That takes most of the time of a test, so
// those with the same tags behind onMetaData, which many are mended to, are
// decoded once.
type decoder struct{ judged sync.Map }

// complaint is what ffmpeg says against a file of such tags.
func (d *decoder) complaint(path string, tags []Tag) string {
	key := sha256.New()
	for _, tg := range tags[1:] {
		_, _ = fmt.Fprintln(key, tg.Type, tg.Timestamp, len(tg.Body))
		_, _ = key.Write(tg.Body)
	}
	once, _ := d.judged.LoadOrStore(string(key.Sum(nil)), sync.OnceValue(func() string {
		return complaint("ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", path, "-f", "null", "-")
	}))
	return once.(func() string)()
}

// TestRepair mends each of the damaged files. The outcome has all that was to
// be had, and nobody finds anything wrong with it.
func TestRepair(t *testing.T) {
	var decodes decoder
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
				d.Joined != int64(w.Heads) || d.Unknown+done.Stats.Dropped.Total()-d.Joined != int64(w.Alien) {
				t.Errorf("%s: got %+v and %+v, want %+v", c.Name, d, done.Stats.Dropped, flvtest.Want{
					Garbage: w.Garbage, Tail: w.Tail, Trailers: w.Trailers, Torn: w.Torn, Heads: w.Heads, Alien: w.Alien})
			}
			noise := c.ID == "27" || c.ID == "43" || c.ID == "05d" // no pictures, or not all that others refer to
			assess(t, path, c.Want, !strings.HasPrefix(c.ID, "5") && c.ID != "43")
			if tags := scan(t, readFile(t, path)); !noise && !strings.HasPrefix(c.ID, "5") {
				if said := decodes.complaint(path, tags); said != "" {
					t.Error(said)
				}
			}

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
func assess(t *testing.T, path string, want flvtest.Want, others bool) {
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
	frames := countPackets(t, path)
	if frames["video"] != want.Video && want.Video >= 0 || frames["audio"] != want.Audio && want.Audio >= 0 {
		t.Errorf("ffprobe: got %v, want %d and %d", frames, want.Video, want.Audio)
	}
	if said := complaint("flvmeta", "-C", "-q", path); said != "" {
		t.Error(said)
	}
}

// roomy is a file of ours, with much room in its head.
func roomy(t testing.TB, name string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "show.flv")
	f, err := FileOptions{IndexEntries: 500}.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	f.failed = true // or the room would be taken out
	writeAll(t, f, scan(t, sample(t, name)))
	return readFile(t, path)
}

// oddities are streams in which a recorder would wait for something, or leave
// something out. They have a frame of each track every 100 ms, none like another,
// and begin at 0.
func oddities() map[string][]Tag {
	frames := func(n, from int, key func(i int) bool) (tags []Tag) {
		tags = []Tag{{video, 0, avcConfig}, {audio, 0, aacConfig}}
		for i := range n {
			a, v := aacFrame(uint32(i*100), byte(i)), avcFrame(uint32(i*100), byte(i), key(i))
			a.Body, v.Body = append(a.Body, byte(i>>8)), append(v.Body, byte(i>>8))
			v.Body[8]++
			if tags = append(tags, a); i >= from {
				tags = append(tags, v)
			}
		}
		return tags
	}
	group := func(i int) bool { return i%20 == 0 }
	never := func(int) bool { return false }
	late := frames(300, 0, group)
	late[0], late[1] = late[1], late[0]
	late = slices.Insert(slices.Delete(late, 1, 2), 300, Tag{video, 14_800, avcConfig})
	return map[string][]Tag{
		"no key frame at all":        frames(600, 0, never),
		"one key frame":              frames(1000, 0, func(i int) bool { return i == 0 }),
		"the first key frame late":   frames(400, 0, func(i int) bool { return i > 250 && group(i) }),
		"sound before the picture":   frames(300, 15, func(i int) bool { return i%20 == 15 }),
		"sound long before":          frames(400, 250, group),
		"the picture's header late":  late,
		"no header of the picture":   frames(300, 0, group)[1:],
		"no header of the sound":     slices.Delete(frames(300, 0, group), 1, 2),
		"no headers":                 frames(300, 0, group)[2:],
		"no headers, nor key frames": frames(300, 0, never)[2:],
	}
}

// withoutEnd returns tags less the end of a sequence.
func withoutEnd(tags []Tag) []Tag {
	return slices.DeleteFunc(tags, func(t Tag) bool { c := Classify(t); return c.Kind == KindEnd })
}

// strewn is a file with garbage before the tag in its middle.
func strewn(t testing.TB, b []byte) []byte {
	at := offsets(t, b)
	mid := at[len(at)/2]
	return slices.Concat(b[:mid], make([]byte, 100), b[mid:])
}

// TestRepairKeeps all frames, whatever they need to be decoded. A file of ours
// that has nothing else is left alone; one with garbage is mended once.
func TestRepairKeeps(t *testing.T) {
	for name, tags := range oddities() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "show.flv")
			writeAll(t, create(t, path), tags)
			whole := readFile(t, path)
			done, err := Repair(path, RepairOptions{})
			if err != nil || done.Action != ActionNone || done.Moved || done.Corrections != (Corrections{}) {
				t.Errorf("whole: got %+v, %v", done, err)
			}
			if !bytes.Equal(readFile(t, path), whole) {
				t.Error("the file was changed")
			}
			for name, in := range map[string][]byte{
				"with garbage":      strewn(t, whole),
				"another program's": written(t, tags...),
			} {
				write(t, path, in)
				if done, err := Repair(path, RepairOptions{}); err != nil || done.Action != ActionCopy ||
					done.Stats.Audio+done.Stats.Video < int64(len(tags)) || done.Moved {
					t.Errorf("%s: got %+v, %v", name, done, err)
				}
				b := readFile(t, path)
				if got := withoutEnd(media(scan(t, b))); !sameTags(got, tags) {
					t.Errorf("%s: got %d tags, want %d", name, len(got), len(tags))
				}
				if done, err := Repair(path, RepairOptions{}); err != nil || done.Action != ActionNone || !bytes.Equal(readFile(t, path), b) {
					t.Errorf("%s, again: got %+v, %v", name, done, err)
				}
			}
		})
	}
}

// TestRepairInPlace damages a file of ours, which need not be written anew, and
// interrupts the mending at every byte of the head: it ends up as it was.
func TestRepairInPlace(t *testing.T) {
	good := roomy(t, "bars.flv")
	at := offsets(t, good)
	for name, bad := range map[string][]byte{
		"torn":         slices.Concat(good[:at[1]], good[at[1]:], []byte{9, 0, 1, 0, 0, 0}),
		"zeros":        slices.Concat(good, make([]byte, 5000)),
		"no trailer":   good[:len(good)-4],
		"half of it":   good[:len(good)-2],
		"two trailers": edited(good, at[5]-4, "\x00\x00\x00\x00", at[9]-4, "\xFF\xFF\xFF\xFF"),
		"first":        edited(good, headSize-4, "\x00\x00\x01\x00"),
		"flags":        edited(good, 4, "\x01"),
		"duration":     edited(good, headBody+headFieldsOffset+2+len("duration")+1, "\x40\x00\x00\x00"),
		"all":          slices.Concat(edited(good, 4, "\x01", at[5]-4, "\x00\x00\x00\x00"), noise(700)),
	} {
		path := filepath.Join(t.TempDir(), "show.flv")
		write(t, path, bad)
		ino, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		done, err := Repair(path, RepairOptions{})
		now, _ := os.Stat(path)
		if err != nil || done.Action != ActionInPlace || !os.SameFile(ino, now) {
			t.Errorf("%s: got %+v, %v", name, done, err)
		}
		if !bytes.Equal(readFile(t, path), good) {
			t.Errorf("%s: got another file", name)
		}
		for n := 0; n < at[1]; n += 97 {
			write(t, path, slices.Concat(good[:n], bad[n:]))
			if _, err := Repair(path, RepairOptions{}); err != nil || !bytes.Equal(readFile(t, path), good) {
				t.Fatalf("%s: interrupted at %d: %v", name, n, err)
			}
		}
	}
}

// edited is a file with strings written at offsets.
func edited(b []byte, pairs ...any) []byte {
	b = bytes.Clone(b)
	for i := 0; i < len(pairs); i += 2 {
		copy(b[pairs[i].(int):], pairs[i+1].(string))
	}
	return b
}

// TestRepairCopy keeps the mode, goes by links, replaces in one step and leaves
// nothing behind, not even of one that was interrupted.
func TestRepairCopy(t *testing.T) {
	good := sample(t, "bars.flv")
	bad := slices.Concat(good[:9000], noise(100), good[9000:])
	dir := t.TempDir()
	path, link := filepath.Join(dir, "show.flv"), filepath.Join(t.TempDir(), "link.flv")
	write(t, path, bad)
	write(t, path+repairSuffix, []byte("left over"))
	write(t, path+repairSuffix+partSuffix, []byte("left over"))
	if err := errors.Join(os.Chmod(path, 0o604), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	done, err := Repair(link, RepairOptions{})
	if err != nil || done.Action != ActionCopy || done.Damage.Garbage == 0 || done.Path != path {
		t.Errorf("got %+v, %v", done, err)
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o604 || fi.Size() != done.Size {
		t.Errorf("got mode %v, %d bytes, %v; want %d", fi.Mode(), fi.Size(), err, done.Size)
	}
	if fi, err := os.Lstat(link); err != nil || fi.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", fi, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"show.flv"}) {
		t.Errorf("left %q", got)
	}
	oracle(t, readFile(t, path))
}

// TestRepairOutput writes elsewhere, over nothing, and leaves the file as it is.
func TestRepairOutput(t *testing.T) {
	good := sample(t, "bars.flv")
	bad := slices.Concat(noise(100), good)
	dir := t.TempDir()
	path, to := filepath.Join(dir, "bad.flv"), filepath.Join(dir, "good.flv")
	write(t, path, bad)
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if _, err := Repair(path, RepairOptions{}); !errors.Is(err, ErrNotFLV) {
		t.Errorf("without Output: got %v, want ErrNotFLV", err)
	}
	done, err := Repair(path, RepairOptions{Output: to})
	if err != nil || done.Path != to || done.Action != ActionCopy {
		t.Errorf("got %+v, %v", done, err)
	}
	if b := readFile(t, to); !sameTags(media(scan(t, b)), media(scan(t, good))) {
		t.Error("got other tags")
	}
	_, err = Repair(path, RepairOptions{Output: to})
	if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, fs.ErrExist) || e.Op != "create" || e.Path != to {
		t.Errorf("again: got %v, want that it exists", err)
	}
	if !bytes.Equal(readFile(t, path), bad) || len(names(t, dir)) != 2 {
		t.Errorf("left %q", names(t, dir))
	}
}

// TestRepairRefuses what is no file with media, and does not touch it.
func TestRepairRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"empty":        {nil, ErrNoMedia},
		"noise":        {noise(100_000), ErrNoMedia},
		"zeros":        {make([]byte, 100_000), ErrNoMedia},
		"header":       {sample(t, "bars.flv")[:headSize], ErrNoMedia},
		"metadata":     {sample(t, "bars.flv")[:500], ErrNoMedia},
		"in something": {slices.Concat([]byte("PK\x03\x04"), sample(t, "bars.flv")), ErrNotFLV},
		"no header":    {sample(t, "bars.flv")[headSize:30_000], ErrNotFLV},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "show.flv")
		write(t, path, c.in)
		if done, err := Repair(path, RepairOptions{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %+v, %v; want %v", name, done, err, c.want)
		}
		if !bytes.Equal(readFile(t, path), c.in) || len(names(t, dir)) != 1 {
			t.Errorf("%s: left %q", name, names(t, dir))
		}
	}
	dir := t.TempDir()
	for path, want := range map[string]error{
		filepath.Join(dir, "none.flv"): fs.ErrNotExist,
		dir:                            syscall.EISDIR,
		os.DevNull:                     errNoFile,
	} {
		_, err := Repair(path, RepairOptions{})
		if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, want) || e.Op != "open" || e.Path != path {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
	}
}

// TestRepairIndex: an index as long as it is asked for, or none.
func TestRepairIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	write(t, path, sample(t, "bars.flv"))
	for _, c := range []struct {
		entries int
		action  Action
		want    int
	}{
		{4, ActionCopy, 4},
		{4, ActionNone, 4},
		{0, ActionNone, 4},
		{100, ActionCopy, 11},
		{100, ActionNone, 11},
		{4, ActionNone, 11},
		{-1, ActionNone, 11},
	} {
		done, err := Repair(path, RepairOptions{IndexEntries: c.entries})
		if err != nil || done.Action != c.action {
			t.Errorf("%d: got %+v, %v; want action %d", c.entries, done, err, c.action)
		}
		x, err := ReadIndex(scan(t, readFile(t, path))[0].Body)
		if err != nil || len(x) > c.want || len(x) < c.want-1 {
			t.Errorf("%d: got %d entries, %v; want %d", c.entries, len(x), err, c.want)
		}
	}
}

// FuzzRepair mends anything, or says that it cannot. What is mended is a file
// that nothing is to be mended of, and that has all that could be found.
func FuzzRepair(f *testing.F) {
	good := roomy(f, "audio.flv")
	small := written(f, Tag{video, 0, avcConfig}, avcFrame(0, 1, true), aacFrame(0, 2), avcFrame(40, 1, true))
	f.Add(small)
	f.Add(small[:len(small)-3])
	f.Add(slices.Concat(small, small))
	f.Add(slices.Concat(small[:60], []byte("noise"), small[60:]))
	f.Add(good[:len(good)-700])
	f.Add([]byte("FLV\x01\x05\x00\x00\x00\x0D\x01\x02\x03\x04\x00\x00\x00\x00\x28\x00\x00\x01"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, in []byte) {
		path := filepath.Join(dir, strconv.Itoa(os.Getpid())+".flv")
		write(t, path, in)
		tags, _ := salvage(t, in)
		plan, planErr := Repair(path, RepairOptions{DryRun: true})
		done, err := Repair(path, RepairOptions{IndexEntries: 64})
		if err != nil {
			if !errors.Is(err, ErrNoMedia) && !errors.Is(err, ErrNotFLV) || !bytes.Equal(readFile(t, path), in) {
				t.Fatalf("got %v", err)
			}
			return
		}
		if planErr != nil || plan.Damage != done.Damage {
			t.Fatalf("dry run: got %+v, %v; want %+v", plan, planErr, done)
		}
		b := readFile(t, path)
		got, s := salvage(t, b)
		if d := s.Damage(); d != (Damage{}) || len(media(got)) == 0 || len(media(got)) > len(media(tags))+2 {
			t.Fatalf("got %d of %d tags, and %+v", len(got), len(tags), d)
		}
		if len(scan(t, b)) != len(got) || int64(len(b)) != done.Size {
			t.Fatalf("got %d bytes, want %d", len(b), done.Size)
		}
		again, err := Repair(path, RepairOptions{})
		if err != nil || again.Action != ActionNone || !bytes.Equal(readFile(t, path), b) {
			t.Fatalf("again: got %+v, %v", again, err)
		}
	})
}
