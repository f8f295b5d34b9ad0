package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// probeOptions are the flags of `rtmpull probe`.
type probeOptions struct {
	source  sourceFlags
	network networkFlags
	log     logFlags

	json     bool
	duration durationValue
}

// probeTime is how much of a stream is looked at, and half of what is if that
// has but one key frame.
const probeTime = 10 * time.Second

func newProbeCommand(env *environment) *cobra.Command {
	o := &probeOptions{}
	cmd := &cobra.Command{
		Use:   "probe [flags] FILE|URL",
		Short: "tell what is in a file or a stream, and what is wrong with it",
		Long: `Probe tells what is in an FLV file or a stream: tracks, codecs, sizes, rates, key
frames, gaps; and of a file whether it is sound. FILE may be - for standard input.

  rtmpull probe show.flv
  rtmpull probe --json rtmp://host/live/show

A file is read to its end, also over damage. Of a stream so much is played that it
can be told, and nothing is written.

Exit status: 0 the file is sound, or the stream was seen; 1 the file is damaged, which
is told, or is no FLV; of a URL 3 never connected; 4 refused by the server;
6 connected, but no media came; 64 wrong usage; 130, 143, 129 interrupted,
terminated, hung up.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args) },
	}
	fs := pflag.NewFlagSet("probe", pflag.ContinueOnError)
	fs.BoolVar(&o.json, "json", false, "as JSON")
	o.log.add(fs)
	limits := pflag.NewFlagSet("limits", pflag.ContinueOnError)
	limits.Var(&o.duration, "duration", "how much of a stream to play, counted in media (default: 10 s, or 20 for a second key frame)")
	o.source.addStop(limits)
	setGroups(cmd, flagGroup{"Flags", fs}, o.source.group(), flagGroup{"Limits", limits}, o.network.group())
	return cmd
}

// A probed is what was found out. The fields of the report are there if media
// came.
type probed struct {
	Source    string   `json:"source"`              // as the user wrote it, without secrets
	Kind      string   `json:"kind"`                // file, pipe or stream
	Size      int64    `json:"file_size,omitempty"` // bytes
	Connected *float64 `json:"connect_time,omitempty"`
	First     *float64 `json:"first_media_time,omitempty"`
	FirstKey  *float64 `json:"first_key_frame_time,omitempty"`
	*flvout.Report
	Ended  string `json:"ended,omitempty"` // of a stream, and of what could not be read
	Status int    `json:"exit_status"`
}

// errFaulty is the error of a file that was read, and is not sound.
var errFaulty = errors.New("the file is not sound")

// run probes.
func (o *probeOptions) run(ctx context.Context, env *environment, args []string) error {
	if _, err := o.log.options(); err != nil {
		return err
	}
	switch {
	case len(args) == 0 && o.source.url == "":
		return badUsage("want a file, - for standard input, or the URL of a stream")
	case len(args) > 1:
		return badUsage("want one file or URL, not %d arguments", len(args))
	}
	p := &probed{}
	var err error
	if o.source.url != "" || strings.Contains(args[0], "://") || strings.HasPrefix(args[0], "@") {
		err = o.stream(ctx, env, args, p)
	} else {
		err = o.file(ctx, args[0], p)
	}
	if _, usage := errors.AsType[*usageError](err); usage || isURLError(err) {
		return err
	}
	return o.conclude(env, p, err)
}

func isURLError(err error) bool {
	_, ok := errors.AsType[*rtmp.URLError](err)
	return ok
}

// conclude tells what came of it.
func (o *probeOptions) conclude(env *environment, p *probed, err error) error {
	if err == nil && p.Kind != "stream" && len(p.Faults) > 0 {
		err = &told{errFaulty}
	}
	p.Status = exitStatus(err)
	if err != nil && !errors.Is(err, errFaulty) {
		p.Ended = describe(err)
	}
	var e error
	switch {
	case o.json:
		enc := json.NewEncoder(env.stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		e = enc.Encode(p)
	case p.Report != nil:
		e = p.print(env.stdout)
	}
	if e != nil {
		return e
	}
	return err
}

// file inspects a file or a pipe. Whoever waits for a pipe waits for a signal too.
func (o *probeOptions) file(ctx context.Context, name string, p *probed) error {
	if o.duration > 0 || o.source.stop > 0 {
		return badUsage("--duration and --stop are for a stream; a file is read to its end")
	}
	p.Source, p.Kind = name, "file"
	in, err := openInput(ctx, name)
	if err != nil {
		return err
	}
	defer in.close()
	inspect := func() (*flvout.Report, error) { return flvout.Inspect(in.Reader) }
	if f, size, ok := regular(in.Reader); ok {
		p.Size = size
		inspect = func() (*flvout.Report, error) { return flvout.InspectFile(f, size) }
	} else {
		p.Kind = "pipe"
	}
	p.Report, err = orSignal(ctx, inspect)
	if syntax, ok := errors.AsType[*flvout.SyntaxError](err); ok {
		return fmt.Errorf("%s: %s", in.Name, syntax.Reason)
	}
	if err != nil && ctx.Err() == nil {
		return &job.InputError{Name: in.Name, Err: err}
	}
	return err
}

// regular tells whether an input can be read at any place, which standard input
// may be too, and how long it is.
func regular(in io.Reader) (io.ReaderAt, int64, bool) {
	f, ok := in.(*os.File)
	if !ok {
		return nil, 0, false
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, 0, false
	}
	return f, info.Size(), true
}

// stream plays a stream until it is known.
func (o *probeOptions) stream(ctx context.Context, env *environment, args []string, p *probed) error {
	target, err := o.source.target(args, env.getenv)
	if err != nil {
		return err
	}
	client, err := o.network.client()
	if err != nil {
		return err
	}
	if err := o.source.fetchPlayer(ctx, client, warner(env.stderr, &o.log), target); err != nil {
		return err
	}
	logging, err := o.log.options()
	if err != nil {
		return err
	}
	logging.Color = isTerminal(env.stderr)
	if logging.Level == obs.Normal {
		logging.Level = obs.Quiet // the answer comes soon
	}
	mask := obs.MaskOf(target)
	client.Trace = obs.New(env.stderr, logging).Trace(mask)
	p.Source, p.Kind = target.Redacted(), "stream"

	limit := time.Duration(o.duration)
	if o.source.stop > 0 && (limit == 0 || o.source.length() < limit) {
		limit = o.source.length()
	}
	start := time.Now()
	i := flvout.NewInspector()
	player, err := client.Play(ctx, target)
	if err == nil {
		p.Connected = since(start)
		p.Ended, err = p.play(player, i, limit, start)
		_ = player.Close()
	}
	if !i.Begun() {
		if err == nil {
			err = job.ErrNeverLive
		}
		return &jobError{err: err, mask: mask}
	}
	p.Report = i.Report()
	maskReport(p.Report, mask)
	if err == nil || ctx.Err() != nil {
		return err
	}
	p.Ended = describe(&jobError{err: err, media: true, mask: mask})
	return nil
}

// play takes messages until enough is known, and returns why it ended.
func (p *probed) play(player *rtmp.Player, i *flvout.Inspector, limit time.Duration, start time.Time) (string, error) {
	begun := start
	for {
		m, err := player.Next()
		if errors.Is(err, io.EOF) {
			return string(job.StreamEnded), nil
		}
		if err != nil {
			return "", err
		}
		t := flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: m.Payload}
		i.Add(t, 0)
		if p.First == nil && i.Begun() {
			p.First, begun = since(start), time.Now()
		}
		if p.FirstKey == nil && m.Type.IsMedia() && flvout.Classify(t).Key {
			p.FirstKey = since(start)
		}
		if p.First != nil && enough(i, limit, time.Since(begun)) {
			return "enough was seen", nil
		}
	}
}

// enough tells whether a stream was played for as long as asked for. One whose
// time does not go on is given up after a while.
func enough(i *flvout.Inspector, limit, took time.Duration) bool {
	const slack = 2 * time.Second
	content, distances := i.Seen()
	seen := time.Duration(content) * time.Millisecond
	switch {
	case limit > 0:
		return seen >= limit || took >= 2*limit+slack
	case seen >= probeTime && distances != 0:
		return true
	}
	return seen >= 2*probeTime || took >= 2*probeTime+slack
}

// since is a time in seconds, as JSON has it.
func since(start time.Time) *float64 {
	s := float64(time.Since(start).Milliseconds()) / 1000
	return &s
}
