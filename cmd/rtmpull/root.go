package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
)

// An environment is what the program gets from outside.
type environment struct {
	program        string // what it is called by
	args           []string
	stdout, stderr *os.File
	getenv         func(string) string
	version        string
	signals        signals

	dial func(ctx context.Context, network, addr string) (net.Conn, error) // nil: on the network
}

// usageError marks what the caller got wrong on the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func badUsage(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// told marks an error that has been shown already.
type told struct{ err error }

func (e *told) Error() string { return e.err.Error() }
func (e *told) Unwrap() error { return e.err }

// run is the program: it returns the exit status.
func run(env *environment) int {
	// A closed pipe is an error of the write like any other, not a signal.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := env.signals.watch(context.Background())
	defer stop()
	return execute(ctx, env)
}

// execute runs the command that the arguments ask for, until it has done or ctx ends.
func execute(ctx context.Context, env *environment) int {
	root := newRoot(env)
	args := env.args
	if isRtmpdump(env.program) {
		args = append([]string{"rtmpdump"}, args...)
	}
	root.SetArgs(args)
	root.SetOut(env.stdout)
	root.SetErr(env.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	var shown *told
	if err != nil && !errors.As(err, &shown) && !errors.Is(err, syscall.EPIPE) {
		complain(env.stderr, describe(err), hint(err, cmd.CommandPath()))
	}
	return exitStatus(err)
}

// newRoot builds the command line.
func newRoot(env *environment) *cobra.Command {
	root := newPullCommand(env)
	root.Version = versionText(env) // makes --version a flag
	root.SetVersionTemplate("{{.Version}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SuggestionsMinimumDistance = 2 // slips of the finger
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.AddCommand(newPublishCommand(env), newServeCommand(env), newExplainCommand(env), newProbeCommand(env), newRepairCommand(env), newRtmpdumpCommand(env), newVersionCommand(env), newManCommand(env))
	root.InitDefaultCompletionCmd()
	for _, sub := range root.Commands() {
		if sub.Name() == "completion" {
			sub.Use, sub.Short = "completion bash|fish|powershell|zsh", "print what makes a shell complete flags"
			sub.Long = "Completion prints what makes a shell complete commands and flags. For this session of bash:\n\n" +
				"  source <(rtmpull completion bash)\n\n" +
				"What each shell wants is said by rtmpull completion SHELL --help."
			sub.Args = cobra.ArbitraryArgs
			sub.RunE = func(*cobra.Command, []string) error {
				return badUsage("completion is for bash, fish, powershell or zsh")
			}
		}
	}
	return root
}

// flagError says in our words what is wrong with a flag.
func flagError(err error) error {
	var (
		value *pflag.InvalidValueError
		num   *strconv.NumError
	)
	if !errors.As(err, &value) {
		return &usageError{err}
	}
	why := value.Unwrap()
	if errors.As(why, &num) {
		why = errors.New("want a number")
		if errors.Is(num, strconv.ErrRange) {
			why = errors.New("the number is too large")
		}
	}
	if strings.Contains(value.GetValue(), "://") { // it may hold a key
		return badUsage("--%s: %w", value.GetFlag().Name, why)
	}
	return badUsage("--%s %q: %w", value.GetFlag().Name, value.GetValue(), why)
}

// A flagGroup is a set of flags with a title of its own in the help.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// groupAnnotation names the group of a flag.
const groupAnnotation = "group"

// setGroups gives a command its flags, and a help that shows them by group.
func setGroups(cmd *cobra.Command, groups ...flagGroup) {
	for _, g := range groups {
		g.flags.SortFlags = false
		g.flags.VisitAll(func(f *pflag.Flag) {
			if cmd.Flags().Lookup(f.Name) != nil {
				panic("two flags of " + cmd.Name() + " are called --" + f.Name)
			}
			_ = g.flags.SetAnnotation(f.Name, groupAnnotation, []string{g.title}) // it is there
		})
		cmd.Flags().AddFlagSet(g.flags)
	}
	cmd.SetUsageFunc(func(c *cobra.Command) error {
		groups := groups
		if c != cmd { // cobra's own commands, which inherit this function
			groups = []flagGroup{{"Flags", c.LocalFlags()}}
		}
		var b strings.Builder
		fmt.Fprintf(&b, "Usage:\n  %s\n", c.UseLine())
		if c.HasAvailableSubCommands() {
			fmt.Fprintf(&b, "\nCommands:\n")
			for _, sub := range c.Commands() {
				if sub.IsAvailableCommand() {
					fmt.Fprintf(&b, "  %-12s %s\n", sub.Name(), sub.Short)
				}
			}
		}
		for _, g := range groups {
			if g.flags.HasAvailableFlags() {
				fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.flags.FlagUsages())
			}
		}
		_, err := io.WriteString(c.OutOrStderr(), b.String())
		return err
	})
}

// logFlags are the flags of every command that logs.
type logFlags struct {
	quiet, verbose, debug bool
	format                string
}

func (f *logFlags) add(fs *pflag.FlagSet) {
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "tell errors only")
	fs.BoolVarP(&f.verbose, "verbose", "V", false, "tell every command and status")
	fs.BoolVarP(&f.debug, "debug", "z", false, "tell every message")
	fs.StringVar(&f.format, "log-format", "console", "`console` or json")
}

// level is how much is to be told.
func (f *logFlags) level() obs.Level {
	switch {
	case f.debug:
		return obs.Debug
	case f.verbose:
		return obs.Verbose
	case f.quiet:
		return obs.Quiet
	}
	return obs.Normal
}

// options are the logger's that the flags ask for.
func (f *logFlags) options() (obs.Options, error) {
	o := obs.Options{Level: f.level(), JSON: f.format == "json"}
	if f.format != "json" && f.format != "console" {
		return o, badUsage("--log-format is console or json, not %q", f.format)
	}
	if f.quiet && (f.verbose || f.debug) {
		return o, badUsage("-q excludes -V and -z")
	}
	return o, nil
}

// isTerminal tells whether a file is one.
func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// hasSize tells whether a terminal knows how large it is. A serial line may not.
func hasSize(f *os.File) bool {
	w, h, err := term.GetSize(int(f.Fd()))
	return err == nil && w > 0 && h > 0
}

// height is how many lines a terminal has; 0: it does not know.
func height(f *os.File) int {
	_, h, _ := term.GetSize(int(f.Fd()))
	return h
}
