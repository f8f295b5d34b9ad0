package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// events collects what is reported.
type events struct {
	mu   sync.Mutex
	list []Event
}

func (e *events) add(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, ev)
}

func (e *events) of(kind Kind) (list []Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range e.list {
		if ev.Kind == kind {
			list = append(list, ev)
		}
	}
	return list
}

// openFiles opens files 1.flv, 2.flv, ... in dir.
func openFiles(t *testing.T, dir string, o FilesOptions) *Files {
	t.Helper()
	o.Open = func(seq int) (*flvout.File, error) { return flvout.Create(filepath.Join(dir, fmt.Sprint(seq)+".flv")) }
	fs, err := OpenFiles(o)
	if err != nil {
		t.Fatal(err)
	}
	return fs
}

// gops sends key frames a second apart, each with an inter frame behind it, and
// ends the stream.
func gops(n int) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		p.AcceptPlay()
		for i := range uint32(n) {
			p.Video(1000*i, key)
			p.Video(1000*i+500, inter)
		}
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	}
}

func TestFiles(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	p := newPull(t, nil, gops(10))
	p.Files = openFiles(t, dir, FilesOptions{
		Time: 3 * time.Second,
		Hook: &Hook{Command: `echo "$RTMPULL_SEQ $RTMPULL_REASON $RTMPULL_DURATION $MINE" >> ` + log, Env: []string{"MINE=mine"}},
	})
	var told events
	p.Report = told.add
	r := p.Run(t.Context())
	if r.Err != nil || r.Reason != StreamEnded || r.Files != 4 || r.Duration != 10*time.Second || r.Stats.Video != 20 {
		t.Errorf("%+v", r)
	}
	if filepath.Base(r.First) != "1.flv" || filepath.Base(r.Name) != "4.flv" {
		t.Errorf("files %s to %s", r.First, r.Name)
	}
	var size int64
	for i, e := range told.of(FileClosed) {
		fi, err := os.Stat(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		size += fi.Size()
		if e.Seq != i+1 || e.Size != fi.Size() || (e.Why == "time") != (i < 3) {
			t.Errorf("closed %+v, of %d bytes", e, fi.Size())
		}
	}
	if opened := told.of(FileOpened); len(opened) != 4 || opened[3].Seq != 4 || size != r.Size {
		t.Errorf("opened %+v; %d bytes, said to be %d", opened, size, r.Size)
	}
	got, err := os.ReadFile(log)
	if want := "1 time 3.000 mine\n2 time 3.000 mine\n3 time 3.000 mine\n4 end 1.000 mine\n"; err != nil || string(got) != want {
		t.Errorf("hooks: %v\n%s\nwant\n%s", err, got, want)
	}
}

// A stream that never begins leaves nothing, and has no hook.
func TestFilesNone(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	p := newPull(t, nil, gops(0))
	p.Files = openFiles(t, dir, FilesOptions{Hook: &Hook{Command: "touch " + filepath.Join(dir, "ran")}})
	if r := p.Run(t.Context()); r.Media || r.Files != 0 || r.Size != 0 {
		t.Errorf("%+v", r)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left %v, %v", entries, err)
	}
}

// A file that cannot be completed is told at once, and is the recording's error in
// the end; the recording goes on.
func TestFilesCloseFails(t *testing.T) {
	dir := t.TempDir()
	p := newPull(t, nil, gops(6))
	files, err := OpenFiles(FilesOptions{Time: 3 * time.Second, Open: func(seq int) (*flvout.File, error) {
		folder := filepath.Join(dir, fmt.Sprint(seq))
		if err := os.Mkdir(folder, 0o700); err != nil {
			return nil, err
		}
		return flvout.Create(filepath.Join(folder, "a.flv"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.Files = files
	p.Report = func(e Event) {
		if e.Kind == FileOpened && e.Seq == 1 {
			if err := os.RemoveAll(filepath.Dir(e.Name)); err != nil {
				t.Error(err)
			}
		}
	}
	r := p.Run(t.Context())
	if e, ok := errors.AsType[*flvout.Error](r.Err); !ok || !strings.Contains(e.Path, "1/a.flv") {
		t.Errorf("got %v, want an error of 1/a.flv", r.Err)
	}
	if _, err := os.Stat(filepath.Join(dir, "2", "a.flv")); err != nil || r.Reason != "" {
		t.Errorf("%v, %q", err, r.Reason)
	}
}

// A disk that has less room than is to be left is told before anything is asked
// of a server.
func TestFilesSpace(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenFiles(FilesOptions{
		Open:    func(int) (*flvout.File, error) { return flvout.Create(filepath.Join(dir, "a.flv")) },
		MinFree: func(capacity uint64) uint64 { return capacity + 1 },
	})
	var full *SpaceError
	if !errors.As(err, &full) || full.Folder != dir || full.Free == 0 || full.Want <= full.Free {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left %v, %v", entries, err)
	}
}

// A disk that gets full ends the recording, and the file is complete. It is looked
// at more often than it is written to.
func TestFilesSpaceEnds(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	p := newPull(t, nil, func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, key)
		p.Video(500, inter)
		p.Linger()
	})
	var full atomic.Bool
	p.Files = openFiles(t, dir, FilesOptions{syncEvery: time.Hour, spaceEvery: time.Millisecond, MinFree: func(capacity uint64) uint64 {
		if full.Load() {
			return capacity + 1
		}
		return 0
	}})
	p.Report = func(e Event) {
		if e.Kind == FirstMedia {
			full.Store(true)
		}
	}
	r := p.Run(t.Context())
	var e *SpaceError
	if !errors.As(r.Err, &e) || !r.Media || r.Name != filepath.Join(dir, "1.flv") || !exists(r.Name) {
		t.Errorf("%+v", r)
	}
}

// What another recording has left is completed, and has its hook.
func TestFilesRecover(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	log, broken := filepath.Join(dir, "log"), errors.New("broken")
	p := newPull(t, nil, gops(1))
	p.Files = openFiles(t, dir, FilesOptions{
		Orphans: []string{"held", "good", "bad"},
		Recover: func(name string) (Finished, error) {
			switch name {
			case "good":
				return Finished{Name: "/good.flv", Size: 9, Duration: time.Second}, nil
			case "bad":
				return Finished{}, broken
			}
			return Finished{}, nil
		},
		Hook: &Hook{Command: `echo "$RTMPULL_FILE $RTMPULL_REASON $RTMPULL_SEQ" >> ` + log},
	})
	var told events
	p.Report = told.add
	if r := p.Run(t.Context()); r.Err != nil || r.Recovered != 1 || r.Files != 1 {
		t.Errorf("%+v", r)
	}
	got := told.of(Recovered)
	if len(got) != 2 || got[0].Name != "/good.flv" || got[0].Size != 9 || !errors.Is(got[1].Err, broken) {
		t.Errorf("%+v", got)
	}
	if b, err := os.ReadFile(log); err != nil || !strings.Contains(string(b), "/good.flv recovered 0\n") {
		t.Errorf("hooks: %s, %v", b, err)
	}
}

// A hook that takes too long is killed with all that it has started.
func TestHookLimit(t *testing.T) {
	h := &Hook{Command: "sleep 60 & sleep 60; true", Limit: 50 * time.Millisecond}
	begun := time.Now()
	err := h.run(Finished{Name: "a.flv"}, nil)
	if err == nil || err.Error() != "killed after 50ms" {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// await waits for a file that a hook makes.
func await(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !exists(path); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not come", path)
		}
	}
}

// Hooks are waited for, which is told; for a while only when the program is to end,
// and then they go on.
func TestHooksEnd(t *testing.T) {
	dir := t.TempDir()
	sentinel := filepath.Join(dir, "go")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var told events
	report := func(e Event) {
		told.add(e)
		if e.Kind == HooksAwaited {
			cancel()
		}
	}
	hs := startHooks(&Hook{Command: "touch " + dir + "/begun; while ! test -e " + sentinel + "; do sleep 0.01; done; touch " + dir + "/done"}, report)
	hs.patience, hs.grace = time.Millisecond, 2*time.Millisecond
	hs.add(Finished{Name: "a", Seq: 1})
	hs.add(Finished{Name: "b", Seq: 2})
	await(t, filepath.Join(dir, "begun"))
	hs.end(ctx)
	var got []string
	for _, e := range told.list {
		got = append(got, fmt.Sprint(e.Kind, " ", e.Name, e.Files, " ", e.Err))
	}
	want := []string{"hooks_awaited 2 <nil>", "hook_left a0 <nil>", "hook_failed b0 there was no time left for it"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	hs.add(Finished{Name: "c", Seq: 3}) // is nothing any more
	if err := os.WriteFile(sentinel, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, filepath.Join(dir, "done"))
	var none *hooks
	none.add(Finished{})
	none.end(t.Context())
}

// A signal shortens the wait, and does not end it.
func TestHooksGrace(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	var told events
	hs := startHooks(&Hook{Command: "sleep 0.01; touch " + dir + "/done"}, told.add)
	hs.add(Finished{Name: "a", Seq: 1})
	hs.end(ctx)
	if !exists(filepath.Join(dir, "done")) || len(told.of(HookFailed)) > 0 || hs.waiting.Load() != 0 {
		t.Errorf("%+v", told.list)
	}
}

// A hook that is slow keeps nobody waiting.
func TestHooksFull(t *testing.T) {
	var told events
	hs := &hooks{hook: &Hook{}, report: told.add, queue: make(chan Finished, 1)}
	hs.add(Finished{Name: "a"})
	hs.add(Finished{Name: "b"})
	if got := told.of(HookFailed); len(got) != 1 || got[0].Name != "b" {
		t.Errorf("%+v", got)
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
