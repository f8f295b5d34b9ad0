package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/flvout"
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
			if len(args) == 0 && cmd.Flags().NFlag() == 0 {
				return cmd.Help()
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
	fs.VarP(&o.source.stop, "stop", "B", "where to stop in a recorded stream; for a live one the same as --duration")
	fs.Var(&o.duration, "duration", "how much to record, counted in media from the first frame")
	fs.Var(&o.maxSize, "max-size", "how large the output may become")
	return flagGroup{"Limits", fs}
}

func (o *pullOptions) tellGroup() flagGroup {
	fs := pflag.NewFlagSet("tell", pflag.ContinueOnError)
	o.log.add(fs)
	fs.StringVar(&o.progress, "progress", "auto", "auto, on or off: a live line on a terminal, a line every 30 s elsewhere")
	fs.BoolVar(&o.json, "json", false, "tell what happens in JSON lines, on standard output or, if media is there, on standard error")
	return flagGroup{"Telling", fs}
}

// A pullError is how a recording failed: whether anything had come by then
// matters for the exit status.
type pullError struct {
	err   error
	media bool
}

func (e *pullError) Error() string { return e.err.Error() }
func (e *pullError) Unwrap() error { return e.err }

// run records.
func (o *pullOptions) run(ctx context.Context, env *environment, args []string) error {
	pull, err := o.prepare(env, args)
	if err != nil {
		return err
	}
	progress, err := o.startProgress(env, pull)
	if err != nil {
		return err
	}
	defer progress.Stop()
	log, err := o.log.logger(progress, isTerminal(env.stderr))
	if err != nil {
		return err
	}
	lines := o.jsonLines(env)
	pull.Client.Trace = o.trace(pull.Target, log, lines)
	pull.Report = func(e job.Event) {
		log.Debug().Str("file", e.Name).Msg(string(e.Kind))
		if lines != nil {
			lines.Event(e)
		}
	}
	result := pull.Run(ctx)
	progress.Stop()
	return o.conclude(env, result, lines)
}

// prepare makes the job, and finds out all that is wrong with the command line.
func (o *pullOptions) prepare(env *environment, args []string) (*job.Pull, error) {
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
		if o.source.stop <= o.source.start {
			return nil, badUsage("--stop is not behind --start")
		}
		if n := o.source.length(); limit == 0 || n < limit {
			limit = n
		}
	}
	out, err := o.open(env, target)
	if err != nil {
		return nil, err
	}
	return &job.Pull{
		Client: client, Target: target, Output: out,
		Limits: job.Limits{Duration: limit, Size: int64(o.maxSize)},
	}, nil
}

// stdout is a flvout.Writer with a name.
type stdout struct{ *flvout.Writer }

func (stdout) Name() string { return "standard output" }

// open makes the output. A file appears with the first media.
func (o *pullOptions) open(env *environment, t *rtmp.Target) (job.Output, error) {
	if o.output == "-" {
		if isTerminal(env.stdout) {
			return nil, badUsage("standard output is a terminal; it is no place for media")
		}
		return stdout{flvout.NewWriter(env.stdout)}, nil
	}
	name, err := expandName(o.output, t, time.Now())
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return nil, &flvout.Error{Op: "create", Path: name, Err: err}
	}
	return flvout.FileOptions{Force: o.force}.Create(name)
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
	case on && terminal:
		return ui.Live(env.stderr, pull.Progress), nil
	case on && (!o.json || o.output != "-"):
		return ui.Lines(env.stderr, pull.Progress), nil
	}
	return ui.Silent(env.stderr), nil
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

func (o *pullOptions) trace(t *rtmp.Target, log zerolog.Logger, lines *ui.JSON) *rtmp.Trace {
	url := t.Redacted()
	trace := obs.Trace(log, obs.Secrets(t))
	hide := obs.Masker(obs.Secrets(t))
	logged := trace.Event
	trace.Event = func(e *session.Event) {
		logged(e)
		if e.Kind == session.Started {
			log.Info().Str("url", url).Msg("playing")
		}
		if lines == nil {
			return
		}
		switch e.Kind {
		case session.Started:
			lines.Connected(url)
		case session.Status, session.PlayStatus:
			lines.Status(e.Code, e.Level, hide.Replace(e.Description))
		}
	}
	return trace
}

// conclude tells what came of it and makes the error that the exit status is
// taken from.
func (o *pullOptions) conclude(env *environment, r job.Result, lines *ui.JSON) error {
	var err error
	if r.Err != nil {
		err = &pullError{r.Err, r.Media}
	} else if !r.Media {
		err = &pullError{errEmpty, false}
	}
	why, status := string(r.Reason), exitStatus(err)
	if err != nil {
		why = describe(err)
	}
	if r.Media && !o.log.quiet && status != statusPipe {
		ui.Summary(env.stderr, r, why)
	}
	if lines != nil {
		lines.Summary(r, why, status)
	}
	if err != nil && r.Media && !o.log.quiet {
		return &told{err}
	}
	return err
}
