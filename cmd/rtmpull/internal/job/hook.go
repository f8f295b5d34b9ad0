package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// The times of hooks.
const (
	// DefaultHookLimit is how long a hook may run before it is killed.
	DefaultHookLimit = time.Hour

	// hookGrace is how long hooks are waited for when a signal has ended the
	// recording.
	hookGrace = time.Minute

	// hookPatience is how long they are waited for before that is told.
	hookPatience = time.Second

	// maxHooks is how many files wait for their hook; those of more are left out.
	maxHooks = 1000
)

// A Hook is a command that is run for each file that is complete, by the shell,
// with the file in its environment. One runs at a time.
type Hook struct {
	Command string
	Env     []string      // what every one has
	Output  *os.File      // what they write; nil: nowhere
	Limit   time.Duration // 0: DefaultHookLimit
}

// environment is what a file's hook has.
func (h *Hook) environment(f Finished) []string {
	name, err := filepath.Abs(f.Name)
	if err != nil {
		name = f.Name
	}
	return append(slices.Clip(h.Env),
		"RTMPULL_FILE="+name,
		"RTMPULL_DURATION="+strconv.FormatFloat(f.Duration.Seconds(), 'f', 3, 64),
		"RTMPULL_SIZE="+strconv.FormatInt(f.Size, 10),
		"RTMPULL_SEQ="+strconv.Itoa(f.Seq),
		"RTMPULL_REASON="+f.Reason(),
	)
}

// Reason is why the file ended, as for programs.
func (f Finished) Reason() string {
	if f.Seq == 0 {
		return "recovered"
	}
	return cmp.Or(f.Why, "end")
}

// run runs the command for a file. It is given up, and goes on by itself, when
// leave is closed.
func (h *Hook) run(f Finished, leave <-chan struct{}) error {
	cmd := shell(h.Command)
	cmd.Env = h.environment(f)
	if h.Output != nil {
		cmd.Stdout, cmd.Stderr = h.Output, h.Output
	}
	apart(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = cmd.Wait()
	}()
	limit := h.Limit
	if limit == 0 {
		limit = DefaultHookLimit
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return err
	case <-timer.C:
		kill(cmd)
		<-done
		return fmt.Errorf("killed after %v", limit)
	case <-leave:
		return errLeft
	}
}

var (
	errLeft = errors.New("it is left running")
	errLate = errors.New("there was no time left for it")
)

// hooks run a hook for files, one after the other, in a goroutine of their own. A
// nil *hooks runs none.
type hooks struct {
	hook   *Hook
	report func(Event)
	leave  chan struct{}
	done   chan struct{}

	waiting         atomic.Int64  // files whose hook has not ended
	grace, patience time.Duration // 0: the constants

	mu    sync.Mutex
	queue chan Finished // nil: there will be no more
}

func startHooks(h *Hook, report func(Event)) *hooks {
	hs := &hooks{hook: h, report: report, queue: make(chan Finished, maxHooks), leave: make(chan struct{}), done: make(chan struct{})}
	go hs.run(hs.queue)
	return hs
}

func (hs *hooks) run(queue <-chan Finished) {
	defer close(hs.done)
	for f := range queue {
		hs.one(f)
		hs.waiting.Add(-1)
	}
}

func (hs *hooks) one(f Finished) {
	select {
	case <-hs.leave:
		hs.fail(f, errLate)
		return
	default:
	}
	switch err := hs.hook.run(f, hs.leave); {
	case err == nil:
	case errors.Is(err, errLeft):
		hs.report(Event{Kind: HookLeft, Name: f.Name})
	default:
		hs.fail(f, err)
	}
}

func (hs *hooks) fail(f Finished, err error) {
	hs.report(Event{Kind: HookFailed, Name: f.Name, Err: err})
}

// add has the hook run for a file, some time. It never waits.
func (hs *hooks) add(f Finished) {
	if hs == nil {
		return
	}
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if hs.queue == nil {
		return
	}
	hs.waiting.Add(1)
	select {
	case hs.queue <- f:
	default:
		hs.waiting.Add(-1)
		hs.fail(f, fmt.Errorf("%d files wait for it already", maxHooks))
	}
}

// end waits for the hooks: as long as they take, but for hookGrace at most once ctx
// has ended. One that is under way then is left alone.
func (hs *hooks) end(ctx context.Context) {
	if hs == nil {
		return
	}
	hs.mu.Lock()
	close(hs.queue)
	hs.queue = nil
	hs.mu.Unlock()
	tell := time.NewTimer(cmp.Or(hs.patience, hookPatience))
	defer tell.Stop()
	hurry := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case <-hs.done:
			return
		case <-tell.C:
			if n := hs.waiting.Load(); n > 0 {
				hs.report(Event{Kind: HooksAwaited, Files: int(n)})
			}
		case <-hurry:
			hurry = nil
			timer := time.NewTimer(cmp.Or(hs.grace, hookGrace))
			defer timer.Stop()
			late = timer.C
		case <-late:
			close(hs.leave)
			<-hs.done
			return
		}
	}
}
