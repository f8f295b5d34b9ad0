package peertest

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill cmd when the test binary is killed, by
// go test's -timeout for one, and no Cleanup runs.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
