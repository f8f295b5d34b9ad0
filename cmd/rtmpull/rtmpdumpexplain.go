package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/rtmpdump"
)

// newExplainRtmpdumpCommand explains a command line of rtmpdump's. The flags of explain
// may stand anywhere in it.
func newExplainRtmpdumpCommand(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:                "rtmpdump [options]",
		Short:              "show how rtmpdump's command line is understood",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			d := newDump(env)
			var a asked
			var asJSON bool
			d.flags.all.BoolVar(&asJSON, "json", false, "")
			d.flags.all.BoolVar(&a.Secrets, "show-secrets", false, "")
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
