package main

import (
	"os"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// several finds out what is wrong with the output of streams that are recorded side
// by side, and reads its name.
func (f *outputFlags) several(targets []*rtmp.Target) (nameTemplate, error) {
	if f.name == "-" {
		return nil, badUsage("standard output is for one stream, and there are %d URLs", len(targets))
	}
	template, err := parseName(f.name)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	taken := make(map[string]int, len(targets))
	for i, t := range targets {
		name := template.expand(t, now, 1)
		if j, clash := taken[name]; clash && name != os.DevNull {
			return nil, clashError(j, i, name, targets)
		}
		taken[name] = i
		switch {
		case leadsToTerminal(name):
			return nil, errTerminal
		case f.segments() && isDevice(name):
			return nil, badUsage("%s is no file, and cannot be written in segments", name)
		}
	}
	return template, nil
}

// clashError tells of two streams that would be written to one name.
func clashError(a, b int, name string, targets []*rtmp.Target) error {
	for _, field := range []string{"stream", "app", "host", "port"} {
		if fieldValue(field, targets[a]) != fieldValue(field, targets[b]) {
			return badUsage("URLs %d and %d would both be written to %s; put {stream}, {app}, {host} or {port} into --flv", a+1, b+1, name)
		}
	}
	return badUsage("URLs %d and %d would both be written to %s, as they are the same stream", a+1, b+1, name)
}
