package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/rtmpdump"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// isRtmpdump tells whether the program was called by rtmpdump's name, and so is to be
// it.
func isRtmpdump(program string) bool {
	name := strings.ToLower(filepath.Base(program))
	return strings.TrimSuffix(name, ".exe") == "rtmpdump"
}

func newRtmpdumpCommand(env *environment) *cobra.Command {
	d := newDump(env)
	cmd := &cobra.Command{
		Use:   "rtmpdump [options]",
		Short: "record by rtmpdump's command line, with its output and its exit statuses",
		Long:  "Rtmpdump records as rtmpdump does, to a file or to standard output.\n\n" + dumpStatuses,

		DisableFlagParsing: true, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.run(cmd.Context(), args)
		},
	}
	setGroups(cmd, flagGroup{"Options", d.flags.own}, flagGroup{"What rtmpdump does not have", d.flags.more})
	return cmd
}

// A dumpError is how rtmpdump's command line failed, which has exit statuses of its
// own. It has been told.
type dumpError struct{ status int }

func (e *dumpError) Error() string { return fmt.Sprintf("rtmpdump: status %d", e.status) }

// A dump is a recording by rtmpdump's command line.
type dump struct {
	pullOptions

	env   *environment
	flags *dumpFlags
	warn  func(format string, args ...any) // tells of what does not count
	tell  *dumpTelling
}

func newDump(env *environment) *dump {
	d := &dump{env: env}
	d.network.dial, d.network.endless = env.dial, true
	d.output.literal, d.output.inPlace = true, true
	d.source.fromStart = true
	d.source.verbatim = true
	d.flags = newDumpFlags(&d.pullOptions)
	return d
}

// run records. What goes wrong is told in rtmpdump's way.
func (d *dump) run(ctx context.Context, args []string) error {
	d.begun = time.Now()
	d.tell = newDumpTelling(d.env.stderr, rtmpdump.Silent(args))
	d.warn = d.tell.warn
	d.tell.Print(strings.TrimSuffix(rtmpdump.Banner(d.env.version), "\n"))
	status := d.dump(ctx, args)
	if status == statusOK {
		return nil
	}
	return &told{&dumpError{status}}
}

// dump returns the exit status.
func (d *dump) dump(ctx context.Context, args []string) int {
	err := d.flags.parse(args)
	told := d.flags.levelled() // before what is wrong; a -q behind that counts as well
	if err == nil || told {
		d.tell.as(d.env.stderr, &d.pullOptions.tell)
	}
	switch {
	case err != nil:
		if told && d.tell.level > obs.Quiet || !told && !rtmpdump.Silent(args) {
			d.flags.usage(d.env.stderr)
		}
		d.tell.fail(err)
		return statusFailed
	case d.flags.help:
		d.flags.usage(d.env.stderr)
		return statusOK
	}
	target, err := d.understood()
	if errors.Is(err, errCompleted) {
		d.tell.Print(rtmpdump.AlreadyCompleted)
		return statusOK
	}
	var pull *job.Pull
	if err == nil {
		pull, err = d.prepare(ctx, target)
	}
	if _, ok := errors.AsType[*signalError](err); ok {
		d.tell.caught(err)
		return d.tell.status(err, false)
	}
	if err != nil {
		d.tell.fail(err)
		return statusFailed
	}
	return d.record(ctx, pull)
}

// errCompleted is for a recording that has come as far as it was to come.
var errCompleted = errors.New("already completed")

// understood is the stream that the command line asks for; with errCompleted, nothing
// of it. What else is wrong with that is found out as well, before anything is opened.
func (d *dump) understood() (*rtmp.Target, error) {
	for _, word := range d.flags.words {
		if key, _, ok := strings.Cut(word, "="); ok && !strings.Contains(word, "://") { // it may be a token's
			word = key + "=..."
		}
		d.warn("%s is no option, and is passed over", printable(rtmp.Redact(word)))
	}
	if d.source.options != "" && d.flags.stream.given {
		d.warn("with --url, --rtmp does not count")
	}
	silence, options := d.network.silence, d.source.options
	if err := d.source.unfold(&d.network, d.flags.all.Changed); err != nil {
		return nil, err
	}
	if url := d.source.url; url != "" { // of --url
		d.flags.stream = dumpURL{}
		_ = d.flags.stream.Set(url) // which it remembers
		_, list, _ := rtmpdump.ParseOptions(options)
		for _, o := range list {
			if o.Value == "" {
				d.flags.stream.forget(o.Key)
			}
		}
	}
	d.wait(silence)
	d.reconcile()
	s := &d.source
	completed := s.stop > 0 && s.stop <= s.start
	if completed {
		s.stop = 0
	}
	target, err := d.target()
	switch {
	case err != nil:
		return nil, err
	case completed:
		return target, errCompleted
	}
	return target, d.output.check()
}

// prepare makes the job.
func (d *dump) prepare(ctx context.Context, target *rtmp.Target) (*job.Pull, error) {
	client, err := d.network.client()
	if err != nil {
		return nil, err
	}
	warn := func(err error) { d.warn("%s", describe(err)) }
	switch err := d.source.fetchPlayer(ctx, client, warn, target); {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil: // rtmpdump goes on without, and many a server does not ask
		warn(err)
	}
	pull := d.pull(client, target)
	if d.output.resume {
		d.tell.length = fileLength(d.output.name) // before it is mended, and says how long it is itself
	}
	if err := d.open(ctx, d.env, pull); err != nil {
		return nil, err
	}
	return pull, nil
}

var errNoHost = badUsage("no host is given: with --host, or in the URL of --rtmp")

// target is the stream that is asked for.
func (d *dump) target() (*rtmp.Target, error) {
	f, u := &d.source, &d.flags.stream
	switch {
	case u.wrong == nil:
	case u.raw == "" && f.address.host == "":
		return nil, u.wrong
	default:
		d.warn("the URL does not count: %v", u.wrong)
	}
	f.url, f.parse = u.raw, u.target
	if f.url == "" && f.address.host == "" {
		return nil, errNoHost
	}
	t, err := f.target(nil, d.env.getenv)
	if err != nil {
		return nil, err
	}
	c := &t.Session
	switch {
	case t.Host == "":
		return nil, errNoHost
	case c.PlayPath == "":
		return nil, badUsage("no stream is given: with --playpath, or in the URL of --rtmp, as in rtmp://host/app/stream")
	}
	if fi, err := os.Stat(d.output.name); d.output.resume && err == nil && fi.Size() > 0 {
		c.Kind = session.Recorded // which a live one without -v is not, that has no file yet
	}
	if c.TcURL == "" {
		_, port, _ := net.SplitHostPort(t.Address())
		n, _ := strconv.Atoi(port)
		c.TcURL = rtmpdump.TcURL(t.Scheme, t.Host, n, c.App)
	}
	return t, nil
}

// record records, and returns the exit status.
func (d *dump) record(ctx context.Context, pull *job.Pull) int {
	t := d.tell
	t.follow(pull, d.source.live)
	signalled := ctx // which ctx, with the reader of a pipe, is not
	caught := sync.OnceFunc(func() { t.caught(context.Cause(signalled)) })
	stop := context.AfterFunc(signalled, caught)
	defer stop()
	if d.output.name == "-" {
		var end func()
		ctx, end = whileRead(ctx, d.env.stdout)
		defer end()
	}
	if pull.Whole {
		t.Print(rtmpdump.AlreadyCompleted)
	} else {
		t.Print(rtmpdump.Connecting)
	}
	var result job.Result
	err := finish(ctx, d.output.mayStick(pull.Target), func() { result = pull.Run(ctx) })
	if stop(); signalled.Err() != nil {
		caught() // which may not have been called yet, or not have returned
	}
	if err == nil && result.Files > 0 {
		t.size = result.Size
	}
	close(t.over)
	<-t.done
	mask := obs.MaskOf(pull.Target)
	if err != nil { // the reader of a pipe does not let go of it, and there is no result
		return t.conclude(&jobError{err: err, media: true, mask: mask}, true)
	}
	_, err = d.verdict(result, mask)
	return t.conclude(err, result.Media)
}
