package main

import (
	"maps"
	"sync/atomic"
	"time"

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
	hashes   bool
}

func (f *tellFlags) group(jsonHelp string) flagGroup {
	fs := pflag.NewFlagSet("tell", pflag.ContinueOnError)
	f.log.add(fs)
	fs.StringVar(&f.progress, "progress", "auto", "`auto`, on or off: a live line on a terminal, a line every 30 s elsewhere")
	fs.BoolVarP(&f.hashes, "hashes", "#", false, "show the progress as a row of #: one for 1 %, or for 200 ms if the length is not known")
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

// A telling tells of one job, or of one among several, until it is stopped.
type telling struct {
	progress *ui.Progress
	log      obs.Logger
	lines    *ui.JSON // nil: none
	words    bool     // a summary is told in words
	mask     *obs.Mask
	place    *place
	several  bool // others share the progress
	quota    *quota
	calm     *calm
}

// start begins to tell of a job, whose progress is what view shows. If media goes
// to standard output, JSON goes to standard error, and nothing else does.
func (f *tellFlags) start(env *environment, url string, mask *obs.Mask, view ui.View, media bool) (*telling, error) {
	t, err := f.open(env, mask, view, media)
	if err != nil {
		return nil, err
	}
	t.place = newPlace(url)
	return t, nil
}

// open makes what is told of any job.
func (f *tellFlags) open(env *environment, mask *obs.Mask, view ui.View, media bool) (*telling, error) {
	logging, err := f.log.options()
	if err != nil {
		return nil, err
	}
	t := &telling{mask: mask, quota: new(quota), calm: new(calm)}
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
		t.lines = ui.NewJSON(env.stderr, explainer(mask))
	default:
		t.lines = ui.NewJSON(env.stdout, explainer(mask))
	}
	terminal := isTerminal(env.stderr)
	on := f.progress == "on" || f.progress == "auto" && !f.log.quiet
	switch {
	case !on, jsonOnly, terminal && f.json && isTerminal(env.stdout):
		t.progress = ui.Silent(env.stderr)
	case f.hashes:
		t.progress = ui.Hashes(env.stderr, view)
	case terminal && hasSize(env.stderr):
		t.progress = ui.Live(env.stderr, view, func() int { return height(env.stderr) })
	default:
		t.progress = ui.Lines(env.stderr, view)
	}
	t.log = obs.New(t.progress, logging)
	return t, nil
}

// of returns what tells of one stream among several.
func (t *telling) of(label string, target *rtmp.Target) *telling {
	one := *t
	one.several, one.quota, one.calm = true, new(quota), new(calm)
	one.place = newPlace(t.text(target.Redacted())) // another's secret may be in it
	one.log = t.log.Of(label)
	if t.lines != nil {
		one.lines = t.lines.Of(label, one.place.now())
	}
	return &one
}

func (t *telling) stop() { t.progress.Stop() }

// report tells of an event of the job.
func (t *telling) report(e job.Event) {
	if e.Kind == job.SourceChanged || e.Kind == job.Moving {
		e.Name = t.text(e.Name) // another stream's secret may be in it
	}
	if t.calm.report(e) {
		t.log.Playing(t.place.now())
	}
	if t.calm.again(e) {
		return
	}
	why := ""
	if e.Err != nil {
		why = describe(&jobError{err: e.Err, mask: t.mask})
	}
	if e.Kind == job.HooksAwaited && !t.several {
		t.progress.Stop()
	}
	omitted, ok := 0, true
	if !lasting[e.Kind] {
		omitted, ok = t.quota.take(string(e.Kind), time.Now())
	}
	if !ok {
		return
	}
	t.log.Job(e, why, omitted)
	if t.lines != nil {
		t.lines.Event(e, omitted)
	}
}

// lasting are the events of which each is told: there is something left of them.
var lasting = map[job.Kind]bool{
	job.FileOpened: true, job.FileClosed: true, job.Recovered: true,
	job.HookFailed: true, job.HookLeft: true, job.HooksAwaited: true,
}

// Kinds of lines that are no events of a job.
const (
	playing    = "playing" // in the log alone, as the next
	cautious   = "cautious_opening"
	connected  = "connected" // in JSON alone, as the next
	status     = "status"
	redirected = "redirect"
)

// rest tells how much was left out at the end.
func (t *telling) rest() {
	omitted := t.quota.rest()
	if logged := without(omitted, connected, status); len(logged) > 0 {
		t.log.Omitted(logged)
	}
	if lines := without(omitted, playing, cautious); len(lines) > 0 && t.lines != nil {
		t.lines.Omitted(lines)
	}
}

func without(counts map[string]int, kinds ...string) map[string]int {
	counts = maps.Clone(counts)
	for _, kind := range kinds {
		delete(counts, kind)
	}
	return counts
}

// A place is the URL at which a stream is looked for now, as it may be shown.
type place struct{ url atomic.Pointer[string] }

func newPlace(url string) *place {
	p := new(place)
	p.url.Store(&url)
	return p
}

func (p *place) now() string { return *p.url.Load() }

// learn takes note of a place that is going to be connected to.
func (t *telling) learn(to *rtmp.Target) {
	t.mask.Add(to)
	t.place.lead(t.text(to.Redacted())) // another stream's secret may be in it
}

// text is what a server has a part in, as it is told.
func (t *telling) text(s string) string { return printable(t.mask.Text(s)) }

// lead goes to another URL.
func (p *place) lead(url string) { p.url.Store(&url) }

// listen has a recording tell of itself.
func (t *telling) listen(pull *job.Pull) {
	pull.Client.Trace = t.trace(t.log.Playing)
	pull.Report = t.report
	pull.Learn = t.learn
	if pull.Backup != nil {
		t.mask.Add(pull.Backup)
	}
}

// trace tells what happens on the connection. began is called when the stream
// does.
func (t *telling) trace(began func(url string)) *rtmp.Trace {
	trace := t.log.Trace(t.mask)
	logged, retry, redirect := trace.Event, trace.Retry, trace.Redirect
	trace.Retry = func(err error) {
		if _, ok := t.quota.take(cautious, time.Now()); ok {
			retry(err)
		}
	}
	trace.Redirect = func(to *rtmp.Target) {
		t.learn(to) // before anything is told of it
		url := t.place.now()
		if !t.calm.led(url) {
			return
		}
		omitted, ok := t.quota.take(redirected, time.Now())
		if !ok {
			return
		}
		redirect(to)
		if t.lines != nil {
			t.lines.Redirect(url, omitted)
		}
	}
	trace.Event = func(e *session.Event) {
		logged(e)
		if !t.calm.news(e) {
			return
		}
		if e.Kind == session.Started {
			if _, ok := t.quota.take(playing, time.Now()); ok {
				began(t.place.now())
			}
		}
		if t.lines == nil {
			return
		}
		switch e.Kind {
		case session.Connected:
			if omitted, ok := t.quota.take(connected, time.Now()); ok {
				t.lines.Connected(t.place.now(), omitted)
			}
		case session.Status, session.PlayStatus:
			if omitted, ok := t.quota.take(status, time.Now()); ok {
				t.lines.Status(t.text(e.Code), t.text(e.Level), t.text(e.Description), omitted)
			}
		}
	}
	return trace
}
