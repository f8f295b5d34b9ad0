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

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

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
