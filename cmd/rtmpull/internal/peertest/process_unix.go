//go:build unix

package peertest

import "syscall"

// Pause stops the process where it is: its sockets stay open and fall silent.
func (p *Process) Pause() { p.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() { p.signal(syscall.SIGCONT) }
