package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/rtmpdump"
)

// rtmpdumpOptions are the long names of rtmpdump's options, in the order of the help. Both
// command lines have them, by the same letter and in the same sense, from the same flag.
var rtmpdumpOptions = [...]string{
	"help",
	"rtmp", "url", "host", "port", "protocol", "socks",
	"app", "playpath", "playlist", "tcUrl", "pageUrl", "swfUrl",
	"swfhash", "swfsize", "swfVfy", "swfAge",
	"auth", "conn", "flashVer", "token", "jtv",
	"live", "subscribe", "realtime", "start", "stop", "buffer",
	"flv", "resume", "skip", "timeout",
	"hashes", "quiet", "verbose", "debug",
}

// dumpFlags are rtmpdump's command line: its own options, and behind them those of ours
// by which it can be told how long to go on and how to connect.
type dumpFlags struct {
	own, more *pflag.FlagSet
	all       *pflag.FlagSet
	help      bool
	words     []string // that are no options
	stream    dumpURL
}

// newDumpFlags takes from the flags of a recording those that rtmpdump has, and sets
// their defaults to rtmpdump's.
func newDumpFlags(o *pullOptions) *dumpFlags {
	f := &dumpFlags{
		own: pflag.NewFlagSet("rtmpdump", pflag.ContinueOnError), more: pflag.NewFlagSet("more", pflag.ContinueOnError),
		all: pflag.NewFlagSet("rtmpdump", pflag.ContinueOnError),
	}
	groups := o.groups("")
	f.own.BoolVarP(&f.help, "help", "h", false, "show this")
	for _, name := range rtmpdumpOptions {
		for _, g := range groups {
			if flag := g.flags.Lookup(name); flag != nil {
				f.own.AddFlag(flag)
			}
		}
	}
	for _, g := range groups {
		if g.title != "Survival" && g.title != "Network" {
			continue
		}
		g.flags.VisitAll(func(flag *pflag.Flag) {
			if f.own.Lookup(flag.Name) == nil && flag.Name != "backup" && flag.Name != "url-command" {
				f.more.AddFlag(flag)
			}
		})
	}
	for name, value := range map[string]string{"flv": "-", "flashVer": dumpFlashVer} {
		flag := f.own.Lookup(name)
		_ = flag.Value.Set(value) // both are texts
		flag.DefValue = value
	}
	timeout := f.own.Lookup("timeout") // which may be without end here
	timeout.Value, timeout.Usage = &o.network.silence, "how long to wait when the server falls silent; 0 is for ever"
	url := f.own.Lookup("rtmp")
	url.Value, url.Usage = &f.stream, "the stream's `URL`"
	f.own.Lookup("flv").Usage = "output `file`; - is standard output"
	f.own.Lookup("quiet").Usage = "tell nothing"
	for _, name := range []string{"buffer", "swfsize", "swfAge"} {
		flag := f.own.Lookup(name)
		flag.Value = decimalValue{flag.Value}
	}
	plain := strings.NewReplacer(", or @file", "", "; @file reads it from there", "")
	f.own.VisitAll(func(flag *pflag.Flag) { // in what follows a name's @ is a part of it
		flag.Usage = plain.Replace(flag.Usage)
	})
	f.own.SortFlags, f.more.SortFlags = false, false
	f.all.AddFlagSet(f.own)
	f.all.AddFlagSet(f.more)
	return f
}

// dumpFlashVer is what rtmpdump says to be.
const dumpFlashVer = "LNX 10,0,32,18"

const dumpStatuses = `Exit status: 0 complete; 1 failed, nothing came, or wrong usage; 2 incomplete: some came, and
then the connection was lost and could not be taken up again, or a signal ended it; 3 never
connected.`

// usage says how it is used.
func (f *dumpFlags) usage(out io.Writer) {
	fmt.Fprintf(out, "\nUsage: rtmpdump -r URL [-o FILE] [options]\n\n%s", f.own.FlagUsages())
	fmt.Fprintf(out, "\nWhat rtmpdump does not have:\n%s", f.more.FlagUsages())
	fmt.Fprintf(out, "\n%s\n", dumpStatuses)
}

// A decimalValue is a number that is decimal even if it begins with 0, as rtmpdump
// reads those of its options.
type decimalValue struct{ pflag.Value }

func (v decimalValue) Set(s string) error {
	digits := strings.TrimLeft(s, "0")
	switch {
	case strings.Trim(s, "0123456789") != "":
		return errors.New("want a number")
	case digits == "" && s != "":
		digits = "0"
	}
	return v.Value.Set(digits)
}

// numbers are rtmpdump's options that are one. Space around it does not count there:
// what a script has from another program or from a file may end with a line's end.
var numbers = map[string]bool{
	"port": true, "protocol": true, "swfsize": true, "swfAge": true, "start": true, "stop": true, "buffer": true,
	"skip": true, "timeout": true,
}

// levels are the options that say how much is told.
var levels = [...]string{"quiet", "verbose", "debug"}

// levelled tells whether one of them was read.
func (f *dumpFlags) levelled() bool { return slices.ContainsFunc(levels[:], f.all.Changed) }

// outdo has the last of them count.
func (f *dumpFlags) outdo(last string) {
	for _, name := range levels {
		if name != last {
			_ = f.all.Lookup(name).Value.Set("false")
		}
	}
}

// parse reads a command line. What stands before --help counts for nothing, and what
// stands behind it is not read.
func (f *dumpFlags) parse(args []string) error {
	var flags []rtmpdump.Flag
	f.all.VisitAll(func(flag *pflag.Flag) {
		flags = append(flags, rtmpdump.Flag{
			Name: flag.Name, Letter: flag.Shorthand, Value: flag.NoOptDefVal == "", More: f.own.Lookup(flag.Name) == nil,
		})
	})
	given, words, err := rtmpdump.Getopt(args, flags)
	f.words = words
	for _, g := range given {
		text := g.Text
		if !g.Value && text == "" {
			text = f.all.Lookup(g.Name).NoOptDefVal
		}
		if numbers[g.Name] {
			text = strings.TrimSpace(text)
		}
		if err := f.all.Set(g.Name, text); err != nil {
			return flagError(err)
		}
		switch g.Name {
		case "help":
			return nil
		case "quiet", "verbose", "debug":
			f.outdo(g.Name)
		case "host", "app", "playpath":
			if text == "" {
				f.stream.forget(g.Name)
			}
		}
	}
	if err != nil {
		return &usageError{err}
	}
	return nil
}
