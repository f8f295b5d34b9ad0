package main

import (
	"context"
	"runtime/debug"
	"slices"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// severity are the exit statuses of streams that are recorded side by side, from
// the worst to the best. A signal's is worse than all.
var severity = [...]int{statusOutput, statusPipe, statusIncomplete, statusFailed, statusUsage, statusRefused, statusConnect, statusNoMedia, statusOK}

// worse compares two statuses: the worse one comes first.
func worse(a, b int) int { return slices.Index(severity[:], a) - slices.Index(severity[:], b) }

// tidyAfter is when the memory is given back that only the beginning of many streams
// needs, which is more than they need from then on. As next to nothing is allocated
// any more, the runtime would do that after minutes.
const tidyAfter = 15 * time.Second

// syncsAtOnce is how many files are sent to the disk at a time.
const syncsAtOnce = 4

// runSeveral records several streams side by side. What is wrong with the command
// line is found before anything is opened; what goes wrong from then on is a
// matter of that stream alone.
func (o *pullOptions) runSeveral(ctx context.Context, env *environment, client *rtmp.Client, targets []*rtmp.Target) error {
	template, err := o.output.several(targets)
	if err != nil {
		return err
	}
	o.output.buffers, o.output.turns = new(flvout.BufferPool), job.NewTurns(syncsAtOnce)
	mask := obs.MaskOf(targets...)
	names := labels(targets, mask)
	group := make(job.Group, len(targets))
	views := make([]*ui.Stream, len(targets))
	for i, target := range targets {
		pull := o.pull(client, target)
		group[i].Pull = pull
		views[i] = &ui.Stream{Label: names[i], Idle: "waiting for media", Snapshot: pull.Progress, Explain: explainer(mask)}
	}
	t, err := o.tell.open(env, mask, ui.Together(views), false)
	if err != nil {
		return err
	}
	defer t.stop()
	orphans := template.orphansOf(targets)
	outcomes := make([]ui.Outcome, len(targets))
	errs := make([]error, len(targets))
	for i := range group {
		m, t := &group[i], t.of(names[i], targets[i])
		t.listen(m.Pull)
		m.Open = func(ctx context.Context) (err error) {
			options := o.output.options(ctx, env, template, m.Pull.Target, o.limit())
			options.Orphans = orphans[i]
			if m.Pull.Files, err = job.OpenFiles(options); err == nil {
				seek(m.Pull)
			}
			return err
		}
		m.Done = func(r job.Result) {
			why, err := o.verdict(r, mask)
			status := exitStatus(err)
			errs[i], outcomes[i] = err, ui.Outcome{Label: names[i], Result: r, Why: why, Status: status}
			if outcomes[i].Failed() {
				t.log.Failed(why, status)
			} else {
				t.log.Ended(why)
			}
			t.rest()
			views[i].End(why, outcomes[i].Failed())
			if t.lines != nil {
				t.lines.Summary(r, why, status)
			}
		}
	}
	if !allDevices(template, targets) { // of which none can have another file
		env.signals.onHangup(group.Rotate)
	}
	tidy := time.AfterFunc(tidyAfter, debug.FreeOSMemory)
	defer tidy.Stop()
	if err := finish(ctx, o.output.mayStick(targets...), func() { group.Run(ctx) }); err != nil {
		return err
	}
	t.stop()
	return o.concludeAll(env, outcomes, errs, t)
}

// allDevices tells whether nothing is written to files.
func allDevices(template nameTemplate, targets []*rtmp.Target) bool {
	return !slices.ContainsFunc(targets, func(t *rtmp.Target) bool { return !isDevice(template.expand(t, time.Now(), 1)) })
}

// concludeAll tells what came of all streams, and returns the error of the one for
// which that is worst.
func (o *pullOptions) concludeAll(env *environment, outcomes []ui.Outcome, errs []error, t *telling) error {
	worst := slices.MinFunc(errs, func(a, b error) int { return worse(exitStatus(a), exitStatus(b)) })
	if t.words {
		ui.SummaryOfAll(env.stderr, outcomes)
		for _, h := range hints(errs) {
			giveHint(env.stderr, h)
		}
	}
	if t.lines != nil {
		t.lines.SummaryOfAll(outcomes, exitStatus(worst))
	}
	if worst == nil {
		return nil
	}
	return &told{worst}
}

// hints are what might help those that have failed, each but once, and no more than
// can be read.
func hints(errs []error) (all []string) {
	const most = 3
	for _, err := range errs {
		if err == nil || len(all) == most {
			continue
		}
		if h := hint(err, "rtmpull"); h != "" && !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	return all
}
