package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	// DefaultAskLimit is how long a command may take to print a URL.
	DefaultAskLimit = 30 * time.Second

	// maxAnswer is how much of what it prints is kept, in bytes.
	maxAnswer = 64 << 10

	// askDelay is how long the output of a command is waited for that has ended,
	// and has left something running that could write there. Every connection is
	// late by it.
	askDelay = 200 * time.Millisecond
)

// An Asker is a command, run by the shell, that prints the URL of a stream.
type Asker struct {
	Command string
	Env     []string
	Stderr  *os.File      // where it writes errors; nil: nowhere
	Limit   time.Duration // 0: DefaultAskLimit
}

// A CommandError tells that a command for a URL gave none.
type CommandError struct{ Err error }

func (e *CommandError) Error() string { return "the command for the URL: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *CommandError) Unwrap() error { return e.Err }

// Ask runs the command and returns the first line that it prints with something in
// it. What it has left running, and that holds its output, ends with it. The error is
// a *CommandError, also if ctx has a deadline that has passed, or the cause of ctx,
// with which the command ends.
func (a *Asker) Ask(ctx context.Context) (string, error) {
	limit := cmp.Or(a.Limit, DefaultAskLimit)
	if until, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(until))
	}
	inner, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := shell(a.Command)
	apart(cmd)
	answer := &bounded{}
	cmd.Env, cmd.Stdout, cmd.WaitDelay = a.Env, answer, askDelay
	if a.Stderr != nil {
		cmd.Stderr = a.Stderr
	}
	if err := cmd.Start(); err != nil {
		return "", &CommandError{err}
	}
	killed := make(chan struct{})
	stop := context.AfterFunc(inner, func() {
		defer close(killed)
		kill(cmd)
	})
	err := cmd.Wait()
	if !stop() {
		<-killed // nothing of it is left behind
	}
	if err != nil {
		kill(cmd) // what it has left
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	switch {
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return "", context.Cause(ctx)
	case inner.Err() != nil:
		return "", &CommandError{fmt.Errorf("no answer within %v", max(0, limit).Round(time.Millisecond))}
	case err != nil:
		return "", &CommandError{err}
	}
	for line := range strings.Lines(answer.String()) {
		if line = strings.TrimSpace(line); line != "" {
			return line, nil
		}
	}
	return "", &CommandError{errors.New("it printed nothing")}
}

// bounded keeps the beginning of what is written to it, by whoever does so still.
type bounded struct {
	mu   sync.Mutex
	text []byte
}

func (b *bounded) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p[:min(len(p), maxAnswer-len(b.text))]...)
	return len(p), nil
}

func (b *bounded) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}
