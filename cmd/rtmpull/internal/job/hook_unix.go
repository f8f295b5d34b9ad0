//go:build unix

package job

import (
	"os/exec"
	"syscall"
)

// shell is a command for the user's shell.
func shell(command string) *exec.Cmd { return exec.Command("/bin/sh", "-c", command) }

// apart puts a command into a process group of its own: Ctrl-C is meant for us.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// kill ends a command and all that it has started.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
