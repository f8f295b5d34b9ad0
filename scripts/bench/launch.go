//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// A result is what became of a program that may fail.
type result struct {
	CPU, Wall float64 // seconds
	RSS       int64   // bytes, at most
	Status    int
}

// launched runs a program from a small process of its own: the system counts
// what the parent has in memory as its child's until that has begun.
func launched(argv ...string) (r result, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.Command(self, append([]string{"cost"}, argv...)...) //nolint:gosec // ourselves
	out, err := cmd.Output()
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(out, &r)
}

// launch is that process. What the program says is of no interest.
func launch(argv []string) error {
	c, err := costOf(exec.Command(argv[0], argv[1:]...)) //nolint:gosec // our own table
	r := result{CPU: c.cpu, Wall: c.wall, RSS: c.rss}
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		r.Status = failed.ExitCode()
	} else if err != nil {
		return err
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(b))
	return err
}
