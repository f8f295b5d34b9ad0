//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lookEvery is how often the reader of a pipe is looked for while nothing is written.
const lookEvery = 500 * time.Millisecond

// whileRead returns a context that ends when out is a pipe and its reader has gone,
// which a write would find out, if there were one. stop waits for what looks after it.
func whileRead(parent context.Context, out *os.File) (ctx context.Context, stop func()) {
	if fi, err := out.Stat(); err != nil || fi.Mode()&os.ModeNamedPipe == 0 {
		return parent, func() {}
	}
	ctx, cancel := context.WithCancelCause(parent)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for !isUnread(out) {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
		cancel(fmt.Errorf("standard output: %w", unix.EPIPE))
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

func isUnread(pipe *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(pipe.Fd())}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}

// isClosed tells whether standard output was closed when we began: Go's runtime opens
// /dev/null in its place, for reading as well, which no shell does.
func isClosed(out *os.File) bool {
	fi, err := out.Stat()
	null, none := os.Stat(os.DevNull)
	if err != nil || none != nil || !os.SameFile(fi, null) {
		return false
	}
	flags, err := unix.FcntlInt(out.Fd(), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_ACCMODE == unix.O_RDWR
}
