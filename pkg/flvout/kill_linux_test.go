//go:build linux

package flvout

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// The recorder of the tests below, in a process of its own: what to do is in
// these variables of its environment.
const (
	envPath    = "FLVOUT_RECORD"  // the file
	envStep    = "FLVOUT_STEP"    // kill yourself at this step of closing; "": record until killed
	envEntries = "FLVOUT_ENTRIES" // of the index
	envInPlace = "FLVOUT_INPLACE" // it is not to be a part file
	envFull    = "FLVOUT_FULL"    // record until there is no more room on a "disk", or up to a "limit"

	report = 20 // after so many tags it flushes and writes a byte to stdout
	rounds = 3  // of the sample before it closes, if it does
)

func TestRecorder(t *testing.T) {
	path := os.Getenv(envPath)
	if path == "" {
		return // this is what other tests start
	}
	if how := os.Getenv(envFull); how != "" {
		recordFull(t, path, how)
		return
	}
	entries, _ := strconv.Atoi(os.Getenv(envEntries))
	f, err := FileOptions{IndexEntries: entries, InPlace: os.Getenv(envInPlace) != ""}.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	last := os.Getenv(envStep)
	n := 0
	for round := 0; last == "" || round < rounds; round++ {
		for _, tg := range scan(t, sample(t, "bars.flv")) {
			if c := Classify(tg); c.Kind == KindEnd || round > 0 && c.Kind != KindFrame {
				continue // more follows
			}
			tg.Timestamp += uint32(round) * 10_089
			if err := f.WriteTag(tg); err != nil {
				t.Fatal(err)
			}
			if n++; n%report == 0 {
				if err := f.Flush(); err != nil {
					t.Fatal(err)
				}
				_, _ = os.Stdout.Write([]byte{'.'})
			}
		}
	}
	f.part.step = func(step string) {
		if step == last {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// recorder returns the command for such a process.
func recorder(t *testing.T, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestRecorder$")
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// TestKill kills a recording at random moments. What is on the disk can be played
// but for one torn tag at most, and what is made of it has all that was flushed.
// What is flushed here is 20 tags, 0.3 s; who records flushes at his own times, of
// which this test says nothing. Checkpoints lag behind by no more than their
// distance, and a good part of the rounds is killed behind one.
func TestKill(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 7))
	var checkpoints atomic.Int32
	t.Run("round", func(t *testing.T) {
		for i := range 50 {
			reports := 1 + rnd.IntN(250) // up to 70 s of media
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				path := filepath.Join(dir, "show.flv")
				cmd, part := recorder(t, envPath+"="+path, envEntries+"=64"), path+partSuffix
				if i%2 == 1 {
					cmd.Env, part = append(cmd.Env, envInPlace+"=1"), path
				}
				killAfter(t, reports, cmd)
				tags := wholeTags(t, readFile(t, part))
				flushed := (reports - 1) * report
				if got := len(tags); got < flushed {
					t.Fatalf("got %d tags, want the %d that were flushed", got, flushed)
				}
				// The first one lasts until there is more, so it is one frame short.
				told := readStrictly(t, tags[0].Body)["duration"].(float64)
				if want := float64(tags[max(flushed-1, 0)].Timestamp)/1000 - checkpointEvery.Seconds(); told < want-0.1 {
					t.Errorf("the duration is told to be %v s, want %v at least", told, want)
				}
				if told >= checkpointEvery.Seconds() {
					checkpoints.Add(1)
				}
				if i%5 == 0 {
					playable(t, part)
				}
				recovered(t, dir, tags, i%10 < 2)
			})
		}
	})
	if n := checkpoints.Load(); n < 15 {
		t.Errorf("%d rounds were killed behind a checkpoint, want 15", n)
	}
}

// killAfter kills a recorder after so many reports.
func killAfter(t *testing.T, reports int, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadFull(out, make([]byte, reports))
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err != nil {
		t.Fatal(err)
	}
}

// TestKillClosing kills a recording between the steps of closing it.
func TestKillClosing(t *testing.T) {
	for _, c := range []struct {
		entries string
		inPlace string
		steps   string
	}{
		{"64", "", "flushed synced patched completed renamed named"},
		{"8192", "", "flushed copied completed renamed named"}, // a short file, which is copied
		{"64", "1", "flushed synced patched completed"},
		{"8192", "1", "flushed copied completed"},
	} {
		killed := func(t *testing.T, step string, want []Tag) []Tag {
			dir := t.TempDir()
			path := filepath.Join(dir, "show.flv")
			err := recorder(t, envPath+"="+path, envEntries+"="+c.entries, envStep+"="+step, envInPlace+"="+c.inPlace).Run()
			if killed := err != nil; killed != (step != "none") {
				t.Fatalf("%s: got %v", step, err)
			}
			for _, name := range names(t, dir) {
				if !strings.HasSuffix(name, copySuffix) {
					playable(t, filepath.Join(dir, name))
				}
			}
			return recovered(t, dir, want, true)
		}
		want := killed(t, "none", nil)
		for step := range strings.FieldsSeq(c.steps) {
			t.Run(c.entries+" "+c.inPlace+" "+step, func(t *testing.T) {
				t.Parallel()
				killed(t, step, want)
			})
		}
	}
}

// playable has ffprobe read a file to its end.
func playable(t *testing.T, path string) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", path).Output()
	if err != nil || len(strings.Fields(string(out))) != 2 {
		t.Fatalf("ffprobe %s: %v\n%s", path, err, out)
	}
}

// recovered completes what is in a folder, and looks at the one file that is there
// then, perhaps with others' eyes too. It has the tags that are wanted; what it has
// is returned.
func recovered(t *testing.T, dir string, want []Tag, judges bool) []Tag {
	t.Helper()
	path := filepath.Join(dir, "show.flv")
	if _, err := Recover(path+partSuffix, FileOptions{}); errors.Is(err, os.ErrNotExist) {
		again(t, path)
	} else if err != nil {
		t.Fatal(err)
	}
	if left := names(t, dir); len(left) != 1 || left[0] != "show.flv" {
		t.Fatalf("got %q", left)
	}
	b := readFile(t, path)
	got := scan(t, b)
	was, is := media(want), media(got)
	if len(is) < len(was) {
		t.Fatalf("got %d tags, want %d", len(is), len(was))
	}
	for i := range was {
		if is[i].Timestamp != was[i].Timestamp || !bytes.Equal(is[i].Body, was[i].Body) {
			t.Fatalf("tag %d differs", i)
		}
	}
	entries, err := ReadIndex(got[0].Body)
	if err != nil {
		t.Fatal(err)
	}
	checkIndex(t, b, entries, false)
	fields := readStrictly(t, got[0].Body)
	if fields["filesize"] != float64(len(b)) || fields["duration"] == 0.0 {
		t.Errorf("got a size of %v and %v s, want %d", fields["filesize"], fields["duration"], len(b))
	}
	if judges {
		playable(t, path)
		checkFLV(t, path)
	}
	return got
}

// again completes a file that has its name already by taking it up, and a copy of it
// by mending that.
func again(t *testing.T, path string) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy.flv")
	write(t, copied, readFile(t, path))
	if _, err := Repair(copied, RepairOptions{}); err != nil {
		t.Fatal(err)
	}
	f, _, err := ResumeOptions{FileOptions: FileOptions{InPlace: true}}.Open(path)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, want := framesOf(scan(t, readFile(t, copied))), framesOf(scan(t, readFile(t, path))); !sameTags(got, want) {
		t.Errorf("mended it has %d frames, taken up %d", len(got), len(want))
	}
}

// framesOf returns the tags that are frames.
func framesOf(tags []Tag) []Tag {
	return slices.DeleteFunc(tags, func(t Tag) bool { c := Classify(t); return c.Kind != KindFrame })
}

// TestTornHead mixes the heads before and after Close, as a crash between two
// blocks of the disk does.
func TestTornHead(t *testing.T) {
	tags := scan(t, sample(t, "bars.flv"))
	dir := t.TempDir()
	path := abandoned(t, dir, tags)
	old := readFile(t, path+partSuffix)
	f := adopt(t, path)
	h, s := &f.w.file.head, &f.w.all
	s.index.Add(IndexEntry{1 << 20, 1 << 20}) // whatever it is
	head := h.finish(s, f.w.written)
	want := wholeTags(t, old)
	for cut := 4096; cut < len(head); cut += 4096 {
		torn := append(bytes.Clone(head[:cut]), old[cut:]...)
		if err := os.WriteFile(path+partSuffix, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		got := wholeTags(t, torn)
		if len(got) != len(want) {
			t.Fatalf("cut at %d: got %d tags, want %d", cut, len(got), len(want))
		}
	}
	_ = f.part.close()
	if f = adopt(t, path); f.Close() != nil {
		t.Fatal("not completed")
	}
	recovered(t, dir, want, true)
}

// TestFileDiskFull fills a disk, and finds the file complete. Where nobody may
// mount one, it is a limit to the size of files that is met.
func TestFileDiskFull(t *testing.T) {
	for _, how := range []string{"disk", "limit"} {
		t.Run(how, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "show.flv")
			cmd := recorder(t, envPath+"="+path, envFull+"="+how)
			cmd.Args = append(cmd.Args, "-test.v")
			if how == "disk" {
				cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
				if os.Getuid() != 0 { // in a name space of their own, users may mount
					cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
					cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
				}
			}
			out, err := cmd.CombinedOutput()
			if how == "disk" && errors.Is(err, syscall.EPERM) {
				t.Log("this system lets nobody mount a disk to fill, so there is the limit alone")
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			// Its disk is gone, but it looked at the file itself.
			if !strings.Contains(string(out), "PASS: TestRecorder") {
				t.Errorf("got\n%s", out)
			}
		})
	}
}

// recordFull records to a file that cannot have more than 1 MiB.
func recordFull(t *testing.T, path, how string) {
	const room = 1 << 20
	full, lift := syscall.ENOSPC, func() {}
	if how == "disk" {
		if err := syscall.Mount("tmpfs", filepath.Dir(path), "tmpfs", 0, "size="+strconv.Itoa(room)); err != nil {
			t.Fatal(err)
		}
	} else {
		full = syscall.EFBIG
		var was syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			t.Fatal(err)
		}
		set := func(current uint64) {
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: current, Max: was.Max}); err != nil {
				t.Fatal(err)
			}
		}
		set(room)
		lift = func() { set(was.Cur) } // for what others write
	}
	f := create(t, path)
	var err error
	for round := 0; err == nil && round < 10; round++ {
		for _, tg := range scan(t, sample(t, "bars.flv")) {
			tg.Timestamp += uint32(round) * 10_089
			if err = f.WriteTag(tg); err != nil {
				break
			}
		}
	}
	if !errors.Is(err, full) {
		t.Fatalf("got %v, want %v", err, full)
	}
	size := f.Size()
	if err := f.Close(); err != nil {
		t.Fatalf("Close: got %v, want nil, since the file is complete", err)
	}
	if f.Size() != size || size < room-20_000 {
		t.Errorf("got %d bytes, then %d", size, f.Size())
	}
	lift()
	oracle(t, readFile(t, path))
	recovered(t, filepath.Dir(path), nil, true)
}
