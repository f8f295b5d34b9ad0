package job

import (
	"os/exec"
	"syscall"
)

// shell is a command for the user's shell, which is given it as it is written.
func shell(command string) *exec.Cmd {
	cmd := exec.Command("cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /d /s /c "` + command + `"`}
	return cmd
}

// apart puts a command into a process group of its own: Ctrl-C is meant for us.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr.CreationFlags |= syscall.CREATE_NEW_PROCESS_GROUP }

// kill ends a command.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
