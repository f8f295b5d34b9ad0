package main

import (
	"context"
	"os"
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

// publishOptions are the flags of `rtmpull publish`.
type publishOptions struct {
	stream  streamFlags
	network networkFlags
	tell    tellFlags

	speed     speedValue
	loop      loopValue
	duration  durationValue
	chunkSize uint32
	retry     retryFlags
}

func newPublishCommand(env *environment) *cobra.Command {
	o := &publishOptions{speed: 1, loop: 1}
	cmd := &cobra.Command{
		Use:   "publish [flags] FILE URL",
		Short: "send an FLV file to a server in real time",
		Long: `Publish sends an FLV file to an RTMP server as a live stream, in real time, as an
encoder would. FILE may be - for standard input:

  rtmpull publish show.flv rtmp://host/live/show
  ffmpeg -i show.mp4 -c copy -f flv - | rtmpull publish - rtmp://host/live/show

What the file has is sent as it is, timestamps and all. A server that is lost, once
it has had the stream for 3 s, is connected to again and given the next key frame.

Exit status: 0 all was sent, or a limit was reached; 1 failed, or the file is damaged (what is
before the damage is sent); 2 the connection was lost and could not be taken up again;
3 never connected; 4 refused by the server; 6 connected, but no answer came; 64 wrong usage;
130, 143, 129 interrupted, terminated, hung up (the server was told).`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args) },
	}
	setGroups(cmd, o.streamGroup(), o.sendGroup(), o.retry.group(), o.network.publishGroup(),
		o.tell.group("tell what happens in JSON lines, on standard output"))
	return cmd
}

func (o *publishOptions) streamGroup() flagGroup {
	fs := pflag.NewFlagSet("stream", pflag.ContinueOnError)
	o.stream.add(fs, rtmp.DefaultPublisherFlashVer)
	return flagGroup{"Stream", fs}
}

func (o *publishOptions) sendGroup() flagGroup {
	fs := pflag.NewFlagSet("send", pflag.ContinueOnError)
	fs.Var(&o.speed, "speed", "how fast to send: 1 is real time, max as fast as the server takes it")
	fs.Var(&o.loop, "loop", "how often to send the file, as one stream")
	fs.Var(&o.duration, "duration", "how much to send, counted in media")
	fs.Uint32Var(&o.chunkSize, "chunk-size", rtmp.DefaultChunkSize, "chunk size to send in, in `bytes`")
	return flagGroup{"Sending", fs}
}

// run publishes.
func (o *publishOptions) run(ctx context.Context, env *environment, args []string) error {
	if err := o.tell.check(); err != nil {
		return err
	}
	push, err := o.prepare(env, args)
	if err != nil {
		return err
	}
	if err := o.stream.fetchPlayer(ctx, push.Client, warner(env.stderr, &o.tell.log), push.Target); err != nil {
		return err
	}
	mask := obs.MaskOf(push.Target)
	view := ui.One("nothing sent yet", push.Progress, explainer(mask))
	t, err := o.tell.start(env, push.Target.Redacted(), mask, view, false)
	if err != nil {
		return err
	}
	defer t.stop()
	in, err := openInput(ctx, args[0])
	if err != nil {
		t.stop()
		return o.conclude(env, job.PushResult{Err: err}, t)
	}
	defer in.close()
	push.Input = in.Input
	push.Client.Trace = t.trace(t.log.Publishing)
	push.Report = t.report
	result := push.Run(ctx)
	t.stop()
	t.rest()
	return o.conclude(env, result, t)
}

// prepare makes the job, and finds out all that is wrong with the command line.
func (o *publishOptions) prepare(env *environment, args []string) (*job.Push, error) {
	switch {
	case len(args) < 2:
		return nil, badUsage("want a file, or -, and the URL to send it to")
	case len(args) > 2:
		return nil, badUsage("want a file and one URL, not %d arguments", len(args))
	case strings.Contains(args[0], "://"):
		return nil, badUsage("the file comes first, and then the URL")
	case o.chunkSize < 128 || o.chunkSize > 65536:
		return nil, badUsage("--chunk-size %d: servers take 128 to 65536", o.chunkSize)
	}
	target, err := o.stream.target(args[1], env.getenv)
	if err != nil {
		return nil, err
	}
	if target.Session.PlayPath == "" {
		return nil, badUsage("the URL names no stream; add /NAME, or give --playpath")
	}
	target.Session.Role, target.Session.ChunkSize = session.Publish, o.chunkSize
	client, err := o.network.client()
	if err != nil {
		return nil, err
	}
	return &job.Push{
		Client: client, Target: target,
		Speed: float64(o.speed), Loop: int(o.loop),
		Limits: job.Limits{Duration: time.Duration(o.duration)},
		Retry:  o.retry.policy(),
	}, nil
}

// An input is what is published.
type input struct {
	job.Input
	close func()
}

// openInput opens what is published. To open a named pipe waits for its writer,
// or for a signal.
func openInput(ctx context.Context, name string) (input, error) {
	if name == "-" {
		if isTerminal(os.Stdin) {
			return input{}, badUsage("standard input is a terminal; FLV comes from a file or a pipe")
		}
		return input{job.Input{Name: "standard input", Reader: os.Stdin}, func() {}}, nil
	}
	f, err := orSignal(ctx, func() (*os.File, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, &job.InputError{Name: name, Err: err}
		}
		return f, nil
	})
	if err != nil {
		return input{}, err
	}
	in := input{job.Input{Name: name, Reader: f}, func() { _ = f.Close() }}
	if isTerminal(f) {
		in.close()
		return input{}, badUsage("%s is a terminal; FLV comes from a file or a pipe", name)
	}
	return in, nil
}

// conclude tells what came of it and makes the error that the exit status is
// taken from.
func (o *publishOptions) conclude(env *environment, r job.PushResult, t *telling) error {
	var err error
	if r.Err != nil {
		err = &jobError{err: r.Err, media: r.Media, mask: t.mask, publish: true, brief: r.Longest > 0 && r.Longest < job.Brief}
	}
	why, status := string(r.Reason), exitStatus(err)
	if err != nil {
		why = describe(err)
	}
	if r.Media && t.words {
		ui.PushSummary(env.stderr, r, why)
		giveHint(env.stderr, hint(err, ""))
	}
	if t.lines != nil {
		t.lines.PushSummary(r, why, status)
	}
	if err != nil && r.Media && t.words {
		return &told{err}
	}
	return err
}
