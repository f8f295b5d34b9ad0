package main

import (
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
)

// verdict makes the error that the exit status is taken from, and says in words
// why it ended.
func (o *pullOptions) verdict(r job.Result, mask *obs.Mask) (why string, err error) {
	failed := &jobError{err: r.Err, media: r.Media, heard: r.Heard, mask: mask}
	wait := time.Duration(o.survival.wait)
	failed.patient = wait > 0 && !r.Heard
	if failed.patient && time.Since(o.begun) >= wait {
		failed.waited = wait
	}
	switch {
	case r.Err != nil:
		err = failed
	case r.Media:
		return string(r.Reason), nil
	case r.Reason == job.SizeReached:
		err = badUsage("--max-size %v has no room for the first picture or sound", &o.maxSize)
	case r.Heard:
		failed.err, err = errNoKeyFrame, failed
	default:
		failed.err, err = job.ErrNeverLive, failed
	}
	return describe(err), err
}

// conclude tells what came of it and makes the error that the exit status is
// taken from.
func (o *pullOptions) conclude(env *environment, r job.Result, t *telling) error {
	why, err := o.verdict(r, t.mask)
	status := exitStatus(err)
	if r.Media && t.words && status != statusPipe {
		ui.Summary(env.stderr, r, why, explainer(t.mask))
	}
	if t.lines != nil {
		t.lines.Summary(r, why, status)
	}
	if err != nil && (o.tell.json && o.output.name == "-" || r.Media && t.words) {
		return &told{err}
	}
	return err
}
