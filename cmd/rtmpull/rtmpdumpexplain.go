package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
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
	if a.Target, err = d.understood(); errors.Is(err, errCompleted) {
		return nil, badUsage("--stop is not behind --start: nothing is recorded")
	} else if err != nil {
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
	if d.source.swf.url != "" {
		a.Notes = append(a.Notes, notePlayer)
	}
	if a.Recording, err = d.recording(a.Target, nil); err != nil {
		return nil, err
	}
	return explain(a)
}
