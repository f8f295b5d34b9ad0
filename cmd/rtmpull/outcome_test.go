package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// An outcome is what came of a run of the program.
type outcome struct {
	status int
	took   time.Duration
	said   string // on stderr
	lines  []jsonLine
	file   string
}

// A jsonLine is one of --json, as far as it matters here.
type jsonLine struct {
	Type       string  `json:"message_type"`
	Ended      string  `json:"ended"`
	Status     int     `json:"exit_status"`
	Files      int     `json:"files"`
	Reconnects int     `json:"reconnects"`
	Gaps       int     `json:"gaps"`
	Missing    float64 `json:"missing"`
	Elapsed    float64 `json:"elapsed"`
	Duration   float64 `json:"duration"`
}

// record runs the program against servers that dial leads to, in virtual time if it
// is called in a bubble. It is to record rtmp://h/live/show to a file.
func record(t *testing.T, dial rtmptest.DialFunc, args ...string) *outcome {
	t.Helper()
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	o := &outcome{file: filepath.Join(dir, "show.flv")}
	env := &environment{
		args:   append(args, "--json", "-o", o.file, "rtmp://h/live/show"),
		stdout: open("stdout"), stderr: open("stderr"), getenv: func(string) string { return "" },
		dial: dial,
	}
	begun := time.Now()
	o.status = execute(context.Background(), env)
	o.took = time.Since(begun)
	read := func(f *os.File) string {
		defer f.Close()
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	o.said = read(env.stderr)
	for text := range strings.Lines(read(env.stdout)) {
		var l jsonLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		o.lines = append(o.lines, l)
	}
	if l := o.summary(); l.Type != "summary" || l.Status != o.status {
		t.Errorf("the last line is %+v, and the status %d", l, o.status)
	}
	return o
}

func (o *outcome) summary() jsonLine {
	if len(o.lines) == 0 {
		return jsonLine{}
	}
	return o.lines[len(o.lines)-1]
}

// count is how many lines there are of a kind.
func (o *outcome) count(kind string) (n int) {
	for _, l := range o.lines {
		if l.Type == kind {
			n++
		}
	}
	return n
}

// at is when a line of a kind came for the first time.
func (o *outcome) at(kind string) time.Duration {
	for _, l := range o.lines {
		if l.Type == kind {
			return time.Duration(l.Elapsed * float64(time.Second))
		}
	}
	return -1
}

// wants fails the test unless the program has ended as it should.
func (o *outcome) wants(t *testing.T, status int, from, to time.Duration, why string) {
	t.Helper()
	if o.status != status {
		t.Errorf("status %d, want %d", o.status, status)
	}
	if o.took < from || o.took > to {
		t.Errorf("it took %v, want %v to %v", o.took, from, to)
	}
	if ended := o.summary().Ended; !regexp.MustCompile(why).MatchString(ended) {
		t.Errorf("it says %q, want %s", ended, why)
	}
}

// wantsFile fails the test unless the file is whole, on one time line, and has all
// that the station sent, once; and what is told to be missing is what is.
func (o *outcome) wantsFile(t *testing.T, s *station) {
	t.Helper()
	missing, _ := s.missed()
	if _, err := os.Stat(o.file + ".part"); err == nil {
		t.Error("the file is still a part")
	}
	f, err := os.Open(o.file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	report, err := flvout.InspectFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Faults) > 0 {
		t.Errorf("the file has faults: %v", report.Faults)
	}
	bodies := map[tag.TagType][]string{}
	last := map[tag.TagType]int64{}
	longest := int64(0)
	for scanner := flvout.NewScanner(io.NewSectionReader(f, 0, info.Size())); ; {
		tg, err := scanner.Next()
		if err != nil {
			break
		}
		if flvout.Classify(tg).Kind != flvout.KindFrame {
			continue
		}
		bodies[tg.Type] = append(bodies[tg.Type], string(tg.Body))
		before, ok := last[tg.Type]
		step := int64(tg.Timestamp) - before
		if ok && step <= 0 {
			t.Errorf("a frame at %d ms stands behind one at %d", tg.Timestamp, before)
		}
		if ok {
			longest = max(longest, step)
		}
		last[tg.Type] = int64(tg.Timestamp)
	}
	const most = 45 // ms from frame to frame
	if limit := missing.Milliseconds() + most; longest > limit {
		t.Errorf("there is a hole of %d ms, and %v are missing", longest, missing)
	}
	if want := s.expected(tag.TagTypeVideo); !slices.Equal(bodies[tag.TagTypeVideo], want) {
		t.Errorf("%d pictures, want %d", len(bodies[tag.TagTypeVideo]), len(want))
	}
	if got, want := bodies[tag.TagTypeAudio], s.expected(tag.TagTypeAudio); !subset(want, got) || len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
		t.Errorf("%d sounds, want %d", len(got), len(want))
	}
	told := time.Duration(o.summary().Missing * float64(time.Second))
	if s.ownClock && missing < slideShow {
		missing = 0 // it may be one: the time line has room for it
	}
	if d := told - missing; d < -time.Second || d > time.Second {
		t.Errorf("%v are told to be missing, want %v", told, missing)
	}
	for _, play := range s.plays {
		if len(play.Args) > 1 {
			t.Errorf("a live stream was asked for as another: %v", play.Args)
		}
	}
}

// slideShow is how far apart pictures may be that nothing lacks between.
const slideShow = 5 * time.Second

// subset tells whether all of the one is in the other.
func subset(part, whole []string) bool {
	in := map[string]bool{}
	for _, s := range whole {
		in[s] = true
	}
	return !slices.ContainsFunc(part, func(s string) bool { return !in[s] })
}
