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
)

// pullOptions are the flags of a recording.
type pullOptions struct {
	source  sourceFlags
	network networkFlags
	tell    tellFlags

	output   outputFlags
	survival survivalFlags
	duration durationValue
	maxSize  sizeValue

	begun time.Time
}

func newPullCommand(env *environment) *cobra.Command {
	o := &pullOptions{}
	o.network.dial = env.dial
	cmd := &cobra.Command{
		Use:   "rtmpull [flags] URL...",
		Short: "Record an RTMP stream as FLV",
		Long: `Rtmpull records an RTMP stream as FLV, to a file or to standard output.

  rtmpull rtmp://host/live/show                    a file named after the stream and the time
  rtmpull -q -o - rtmp://host/live/show | ffmpeg -i - -c copy show.mp4
  rtmpull -o '{stream}-%H%M.flv' $(cat urls)       several at once, each to a file of its own

Durations are 90, 1h30m or 01:30:00; sizes are 500M or 2G.

While it is written a file is called NAME.part. Those that a recording of the same stream to
the same name has left unfinished, and that nobody writes to, are completed.

The command of --on-complete is run for one file after the other. It has RTMPULL_FILE,
RTMPULL_DURATION in seconds, RTMPULL_SIZE in bytes, RTMPULL_SEQ, RTMPULL_REASON (end, time,
size, clock, change, reconnect, signal, no_key_frame or recovered), RTMPULL_STREAM, RTMPULL_APP and
RTMPULL_HOST in its environment, writes to standard error, and is killed after an hour. The
recording does not wait for it, and its failure is told and does not change the exit status.
In the end it is waited for; a signal shortens that to a minute at most.

Exit status: 0 the stream ended by the server's word, or a limit was reached; 1 failed;
2 incomplete, the connection was lost; 3 never connected; 4 refused by the server;
5 the output failed; 6 connected, but no media came; 64 wrong usage;
130, 143, 131 interrupted, terminated, quit (the file is complete);
141 the reader of standard output went away. Of several streams it is the worst: that of a
signal, or else in this order 5, 141, 2, 1, 4, 3, 6, 0.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && !strings.Contains(args[0], "/") {
				if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
					return badUsage("there is no command %q; do you mean %s?", args[0], like[0])
				}
			}
			if err := o.source.unfold(&o.network, cmd.Flags().Changed); err != nil {
				return err
			}
			return o.run(cmd.Context(), env, args)
		},
	}
	setGroups(cmd, o.groups("tell what happens in JSON lines, on standard output or, if media is there, on standard error")...)
	return cmd
}

// groups are all the flags of a recording, which are made anew.
func (o *pullOptions) groups(jsonHelp string) []flagGroup {
	return []flagGroup{
		o.source.group(), o.output.group(), o.limitGroup(), o.survival.group(&o.network), o.output.afterGroup(),
		{"Network", o.network.flags()}, o.tell.group(jsonHelp),
	}
}

func (o *pullOptions) limitGroup() flagGroup {
	fs := pflag.NewFlagSet("limits", pflag.ContinueOnError)
	o.source.addStop(fs)
	fs.Var(&o.duration, "duration", "how much to record, counted in media from the first frame")
	fs.Var(&o.maxSize, "max-size", "how large the output may become, all files together")
	o.output.addMinFree(fs)
	return flagGroup{"Limits", fs}
}

// run records.
func (o *pullOptions) run(ctx context.Context, env *environment, args []string) error {
	o.begun = time.Now()
	if err := o.output.check(); err != nil {
		return err
	}
	if err := o.tell.check(); err != nil {
		return err
	}
	client, err := o.network.client()
	if err != nil {
		return err
	}
	p, err := o.places(env, args)
	if err != nil {
		return err
	}
	if len(p.targets) > 1 && o.tell.hashes {
		return badUsage("--hashes is for one stream, and there are %d URLs", len(p.targets))
	}
	if err := o.source.fetchPlayer(ctx, client, warner(env.stderr, &o.tell.log), append(p.targets, p.backup)...); err != nil {
		return err
	}
	if len(p.targets) > 1 {
		return o.runSeveral(ctx, env, client, p.targets)
	}
	pull := o.pull(client, p.targets[0])
	pull.Backup, pull.Fresh = p.backup, p.fresh
	if o.output.name == "-" {
		var stop func()
		ctx, stop = whileRead(ctx, env.stdout)
		defer stop()
	}
	if p.fresh != nil {
		return o.runAsked(ctx, env, pull)
	}
	return o.runOne(ctx, env, pull)
}

// places are where streams are to be had.
type places struct {
	targets []*rtmp.Target // nil in it: fresh gives it

	// Of a single stream.
	backup *rtmp.Target                                // nil: none
	fresh  func(context.Context) (*rtmp.Target, error) // what gives the place later; nil: it stays
}

// places makes of the command line where the streams are to be had.
func (o *pullOptions) places(env *environment, args []string) (p places, err error) {
	s := &o.survival
	switch {
	case len(args) > 1 && s.backup != "":
		return p, badUsage("--backup is for one stream, and there are %d URLs", len(args))
	case len(args) > 1 && s.urlCommand != "":
		return p, badUsage("--url-command is for one stream, and there are %d URLs", len(args))
	}
	if p.backup, err = s.backupTarget(&o.source, env.getenv); err != nil {
		return p, err
	}
	if s.urlCommand == "" {
		p.targets, err = o.source.targets(args, env.getenv)
		return p, err
	}
	given := o.source.url
	switch {
	case len(args) > 0 && given != "":
		return p, errTwoURLs
	case len(args) > 0:
		given = args[0]
	}
	if given, err = secret(given); err != nil {
		return p, err
	}
	p.fresh, p.targets = s.fresh(env, &o.source, given), []*rtmp.Target{nil}
	return p, o.output.possible(env)
}

// pull makes the job, but for its output.
func (o *pullOptions) pull(client *rtmp.Client, target *rtmp.Target) *job.Pull {
	c := *client // which others share, but not its trace
	return &job.Pull{
		Client: &c, Target: target,
		Limits: job.Limits{Duration: o.live(), Size: int64(o.maxSize)},
		Retry:  o.survival.policy(), Wait: time.Duration(o.survival.wait),
		Splice: o.output.splice(),
	}
}

// limit is how much is to be recorded; 0: all.
func (o *pullOptions) limit() time.Duration {
	limit := time.Duration(o.duration)
	if o.source.stop > 0 {
		if n := o.source.length(); limit == 0 || n < limit {
			limit = n
		}
	}
	return limit
}

// live is how much is to be recorded of a stream that has no place to stop at; 0: all.
func (o *pullOptions) live() time.Duration {
	if o.source.isPlaced() {
		return time.Duration(o.duration)
	}
	return o.limit()
}

// runOne records a single stream.
func (o *pullOptions) runOne(ctx context.Context, env *environment, pull *job.Pull) error {
	if err := o.open(ctx, env, pull); err != nil {
		return err
	}
	t, err := o.begin(env, pull, pull.Target.Redacted(), obs.MaskOf(pull.Target))
	if err != nil {
		return err
	}
	defer t.stop()
	return o.record(ctx, env, pull, t)
}

// runAsked records a single stream whose place, and with it the name of the output,
// has to be asked for.
func (o *pullOptions) runAsked(ctx context.Context, env *environment, pull *job.Pull) error {
	t, err := o.begin(env, pull, "", obs.MaskOf())
	if err != nil {
		return err
	}
	defer t.stop()
	if err := pull.Locate(ctx); err != nil {
		t.stop()
		t.rest()
		return o.conclude(env, job.Result{Err: err, Took: time.Since(o.begun)}, t)
	}
	t.learn(pull.Target)
	if err := o.open(ctx, env, pull); err != nil {
		return err
	}
	return o.record(ctx, env, pull, t)
}

// open opens the output of a single stream.
func (o *pullOptions) open(ctx context.Context, env *environment, pull *job.Pull) (err error) {
	pull.Files, pull.Output, err = o.output.open(ctx, env, pull.Target, o.limit())
	seek(pull)
	return err
}

// begin begins to tell of a single stream.
func (o *pullOptions) begin(env *environment, pull *job.Pull, url string, mask *obs.Mask) (*telling, error) {
	view := ui.One("waiting for media", pull.Progress, explainer(mask))
	t, err := o.tell.start(env, url, mask, view, o.output.name == "-")
	if err == nil {
		t.listen(pull)
	}
	return t, err
}

// record records a single stream to its output, and says what came of it.
func (o *pullOptions) record(ctx context.Context, env *environment, pull *job.Pull, t *telling) error {
	if pull.Files != nil && pull.Files.Many() {
		env.signals.onHangup(pull.Rotate)
	}
	var result job.Result
	if err := finish(ctx, o.output.mayStick(pull.Target), func() { result = pull.Run(ctx) }); err != nil {
		return err
	}
	t.stop()
	t.rest()
	return o.conclude(env, result, t)
}

// stuckAfter is how long a recording to a pipe may take to end once it is told to.
// Its reader may have stopped reading, and then no write ever ends.
const stuckAfter = 2 * time.Second

// finish runs what ends soon after ctx has, but for a write that never does. The
// error tells of one.
func finish(ctx context.Context, mayStick bool, run func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		run()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	var stuck <-chan time.Time
	if mayStick {
		stuck = time.After(stuckAfter)
	}
	select {
	case <-done:
		return nil
	case <-stuck:
		return context.Cause(ctx)
	}
}
