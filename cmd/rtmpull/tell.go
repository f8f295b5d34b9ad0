package main

import (
	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// tellFlags say how much is told of a job, and how.
type tellFlags struct {
	log      logFlags
	progress string
	json     bool
}

func (f *tellFlags) group(jsonHelp string) flagGroup {
	fs := pflag.NewFlagSet("tell", pflag.ContinueOnError)
	f.log.add(fs)
	fs.StringVar(&f.progress, "progress", "auto", "`auto`, on or off: a live line on a terminal, a line every 30 s elsewhere")
	fs.BoolVar(&f.json, "json", false, jsonHelp)
	return flagGroup{"Telling", fs}
}

// check finds out what is wrong with the flags, before anything is opened.
func (f *tellFlags) check() error {
	switch f.progress {
	case "auto", "on", "off":
	default:
		return badUsage("--progress is auto, on or off, not %q", f.progress)
	}
	_, err := f.log.options()
	return err
}

// A telling tells of one job, until it is stopped.
type telling struct {
	progress *ui.Progress
	log      obs.Logger
	lines    *ui.JSON // nil: none
	words    bool     // a summary is told in words
	url      string
	mask     *obs.Mask
}

// start begins to tell of a job. If media goes to standard output, JSON goes to
// standard error, and nothing else does. idle is what a job is that has had none
// yet.
func (f *tellFlags) start(env *environment, target *rtmp.Target, snapshot func() job.Snapshot, idle string, media bool) (*telling, error) {
	logging, err := f.log.options()
	if err != nil {
		return nil, err
	}
	t := &telling{url: target.Redacted(), mask: obs.MaskOf(target)}
	jsonOnly := f.json && media
	t.words = !f.log.quiet && !jsonOnly
	logging.Color = isTerminal(env.stderr)
	if jsonOnly {
		logging.JSON, logging.Mixed = true, true
		if logging.Level == obs.Normal {
			logging.Level = obs.Quiet // the events say the same
		}
	}
	switch {
	case !f.json:
	case media:
		t.lines = ui.NewJSON(env.stderr)
	default:
		t.lines = ui.NewJSON(env.stdout)
	}
	terminal := isTerminal(env.stderr)
	on := f.progress == "on" || f.progress == "auto" && !f.log.quiet
	switch {
	case !on, jsonOnly, terminal && f.json && isTerminal(env.stdout):
		t.progress = ui.Silent(env.stderr)
	case terminal && hasSize(env.stderr):
		t.progress = ui.Live(env.stderr, idle, snapshot)
	default:
		t.progress = ui.Lines(env.stderr, idle, snapshot)
	}
	t.log = obs.New(t.progress, logging)
	return t, nil
}

func (t *telling) stop() { t.progress.Stop() }

// report tells of an event of the job.
func (t *telling) report(e job.Event) {
	why := ""
	if e.Err != nil {
		why = describe(&jobError{err: e.Err, mask: t.mask})
	}
	if e.Kind == job.HooksAwaited {
		t.progress.Stop()
	}
	t.log.Job(e, why)
	if t.lines != nil {
		t.lines.Event(e, why)
	}
}

// trace tells what happens on the connection. began is called when the stream
// does.
func (t *telling) trace(began func(url string)) *rtmp.Trace {
	trace := t.log.Trace(t.mask)
	logged := trace.Event
	trace.Event = func(e *session.Event) {
		logged(e)
		if e.Kind == session.Started {
			began(t.url)
		}
		if t.lines == nil {
			return
		}
		switch e.Kind {
		case session.Connected:
			t.lines.Connected(t.url)
		case session.Status, session.PlayStatus:
			t.lines.Status(e.Code, e.Level, t.mask.Text(e.Description))
		}
	}
	return trace
}
