//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A tool is a program that records, as its users call it.
type tool struct {
	name  string
	title string                    // of its column
	argv  func(url string) []string // it records to the directory it runs in
}

// A recorder is a tool at work.
type recorder struct {
	tool
	*process
	dir, log string
}

func record(t tool, dir, url string) (*recorder, error) {
	r := &recorder{tool: t, dir: filepath.Join(dir, t.name), log: filepath.Join(dir, t.name+".log")}
	if err := os.Mkdir(r.dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	r.process, err = start(r.dir, r.log, t.argv(url), nil)
	return r, err
}

// How a recorder comes through a fault.
type ending string

const (
	exited ending = "exited"
	hung   ending = "hangs"
	wentOn ending = "goes on"
)

// An outcome is what became of one recorder.
type outcome struct {
	ending  ending
	status  int           // of one that exited
	after   time.Duration // from the fault until then
	deaf    bool          // it did not end either when it was interrupted
	gone    time.Duration // how long the fault lasted, if it passed
	tail    time.Duration // from the last of its media to the fault
	verdict verdict
	summary *summary // rtmpull's
	said    string   // its last line
}

// observe waits until each recorder ends, or has gone on for a while since the
// fault was over and patience had passed, or limit has since the fault. Then it
// is ended.
func (b *testbed) observe(recorders []*recorder, over time.Time, patience, limit time.Duration) ([]outcome, error) {
	list, errs := make([]outcome, len(recorders)), make([]error, len(recorders))
	var wait sync.WaitGroup
	for i, r := range recorders {
		wait.Go(func() { list[i], errs[i] = b.one(r, over, patience, limit) })
	}
	wait.Wait()
	return list, errors.Join(errs...)
}

func (b *testbed) one(r *recorder, over time.Time, patience, limit time.Duration) (o outcome, err error) {
	size := int64(-1) // when what was of before the fault was written
	for r.running() {
		if err := b.sleep(500 * time.Millisecond); err != nil {
			return o, err
		}
		if size < 0 && time.Since(over) > settle {
			size = r.size()
		}
		switch {
		case !r.running():
		case size >= 0 && r.size() > size && time.Since(over) > more+patience:
			o.ending = wentOn
			o.deaf = !r.interrupt()
		case time.Since(b.struck) > limit:
			o.ending = hung
			o.deaf = !r.interrupt()
		}
	}
	if o.ending == "" {
		o.ending = exited
		o.status, o.after = r.status(), max(0, r.ended.Sub(b.struck))
	}
	o.said, o.summary = r.last()
	return o, nil
}

const (
	// settle is how long after a fault what is written may be of before.
	settle = 3 * time.Second
	// more is how much more is recorded by who goes on.
	more = 20 * time.Second
)

// size is that of all that has been written.
func (r *recorder) size() (n int64) {
	files, _ := os.ReadDir(r.dir)
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			n += info.Size()
		}
	}
	return n
}

// A summary is what rtmpull --json ends with.
type summary struct {
	Status  int     `json:"exit_status"`
	Files   int     `json:"files"`
	Gaps    int     `json:"gaps"`
	Missing float64 `json:"missing"`
	Ended   string  `json:"ended"`
}

// last is a recorder's last line, and rtmpull's summary.
func (r *recorder) last() (said string, sum *summary) {
	b, _ := os.ReadFile(r.log)
	for line := range bytes.Lines(bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))) {
		var m struct {
			Type string `json:"message_type"`
			summary
		}
		switch text := strings.TrimSpace(string(line)); {
		case json.Unmarshal(line, &m) == nil && m.Type == "summary":
			sum = &m.summary
		case text != "" && text[0] != '{':
			said = text
		}
	}
	return said, sum
}
