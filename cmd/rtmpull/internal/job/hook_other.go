//go:build !unix && !windows

package job

import "os/exec"

func shell(command string) *exec.Cmd { return exec.Command("sh", "-c", command) }

func apart(*exec.Cmd) {}

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
