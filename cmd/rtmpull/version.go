package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersionCommand(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badUsage("version takes no arguments")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), versionText(env))
			return err
		},
	}
}

func versionText(env *environment) string {
	return fmt.Sprintf("rtmpull %s (%s, %s/%s)", env.version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
