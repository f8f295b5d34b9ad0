package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// outputFlags say what a recording is written to, and how.
type outputFlags struct {
	name    string
	literal bool // the name has no directives and no fields
	inPlace bool // the file has its name from the beginning
	force   bool
	resume  bool
	skip    int

	segmentTime, align durationValue
	segmentSize        sizeValue
	index              indexValue
	onChange           choice[flvout.Change]
	onReconnect        choice[flvout.Rejoining]
	raw                bool
	minFree            minFreeValue
	onComplete         string

	// What streams that are recorded side by side share; nil: there is one.
	buffers *flvout.BufferPool
	turns   job.Turns
}

func (f *outputFlags) group() flagGroup {
	fs := pflag.NewFlagSet("output", pflag.ContinueOnError)
	fs.StringVarP(&f.name, "flv", "o", defaultName,
		"output `file`, with strftime's directives and {stream}, {app}, {host}, {port}, {seq}; - is standard output")
	fs.BoolVar(&f.force, "force", false, "replace a file of the same name, instead of taking another name")
	fs.BoolVarP(&f.resume, "resume", "e", false, "go on with the file if it is there, finished or not; a recorded stream is asked for what is missing")
	fs.VarP((*countValue)(&f.skip), "skip", "k", "how many key frames to go back further with --resume, if the end of the file is not to be trusted")
	f.onChange.words = []string{flvout.ChangeSplit: "split", flvout.ChangeKeep: "keep", flvout.ChangeExit: "exit"}
	fs.Var(&f.onChange, "on-change", "what to do when the stream's parameters change: begin a new file, go on in the same, or end (default: split; keep on standard output)")
	f.onReconnect.words = []string{flvout.RejoinJoin: "join", flvout.RejoinSplit: "split"}
	fs.Var(&f.onReconnect, "on-reconnect", "what to do when the stream was lost and is there again: go on in the same file, or begin a new one (default: join)")
	fs.BoolVar(&f.raw, "raw", false, "leave the timestamps as the server sent them")
	fs.Var((*positiveValue)(&f.segmentTime), "segment-time", "begin a new file, at a key frame, when one has so much media")
	fs.Var(&f.segmentSize, "segment-size", "begin a new file before one gets larger")
	fs.Var((*alignValue)(&f.align), "segment-align", "begin a new file when the time of day is a multiple of this: 1h is on the hour")
	fs.Var(&f.index, "index-entries", "room for key frames in a file's index, in which players seek; 0 is no index (default: one a second, 8192 at most)")
	return flagGroup{"Output", fs}
}

// afterGroup are the flags of what happens to files that are complete.
func (f *outputFlags) afterGroup() flagGroup {
	fs := pflag.NewFlagSet("after", pflag.ContinueOnError)
	fs.StringVar(&f.onComplete, "on-complete", "", "`command` for the shell to run for each file that is complete: $RTMPULL_FILE; see above")
	return flagGroup{"After", fs}
}

// addMinFree adds the one flag of the output that counts as a limit as well.
func (f *outputFlags) addMinFree(fs *pflag.FlagSet) {
	fs.Var(&f.minFree, "min-free", "how much to leave free on the disk (default: 64 MB, or 5 % of a small disk)")
}

// segments tells whether there is to be more than one file.
func (f *outputFlags) segments() bool { return f.segmentTime > 0 || f.segmentSize > 0 || f.align > 0 }

// shorten calls standard output -, whatever it was called.
func (f *outputFlags) shorten() {
	switch f.name {
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		f.name = "-"
	}
}

// check finds out what is wrong with the flags, before anything is opened.
func (f *outputFlags) check() error {
	if f.shorten(); f.name == "" {
		return badUsage("--flv wants a name, or - for standard output")
	}
	if fi, err := os.Stat(f.name); !f.literal && (strings.HasSuffix(f.name, "/") || err == nil && fi.IsDir()) {
		f.name = filepath.Join(f.name, defaultName)
	}
	switch {
	case f.resume && f.segments():
		return badUsage("--resume goes on with one file, and cannot write segments")
	case f.skip > 0 && !f.resume && !f.literal:
		return badUsage("--skip is for --resume")
	case f.resume && f.force:
		return badUsage("--resume goes on with a file, and --force replaces it")
	}
	if f.name != "-" {
		return nil
	}
	if f.onChange.set && f.onChange.value == flvout.ChangeSplit {
		return badUsage("--on-change split is for files; standard output can keep on or exit")
	}
	if f.onReconnect.value == flvout.RejoinSplit {
		return badUsage("--on-reconnect split is for files, and standard output is none")
	}
	for flag, given := range map[string]bool{
		"--segment-time": f.segmentTime > 0, "--segment-size": f.segmentSize > 0, "--segment-align": f.align > 0,
		"--index-entries": f.index.set, "--min-free": f.minFree.set, "--on-complete": f.onComplete != "", "--force": f.force, "--resume": f.resume,
	} {
		if given {
			return badUsage("%s is for files, and standard output is none", flag)
		}
	}
	return nil
}

// possible finds out what is wrong with the output before its name is known.
func (f *outputFlags) possible(env *environment) error {
	if f.name == "-" && isTerminal(env.stdout) {
		return errTerminal
	}
	_, err := f.template()
	return err
}

// template is the name, to be filled in.
func (f *outputFlags) template() (nameTemplate, error) {
	if f.literal {
		return nameTemplate{{text: strings.ReplaceAll(f.name, "%", "%%")}}, nil
	}
	return parseName(f.name)
}

// splice says how the stream becomes one.
func (f *outputFlags) splice() flvout.SplicerOptions {
	o := flvout.SplicerOptions{OnChange: f.onChange.value, OnRejoin: f.onReconnect.value, Raw: f.raw}
	if (f.name == "-" || f.inPlace) && !f.onChange.set { // there is one file, or none
		o.OnChange = flvout.ChangeKeep
	}
	return o
}

// stdout is a flvout.Writer with a name.
type stdout struct{ *flvout.Writer }

func (stdout) Name() string { return "standard output" }

// open makes the output of a single recording, of limit at most, if that is not 0.
// A file appears with the first media. To open a named pipe waits for its reader,
// or for a signal.
func (f *outputFlags) open(ctx context.Context, env *environment, t *rtmp.Target, limit time.Duration) (*job.Files, flvout.Sink, error) {
	if f.name == "-" {
		if isTerminal(env.stdout) {
			return nil, nil, errTerminal
		}
		if isClosed(env.stdout) {
			return nil, nil, &flvout.Error{Op: "write", Path: "standard output", Err: errClosed}
		}
		w := flvout.NewWriter(env.stdout)
		if f.raw {
			w.SetRaw()
		}
		return nil, stdout{w}, nil
	}
	template, err := f.template()
	if err != nil {
		return nil, nil, err
	}
	name := template.expand(t, time.Now(), 1)
	if isDevice(name) && f.segments() {
		return nil, nil, badUsage("%s is no file, and cannot be written in segments", name)
	}
	o := f.options(ctx, env, template, t, limit)
	if !isDevice(name) && !f.inPlace {
		o.Orphans = template.orphans(t) // found before there is one of our own
	}
	files, err := job.OpenFiles(o)
	return files, nil, err
}

// options say how the files of a recording are made.
func (f *outputFlags) options(ctx context.Context, env *environment, template nameTemplate, t *rtmp.Target, limit time.Duration) job.FilesOptions {
	o := job.FilesOptions{
		Time: time.Duration(f.segmentTime), Size: int64(f.segmentSize), Align: time.Duration(f.align),
		Recover: f.recover, Turns: f.turns,
	}
	if o.One = isDevice(template.expand(t, time.Now(), 1)); !o.One {
		o.MinFree = f.minFree.want
	}
	if f.onComplete != "" {
		o.Hook = &job.Hook{Command: f.onComplete, Env: hookEnvironment(os.Environ(), t), Output: env.stderr}
	}
	longest := limit
	if s := time.Duration(f.segmentTime); s > 0 && (longest == 0 || s < longest) {
		longest = s
	}
	index := f.index.entries(longest)
	before := ""
	o.Open = func(seq int) (*flvout.File, error) {
		name := template.expand(t, time.Now(), seq)
		options := flvout.FileOptions{Force: f.force && name != before, InPlace: f.inPlace, IndexEntries: index, Raw: f.raw, Buffers: f.buffers}
		before = name
		return openFile(ctx, name, !f.literal, options)
	}
	if f.resume {
		from := time.Duration(t.Session.Start) * time.Millisecond
		o.Resume = func() (*flvout.File, *flvout.ResumePoint, error) {
			options := flvout.FileOptions{InPlace: f.inPlace, IndexEntries: index, Raw: f.raw, Buffers: f.buffers}
			return flvout.ResumeOptions{
				FileOptions: options,
				Recorded:    t.Session.Kind == session.Recorded, From: from, Skip: f.skip,
			}.Open(template.expand(t, time.Now(), 1))
		}
	}
	return o
}

// recover completes a file that a recording has left. One that is being written
// gives nothing, and neither does one in which there is nothing, or nothing of
// ours.
func (f *outputFlags) recover(part string) (job.Finished, error) {
	r, err := flvout.Recover(part, flvout.FileOptions{IndexEntries: f.index.entries(0), Raw: f.raw})
	switch {
	case errors.Is(err, flvout.ErrLocked), errors.Is(err, flvout.ErrNotFLV), errors.Is(err, flvout.ErrNoMedia),
		errors.Is(err, fs.ErrNotExist):
		return job.Finished{}, nil
	case err != nil || r.Action == flvout.ActionRemove:
		return job.Finished{}, err
	}
	return job.Finished{Name: r.Path, Size: r.Size, Duration: r.Duration}, nil
}

// openFile makes a file, and its folder if that is wanted.
func openFile(ctx context.Context, name string, folder bool, o flvout.FileOptions) (*flvout.File, error) {
	if leadsToTerminal(name) {
		return nil, errTerminal
	}
	if !folder {
		return orSignal(ctx, func() (*flvout.File, error) { return o.Create(name) })
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		if path, ok := errors.AsType[*fs.PathError](err); ok {
			return nil, &flvout.Error{Op: "create", Path: path.Path, Err: path.Err}
		}
		return nil, &flvout.Error{Op: "create", Path: name, Err: err}
	}
	return orSignal(ctx, func() (*flvout.File, error) { return o.Create(name) })
}

// hookEnvironment is what a command for complete files has.
func hookEnvironment(ours []string, t *rtmp.Target) []string {
	return append(ourEnvironment(ours),
		"RTMPULL_STREAM="+fieldValue("stream", t), "RTMPULL_APP="+fieldValue("app", t), "RTMPULL_HOST="+fieldValue("host", t))
}

// ourEnvironment is all that we have but secrets.
func ourEnvironment(ours []string) []string {
	var env []string
	for _, v := range ours {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "RTMPULL_TOKEN", "RTMPULL_PASSWORD":
		default:
			env = append(env, v)
		}
	}
	return env
}

// orSignal opens what may have to be waited for, such as the other end of a named
// pipe, unless ctx ends before. The goroutine that still waits then goes with the
// process, as nothing can be waited for that may never come.
func orSignal[T any](ctx context.Context, open func() (T, error)) (T, error) {
	type opened struct {
		value T
		err   error
	}
	done := make(chan opened, 1)
	go func() {
		v, err := open()
		done <- opened{v, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

var errTerminal = badUsage("the output is a terminal, which is no place for media")

// mayStick tells whether a reader that has stopped reading can keep a write to one
// of the outputs from ever ending.
func (f *outputFlags) mayStick(targets ...*rtmp.Target) bool {
	template, err := f.template()
	return err == nil && slices.ContainsFunc(targets, func(t *rtmp.Target) bool {
		return f.name == "-" || isDevice(template.expand(t, time.Now(), 1))
	})
}

var errClosed = errors.New("it is closed")

// isDevice tells whether a path is that of something that is written straight
// through, such as a named pipe.
func isDevice(name string) bool {
	fi, err := os.Stat(name)
	return err == nil && !fi.Mode().IsRegular() && !fi.IsDir()
}

// leadsToTerminal tells whether a path is a terminal's, such as /dev/tty.
func leadsToTerminal(name string) bool {
	fi, err := os.Stat(name)
	if err != nil || fi.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return false
	}
	is := isTerminal(f)
	_ = f.Close()
	return is
}
