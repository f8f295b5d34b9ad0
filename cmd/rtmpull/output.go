package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// stdout is a flvout.Writer with a name.
type stdout struct{ *flvout.Writer }

func (stdout) Name() string { return "standard output" }

// open makes the output. A file appears with the first media. To open a named
// pipe waits for its reader, or for a signal.
func (o *pullOptions) open(ctx context.Context, env *environment, t *rtmp.Target) (job.Output, error) {
	switch o.output {
	case "":
		return nil, badUsage("--flv wants a name, or - for standard output")
	case "-":
		if isTerminal(env.stdout) {
			return nil, errTerminal
		}
		return stdout{flvout.NewWriter(env.stdout)}, nil
	}
	template, err := parseName(o.output)
	if err != nil {
		return nil, err
	}
	name := template.expand(t, time.Now(), 1)
	if leadsToTerminal(name) {
		return nil, errTerminal
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		if path, ok := errors.AsType[*fs.PathError](err); ok {
			return nil, &flvout.Error{Op: "create", Path: path.Path, Err: path.Err}
		}
		return nil, &flvout.Error{Op: "create", Path: name, Err: err}
	}
	f, err := orSignal(ctx, func() (*flvout.File, error) { return flvout.FileOptions{Force: o.force}.Create(name) })
	if err != nil {
		return nil, err
	}
	return f, nil
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
