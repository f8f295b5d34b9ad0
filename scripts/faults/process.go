//go:build linux

package main

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// A process is a program that has been started, and is waited for.
type process struct {
	cmd   *exec.Cmd
	done  chan struct{} // closed when it has ended
	ended time.Time     // when that was
}

// start runs a program that says what it has to say into a file. If out is not
// nil, it is given what comes on standard output.
func start(dir, log string, argv []string, out func(*os.File)) (*process, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // our own
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()                                                  // the program has its own
	p := &process{cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{})} //nolint:gosec // our own table
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, f, f
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var r, w *os.File
	if out != nil {
		if r, w, err = os.Pipe(); err != nil {
			return nil, err
		}
		defer func() { _ = w.Close() }()
		p.cmd.Stdout = w
		go func() {
			out(r)
			_ = r.Close()
		}()
	}
	started := make(chan error)
	go func() {
		// The kernel takes the thread that started a process for its parent,
		// and kills the process with it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // ProcessState tells
			p.ended = time.Now()
			close(p.done)
		}
	}()
	return p, <-started
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// kill ends it without a word, frozen as it may be.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// interrupt ends it as Ctrl-C does, and reports whether it obeyed. ffmpeg that
// waits for its server does so the second time.
func (p *process) interrupt() bool {
	for range 3 {
		p.signal(syscall.SIGINT)
		select {
		case <-p.done:
			return true
		case <-time.After(5 * time.Second):
		}
	}
	p.kill()
	return false
}

// status is that of a process that has ended.
func (p *process) status() int {
	if w, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return p.cmd.ProcessState.ExitCode()
}
