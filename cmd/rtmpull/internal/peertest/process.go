package peertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// A Process is a running peer. It is killed, by its own process ID, and waited
// for when its test ends, and what it said is logged if the test failed.
//
// Its methods are for the test's goroutine.
type Process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	out  *tail
	done chan struct{} // closed when the process has been waited for
	deaf bool          // hears only the second interrupt while it waits for its server
}

// Start runs cmd. What it writes to stdout and stderr is kept for Output,
// unless cmd sends it elsewhere.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{t: t, name: filepath.Base(cmd.Path), cmd: cmd, out: new(tail), done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.out
	}
	if cmd.Stderr == nil {
		cmd.Stderr = p.out
	}
	cmd.WaitDelay = time.Second
	dieWithParent(cmd)

	started := make(chan error)
	go func() {
		// The kernel takes the thread that started a process for its parent,
		// so that thread has to live as long as the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // ProcessState tells
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("peertest: %v", err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%v ended with %v and said:\n%s", cmd.Args, cmd.ProcessState, p.Output())
		}
	})
	return p
}

// PID is the process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Output is the end of what the process has written so far.
func (p *Process) Output() string { return p.out.String() }

// Running reports whether the process has not ended yet.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Stop asks the process to end, as Ctrl-C does, and waits until it has. ffmpeg
// and rtmpdump then take their leave of the server and complete their file.
func (p *Process) Stop() {
	p.t.Helper()
	p.signal(os.Interrupt)
	if p.deaf {
		time.Sleep(10 * pollInterval) // two at once may be taken for one
		p.signal(os.Interrupt)
	}
	select {
	case <-p.done:
	case <-time.After(Patience):
		p.Kill()
		p.t.Errorf("peertest: %s had to be killed, an interrupt did not end it", p.name)
	}
}

// Kill ends the process without a word and waits until it is gone. Its sockets
// are closed by the kernel. A paused process is killed as well.
func (p *Process) Kill() {
	p.signal(os.Kill)
	<-p.done
}

// Wait waits until the process ends by itself and returns its exit status, -1
// for a signal. If it does not end in time, the test fails.
func (p *Process) Wait(timeout time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(timeout):
		p.t.Fatalf("peertest: %s still runs after %v", p.name, timeout)
	}
	return p.cmd.ProcessState.ExitCode()
}

// signal does nothing if the process is gone: os.Process knows that it was
// waited for and does not signal a stranger with the same ID.
func (p *Process) signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// tail keeps the last bytes written to it. It is safe for concurrent use.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 64 << 10

func (b *tail) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf = append(b.buf, p...)
	if n := len(b.buf) - tailSize; n > 0 {
		b.buf = append(b.buf[:0], b.buf[n:]...)
	}
	return len(p), nil
}

func (b *tail) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.buf)
}
