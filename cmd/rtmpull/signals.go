package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// A signalError says which signal ended the program.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string {
	switch e.signal {
	case syscall.SIGINT:
		return "interrupted"
	case syscall.SIGHUP:
		return "hung up"
	case syscall.SIGQUIT:
		return "quit"
	}
	return "terminated"
}

// deafFor is how long signals after the first one are not heard: timeout(1)
// sends its own twice, to us and to our process group.
const deafFor = 300 * time.Millisecond

// signals are what the program is told from outside while it runs.
type signals struct {
	mu     sync.Mutex
	hangup func() // what SIGHUP does; nil: it ends the program
}

// onHangup has SIGHUP call f instead of ending the program.
func (s *signals) onHangup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hangup = f
}

// handled tells whether a signal is none to stop, and has been acted upon.
func (s *signals) handled(got os.Signal) bool {
	if got != syscall.SIGHUP {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hangup == nil {
		return false
	}
	s.hangup()
	return true
}

// watch returns a context that the first signal to stop ends, with a *signalError
// as its cause. A second one finds the default action: it kills.
func (s *signals) watch(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	c := make(chan os.Signal, 8) // that to stop is not lost for others before it
	all := []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) { // nohup means it
		all = append(all, syscall.SIGHUP)
	}
	signal.Notify(c, all...)
	done, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer signal.Stop(c)
		for {
			select {
			case got := <-c:
				if s.handled(got) {
					continue
				}
				cancel(&signalError{got.(syscall.Signal)})
				select {
				case <-time.After(deafFor):
				case <-finished:
				}
			case <-finished:
			}
			return
		}
	}()
	return ctx, func() {
		close(finished)
		cancel(nil)
		<-done
	}
}
