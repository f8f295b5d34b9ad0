package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/rtmpdump"
)

// newExplainRtmpdumpCommand explains a command line of rtmpdump's. The flags of explain
// may stand anywhere in it.
func newExplainRtmpdumpCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:                "rtmpdump [options]",
		Short:              "show how rtmpdump's command line is understood",
		DisableFlagParsing: true, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			d := newDump(env)
			var a asked
			var asJSON bool
			d.flags.all.AddFlagSet(explainFlags(&asJSON, &a.Secrets))
			if err := d.flags.parse(args); err != nil {
				return err
			}
			if d.flags.help {
				d.flags.usage(env.stderr)
				return nil
			}
			e, err := d.explained(a)
			if err != nil {
				return err
			}
			return tellExplanations(cmd.OutOrStdout(), []*explanation{e}, asJSON)
		},
	}
	f := newDumpFlags(&pullOptions{}) // to be shown, as those of the command itself
	setGroups(cmd, flagGroup{"Flags", explainFlags(new(bool), new(bool))}, flagGroup{"Options", f.own}, flagGroup{"What rtmpdump does not have", f.more})
	return cmd
}

// explainFlags are the flags of explain that count in rtmpdump's command line too.
func explainFlags(asJSON, secrets *bool) *pflag.FlagSet {
	fs := pflag.NewFlagSet("explain", pflag.ContinueOnError)
	fs.BoolVar(asJSON, "json", false, "the explanation as JSON")
	fs.BoolVar(secrets, "show-secrets", false, "do not mask what may be a secret")
	return fs
}

// explained explains the command line, without opening or running anything.
func (d *dump) explained(a asked) (*explanation, error) {
	d.warn = func(format string, args ...any) { a.Notes = append(a.Notes, fmt.Sprintf(format, args...)) }
	var err error
	a.Target, err = d.understood()
	completed := errors.Is(err, errCompleted)
	if err != nil && !completed {
		return nil, err
	}
	if _, err := d.network.client(); err != nil {
		return nil, err
	}
	if via, err := d.network.through(); err != nil {
		return nil, err
	} else if via != nil {
		a.Proxy = via.String()
	}
	if completed {
		a.Notes = append(a.Notes, "--stop is not behind --start: rtmpdump says "+rtmpdump.AlreadyCompleted+", and nothing is sent or recorded")
		e, err := explain(a)
		if err == nil {
			e.Sent = []string{}
		}
		return e, err
	}
	if d.source.swf.url != "" {
		a.Notes = append(a.Notes, notePlayer)
	}
	if a.Recording, err = d.recording(a.Target, nil); err != nil {
		return nil, err
	}
	return explain(a)
}
