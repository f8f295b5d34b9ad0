package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newManCommand prints the manual, which is made of what --help says.
func newManCommand(env *environment) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man [flags] [COMMAND]",
		Short: "print the manual page of a command, or write all of them",
		Long: `Man prints the manual page of rtmpull, or of one of its commands.

  rtmpull man | man -l -
  rtmpull man serve | man -l -
  rtmpull man --dir /usr/local/share/man/man1      rtmpull.1, rtmpull-serve.1 ...`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			for _, sub := range pagesBelow(cmd.Root()) {
				if len(args) == 0 {
					names = append(names, sub.Name()+"\t"+sub.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return badUsage("man takes one command")
			case len(args) == 1 && dir != "":
				return badUsage("--dir is for all pages, not for that of %s", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c := cmd.Root()
			if dir != "" {
				return writePages(c, env.version, dir)
			}
			if len(args) == 1 {
				sub, _, err := c.Find(args)
				if err != nil || sub == c {
					return badUsage("there is no command %q", args[0])
				}
				c = sub
			}
			_, err := cmd.OutOrStdout().Write(manualPage(c, env.version))
			return err
		},
	}
	flags := pflag.NewFlagSet("man", pflag.ContinueOnError)
	flags.StringVar(&dir, "dir", "", "write the pages of all commands into `directory`")
	setGroups(cmd, flagGroup{"Flags", flags})
	return cmd
}

// writePages writes the pages of a command, and of those below it, into a directory.
func writePages(c *cobra.Command, version, dir string) error {
	name := filepath.Join(dir, pageName(c)+".1")
	if err := os.WriteFile(name, manualPage(c, version), 0o644); err != nil {
		return err
	}
	for _, sub := range pagesBelow(c) {
		if err := writePages(sub, version, dir); err != nil {
			return err
		}
	}
	return nil
}

// pagesBelow are the commands of a command that have a page.
func pagesBelow(c *cobra.Command) []*cobra.Command {
	if c.HasParent() { // completion's shells are told of by completion
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Commands()), func(sub *cobra.Command) bool {
		return !sub.IsAvailableCommand() || sub.Name() == "help"
	})
}

// pageName is how a command's page is called: rtmpull-serve.
func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manualPage is the page of a command, by the macros of man(7).
func manualPage(c *cobra.Command, version string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"rtmpull %s\" \"User Commands\"\n", strings.ToUpper(pageName(c)), version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.B %s\n", roff(pageName(c)), roff(c.Short), roff(c.UseLine()))
	if c.Long != "" {
		fmt.Fprintf(&b, ".SH DESCRIPTION\n")
		paragraphs(&b, c.Long)
	}
	pageFlags(&b, c)
	if below := pagesBelow(c); len(below) > 0 {
		fmt.Fprintf(&b, ".SH COMMANDS\nEach has a page of its own.\n")
		for _, sub := range below {
			fmt.Fprintf(&b, ".TP\n.BR %s (1)\n%s\n", roff(pageName(sub)), roff(sub.Short))
		}
	} else {
		fmt.Fprintf(&b, ".SH SEE ALSO\n.BR %s (1)\n", roff(pageName(c.Root())))
	}
	return b.Bytes()
}

// pageFlags tells of a command's flags, group by group.
func pageFlags(b *bytes.Buffer, c *cobra.Command) {
	if !c.Flags().HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH OPTIONS\n")
	title := ""
	c.Flags().SortFlags = false
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if group := f.Annotations[groupAnnotation]; len(group) > 0 && group[0] != title {
			title = group[0]
			fmt.Fprintf(b, ".SS %s\n", roff(title))
		}
		alone := pflag.NewFlagSet("", pflag.ContinueOnError)
		alone.AddFlag(f)
		flag, usage, _ := strings.Cut(strings.TrimSpace(alone.FlagUsages()), "   ") // which has the default in it
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(flag), roff(strings.TrimSpace(usage)))
	})
}

// paragraphs writes a text of --help: its indented lines are kept as they are, and what
// it says of the exit status is a section.
func paragraphs(b *bytes.Buffer, text string) {
	for _, paragraph := range strings.Split(text, "\n\n") {
		if _, after, ok := strings.Cut(paragraph, "Exit status: "); ok {
			fmt.Fprintf(b, ".SH EXIT STATUS\n%s\n", roff(after))
			continue
		}
		if !strings.HasPrefix(paragraph, "  ") {
			fmt.Fprintf(b, ".PP\n%s\n", roff(paragraph))
			continue
		}
		fmt.Fprintf(b, ".PP\n.nf\n%s\n.fi\n", roff(paragraph))
	}
}

// roff keeps a text from being read as requests and escapes.
func roff(text string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
