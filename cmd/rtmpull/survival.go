package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// survivalFlags say how long to go on about a stream that is not there, and where
// else it may be.
type survivalFlags struct {
	retryFlags

	wait       durationValue
	backup     string
	urlCommand string
}

func (f *survivalFlags) group(network *networkFlags) flagGroup {
	g := f.flags("how often to connect again in a row, also at the start (default: for 60 s when a stream is lost, and not at the start)", job.DefaultMaxPause)
	g.flags.Var((*positiveValue)(&f.wait), "wait", "how long to wait, from the start, for a stream that is not live yet, or a server that cannot be reached (default: not)")
	g.flags.StringVar(&f.backup, "backup", "", "`URL`, or @file, where the stream is to be had as well: it takes over at once when the first is lost or not there, and back; --app, --playpath, --tcUrl and --subscribe are the first's alone")
	g.flags.StringVar(&f.urlCommand, "url-command", "", "`command` for the shell that prints the URL, run before every connection; $RTMPULL_URL is the one that is given, if any")
	network.addPatience(g.flags)
	return g
}

// fresh makes what gives a target before every connection; nil: there is no command
// for that. given is the URL of the command line, which may be empty.
func (f *survivalFlags) fresh(env *environment, source *sourceFlags, given string) func(context.Context) (*rtmp.Target, error) {
	if f.urlCommand == "" {
		return nil
	}
	asker := job.Asker{Command: f.urlCommand, Env: append(ourEnvironment(os.Environ()), "RTMPULL_URL="+given), Stderr: env.stderr}
	return func(ctx context.Context) (*rtmp.Target, error) {
		url, err := asker.Ask(ctx)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(url, "@") { // for us that would be a file
			return nil, &job.CommandError{Err: errors.New("what it printed is no URL")}
		}
		t, err := source.targetOf(url, env.getenv)
		if err != nil {
			return nil, &job.CommandError{Err: errors.New(unquoted("what it printed", url, err))} // it is no mistake of the command line
		}
		return t, nil
	}
}

// backupTarget makes the other target. The flags that say which stream is meant are
// the first one's alone.
func (f *survivalFlags) backupTarget(source *sourceFlags, getenv func(string) string) (*rtmp.Target, error) {
	if f.backup == "" {
		return nil, nil
	}
	other := *source
	other.app, other.playPath, other.tcURL, other.subscribe = "", "", "", ""
	t, err := other.targetOf(f.backup, getenv)
	if err != nil {
		return nil, &urlError{"--backup", err}
	}
	return t, nil
}
