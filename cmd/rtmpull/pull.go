package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// pullOptions are the flags of a recording.
type pullOptions struct {
	source  sourceFlags
	network networkFlags
	log     logFlags

	output   string
	force    bool
	duration durationValue
	maxSize  sizeValue
	progress string
	json     bool
}

func newPullCommand(env *environment) *cobra.Command {
	o := &pullOptions{}
	cmd := &cobra.Command{
		Use:   "rtmpull [flags] URL",
		Short: "Record an RTMP stream as FLV",
		Long: `Rtmpull records an RTMP stream as FLV, to a file or to standard output.

  rtmpull rtmp://host/live/show                    a file named after the stream and the time
  rtmpull -q -o - rtmp://host/live/show | ffmpeg -i - -c copy show.mp4

Durations are 90, 1h30m or 01:30:00; sizes are 500M or 2G.

Exit status: 0 the stream ended by the server's word, or a limit was reached; 1 failed;
2 incomplete, the connection was lost; 3 never connected; 4 refused by the server;
5 the output failed; 6 connected, but no media came; 64 wrong usage;
130, 143, 129 interrupted, terminated, hung up (the file is complete);
141 the reader of standard output went away.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && !strings.Contains(args[0], "/") {
				if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
					return badUsage("there is no command %q; do you mean %s?", args[0], like[0])
				}
			}
			return o.run(cmd.Context(), env, args)
		},
	}
	setGroups(cmd, o.source.group(), o.outputGroup(), o.limitGroup(), o.network.group(), o.tellGroup())
	return cmd
}

func (o *pullOptions) outputGroup() flagGroup {
	fs := pflag.NewFlagSet("output", pflag.ContinueOnError)
	fs.StringVarP(&o.output, "flv", "o", defaultName,
		"output `file`, with strftime's directives and {stream}, {app}, {host}; - is standard output")
	fs.BoolVar(&o.force, "force", false, "replace a file of the same name, instead of taking another name")
	return flagGroup{"Output", fs}
}

func (o *pullOptions) limitGroup() flagGroup {
	fs := pflag.NewFlagSet("limits", pflag.ContinueOnError)
	o.source.addStop(fs)
	fs.Var(&o.duration, "duration", "how much to record, counted in media from the first frame")
	fs.Var(&o.maxSize, "max-size", "how large the output may become")
	return flagGroup{"Limits", fs}
}

func (o *pullOptions) tellGroup() flagGroup {
	fs := pflag.NewFlagSet("tell", pflag.ContinueOnError)
	o.log.add(fs)
	fs.StringVar(&o.progress, "progress", "auto", "`auto`, on or off: a live line on a terminal, a line every 30 s elsewhere")
	fs.BoolVar(&o.json, "json", false, "tell what happens in JSON lines, on standard output or, if media is there, on standard error")
	return flagGroup{"Telling", fs}
}

// A pullError is how a recording failed: whether anything had come by then
// matters for the exit status.
type pullError struct {
	err   error
	media bool
	mask  obs.Mask
}

func (e *pullError) Error() string { return e.err.Error() }
func (e *pullError) Unwrap() error { return e.err }

// stuckAfter is how long a recording to standard output may take to end once it
// is told to. Its reader may have stopped reading, and then no write ever ends.
const stuckAfter = 2 * time.Second

// run records.
func (o *pullOptions) run(ctx context.Context, env *environment, args []string) error {
	switch o.output {
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		o.output = "-"
	}
	logging, err := o.log.options()
	if err != nil {
		return err
	}
	logging.Color = isTerminal(env.stderr)
	if o.jsonOnly() {
		logging.JSON, logging.Mixed = true, true
		if logging.Level == obs.Normal {
			logging.Level = obs.Quiet // the events say the same
		}
	}
	pull, err := o.prepare(ctx, env, args)
	if err != nil {
		return err
	}
	progress, err := o.startProgress(env, pull)
	if err != nil {
		return err
	}
	defer progress.Stop()
	log, lines := obs.New(progress, logging), o.jsonLines(env)
	mask := obs.MaskOf(pull.Target)
	pull.Client.Trace = o.trace(pull.Target, log, lines, mask)
	pull.Report = func(e job.Event) {
		log.Job(e)
		if lines != nil {
			lines.Event(e)
		}
	}
	// Run returns soon after ctx has ended, but for a write that never does.
	done := make(chan job.Result, 1)
	go func() { done <- pull.Run(ctx) }()
	var result job.Result
	select {
	case result = <-done:
	case <-ctx.Done():
		var stuck <-chan time.Time
		if o.output == "-" {
			stuck = time.After(stuckAfter)
		}
		select {
		case result = <-done:
		case <-stuck:
			return context.Cause(ctx)
		}
	}
	progress.Stop()
	return o.conclude(env, result, lines, mask)
}

// jsonOnly tells that standard error is for JSON lines, and nothing else may be
// told there.
func (o *pullOptions) jsonOnly() bool { return o.json && o.output == "-" }

// prepare makes the job, and finds out all that is wrong with the command line.
func (o *pullOptions) prepare(ctx context.Context, env *environment, args []string) (*job.Pull, error) {
	target, err := o.source.target(args, env.getenv)
	if err != nil {
		return nil, err
	}
	client, err := o.network.client()
	if err != nil {
		return nil, err
	}
	limit := time.Duration(o.duration)
	if o.source.stop > 0 {
		if n := o.source.length(); limit == 0 || n < limit {
			limit = n
		}
	}
	out, err := o.open(ctx, env, target)
	if err != nil {
		return nil, err
	}
	return &job.Pull{
		Client: client, Target: target, Output: out,
		Limits: job.Limits{Duration: limit, Size: int64(o.maxSize)},
	}, nil
}

func (o *pullOptions) startProgress(env *environment, pull *job.Pull) (*ui.Progress, error) {
	terminal := isTerminal(env.stderr)
	on := !o.log.quiet
	switch o.progress {
	case "auto":
	case "on":
		on = true
	case "off":
		on = false
	default:
		return nil, badUsage("--progress is auto, on or off, not %q", o.progress)
	}
	switch {
	case !on, o.jsonOnly(), terminal && o.json && isTerminal(env.stdout):
		return ui.Silent(env.stderr), nil
	case terminal && hasSize(env.stderr):
		return ui.Live(env.stderr, pull.Progress), nil
	}
	return ui.Lines(env.stderr, pull.Progress), nil
}

// jsonLines is nil unless they are asked for.
func (o *pullOptions) jsonLines(env *environment) *ui.JSON {
	switch {
	case !o.json:
		return nil
	case o.output == "-":
		return ui.NewJSON(env.stderr)
	}
	return ui.NewJSON(env.stdout)
}

func (o *pullOptions) trace(t *rtmp.Target, log obs.Logger, lines *ui.JSON, mask obs.Mask) *rtmp.Trace {
	url := t.Redacted()
	trace := log.Trace(mask)
	logged := trace.Event
	trace.Event = func(e *session.Event) {
		logged(e)
		if e.Kind == session.Started {
			log.Playing(url)
		}
		if lines == nil {
			return
		}
		switch e.Kind {
		case session.Connected:
			lines.Connected(url)
		case session.Status, session.PlayStatus:
			lines.Status(e.Code, e.Level, mask.Text(e.Description))
		}
	}
	return trace
}

// conclude tells what came of it and makes the error that the exit status is
// taken from.
func (o *pullOptions) conclude(env *environment, r job.Result, lines *ui.JSON, mask obs.Mask) error {
	var err error
	switch {
	case r.Err != nil:
		err = &pullError{r.Err, r.Media, mask}
	case r.Media:
	case r.Reason == job.SizeReached:
		err = badUsage("--max-size %v has no room for the first picture or sound", &o.maxSize)
	default:
		err = &pullError{errEmpty, false, mask}
	}
	why, status := string(r.Reason), exitStatus(err)
	if err != nil {
		why = describe(err)
	}
	words := !o.log.quiet && !o.jsonOnly()
	if r.Media && words && status != statusPipe {
		ui.Summary(env.stderr, r, why)
	}
	if lines != nil {
		lines.Summary(r, why, status)
	}
	if err != nil && (o.jsonOnly() || r.Media && words) {
		return &told{err}
	}
	return err
}
