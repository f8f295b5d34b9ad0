package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/rtmpdump"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A dumpTelling tells of a recording as rtmpdump does, whose callers read that: on
// standard error, with a line of progress that is written over and over.
type dumpTelling struct {
	*rtmpdump.Console

	level obs.Level
	pull  *job.Pull
	live  bool

	// The file that is gone on with is so long, by what it says; 0: it says nothing.
	length time.Duration

	// How far it has come. The recording may be stuck when that is asked.
	connected, begun, described atomic.Bool

	// The files are so large now that they are complete, in bytes; 0: there are none.
	// It is given before over is closed.
	size int64

	over, done chan struct{}
}

// newDumpTelling tells errors, warnings and what happens, until the command line is
// known.
func newDumpTelling(stderr *os.File, quiet bool) *dumpTelling {
	level := rtmpdump.Info
	if quiet {
		level = rtmpdump.Crit
	}
	return &dumpTelling{
		Console: rtmpdump.NewConsole(stderr, level, false),
		over:    make(chan struct{}), done: make(chan struct{}),
	}
}

// as tells as much as the command line asks for.
func (t *dumpTelling) as(stderr *os.File, f *tellFlags) {
	t.level = f.log.level()
	level := [...]rtmpdump.Level{obs.Quiet: rtmpdump.Crit, obs.Normal: rtmpdump.Info, obs.Verbose: rtmpdump.Debug, obs.Debug: rtmpdump.All}[t.level]
	t.Console = rtmpdump.NewConsole(stderr, level, f.hashes)
}

// Write writes a line of the log.
func (t *dumpTelling) Write(line []byte) (int, error) {
	t.Print(strings.TrimSuffix(string(line), "\n"))
	return len(line), nil
}

func (t *dumpTelling) warn(format string, args ...any) {
	t.Log(rtmpdump.Warning, fmt.Sprintf(format, args...))
}

// fail tells of an error.
func (t *dumpTelling) fail(err error) { t.Log(rtmpdump.Error, describe(err)) }

// follow tells of a recording that is about to begin.
func (t *dumpTelling) follow(pull *job.Pull, live bool) {
	t.pull, t.live = pull, live
	mask := obs.MaskOf(pull.Target)
	events := &telling{
		progress: ui.Silent(t), log: obs.New(t, obs.Options{Level: t.level, Rtmpdump: true}), mask: mask,
		place: newPlace(pull.Target.Redacted()), quota: new(quota), calm: new(calm),
	}
	trace := events.trace(func(string) {})
	phase, event, received := trace.PhaseDone, trace.Event, trace.Received
	trace.PhaseDone = func(p rtmp.Phase, took time.Duration) {
		if phase != nil {
			phase(p, took)
		}
		if p == rtmp.PhaseHandshake && !t.connected.Swap(true) {
			t.Log(rtmpdump.Info, rtmpdump.Connected)
		}
	}
	trace.Event = func(e *session.Event) {
		if e.Kind == session.Started && !t.begun.Swap(true) {
			t.starting()
		}
		event(e)
	}
	trace.Received = func(m *message.Message) {
		if received != nil {
			received(m)
		}
		t.describe(m, mask)
	}
	pull.Client.Trace, pull.Report, pull.Learn = trace, events.report, events.learn
	go t.watch()
}

// watch shows the progress until it is over.
func (t *dumpTelling) watch() {
	defer close(t.done)
	tick := time.NewTicker(rtmpdump.Every / 4) // one that is a little early shows nothing
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if t.begun.Load() {
				t.Progress(time.Now(), t.progress())
			}
		case <-t.over:
			if t.begun.Load() {
				p := t.progress()
				if t.size > 0 {
					p.Bytes = t.size
				}
				t.Final(p)
			}
			return
		}
	}
}

func (t *dumpTelling) progress() rtmpdump.Progress {
	s := t.pull.Progress()
	p := rtmpdump.Progress{Bytes: s.Size, At: s.Position, Total: s.Total}
	if s.Total == 0 {
		p.At = s.Start + s.Duration
		if f := t.pull.Files; f != nil && f.Resumed != nil && s.Start > 0 {
			p.At -= f.Resumed.Start // from where the rest was asked for
		}
	}
	return p
}

// starting tells what begins.
func (t *dumpTelling) starting() {
	p, resumed := t.progress(), false
	if f := t.pull.Files; f != nil && f.Resumed != nil {
		p.Bytes, p.At, resumed = f.Size(), f.Resumed.Duration, true
		if t.length > f.Resumed.Duration { // the stream is, and not what there is of it
			p.Total = t.length
		}
	}
	t.Print(rtmpdump.Starting(t.live, resumed, p))
	length := t.pull.Limits.Duration // of a live stream
	if s := &t.pull.Target.Session; s.Length > 0 {
		length = time.Duration(s.Length) * time.Millisecond
	}
	if length > 0 {
		t.Print(rtmpdump.ForDuration(length))
	}
}

// describe shows the first onMetaData. An encoder may have put anything into it.
func (t *dumpTelling) describe(m *message.Message, mask *obs.Mask) {
	if m.Type != message.TypeData || t.described.Load() {
		return
	}
	name, values, _ := message.ParseData(m)
	if name != "onMetaData" || t.described.Swap(true) {
		return
	}
	for _, v := range values {
		t.Metadata(mask.Value(v))
	}
}

// caught tells of a signal.
func (t *dumpTelling) caught(cause error) {
	if s, ok := errors.AsType[*signalError](cause); ok {
		t.Print(rtmpdump.Caught(int(s.signal)))
	}
}

// conclude tells what came of it, and returns the exit status.
func (t *dumpTelling) conclude(err error, media bool) int {
	status := t.status(err, media)
	p := t.progress()
	signal, _ := errors.AsType[*signalError](err)
	if err != nil && signal == nil {
		t.fail(err)
	}
	switch {
	case status == statusOK && !t.pull.Whole:
		t.Print(rtmpdump.Complete)
	case status == statusIncomplete:
		t.Print(rtmpdump.Incomplete(p))
	}
	return status
}

// status is rtmpdump's: 2 is for what has begun and may be gone on with. Where nothing
// has come it is 1, lest a caller go on with nothing for ever.
func (t *dumpTelling) status(err error, media bool) int {
	interrupted := errors.Is(err, context.Canceled)
	if _, ok := errors.AsType[*signalError](err); ok {
		interrupted = true
	}
	switch status := exitStatus(err); {
	case interrupted && !t.connected.Load():
		return statusConnect
	case interrupted && t.begun.Load():
		return statusIncomplete
	case status == statusOK, status == statusConnect:
		return status
	case status == statusIncomplete && media:
		return status
	}
	return statusFailed
}
