package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
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
	f.own.Lookup("rtmp").Usage = "the stream's `URL`"
	f.own.Lookup("flv").Usage = "output `file`; - is standard output"
	f.own.Lookup("quiet").Usage = "tell nothing"
	f.own.VisitAll(func(flag *pflag.Flag) { // in what follows a name's @ is a part of it
		flag.Usage = strings.NewReplacer(", or @file", "", "; @file reads it from there", "").Replace(flag.Usage)
	})
	f.own.SortFlags, f.more.SortFlags = false, false
	f.all.AddFlagSet(f.own)
	f.all.AddFlagSet(f.more)
	f.all.Usage = func() {}
	f.all.SetNormalizeFunc(completed)
	return f
}

// dumpFlashVer is what rtmpdump says to be.
const dumpFlashVer = "LNX 10,0,32,18"

// completed is the name of an option of which the beginning is given, as with getopt_long.
func completed(_ *pflag.FlagSet, given string) pflag.NormalizedName {
	var like []string
	for _, name := range rtmpdumpOptions {
		if name == given {
			return pflag.NormalizedName(given)
		}
		if strings.HasPrefix(name, given) {
			like = append(like, name)
		}
	}
	if len(like) == 1 {
		given = like[0]
	}
	return pflag.NormalizedName(given)
}

// usage says how it is used.
func (f *dumpFlags) usage(out io.Writer) {
	fmt.Fprintf(out, "\nUsage: rtmpdump -r URL [-o FILE] [options]\n\n%s", f.own.FlagUsages())
	fmt.Fprintf(out, "\nWhat rtmpdump does not have:\n%s", f.more.FlagUsages())
	fmt.Fprint(out, `
Exit status: 0 complete; 1 failed, nothing came, or wrong usage; 2 incomplete: some came, and
then the connection was lost and could not be taken up again, or a signal ended it; 3 never
connected.
`)
}

// parse reads a command line.
func (f *dumpFlags) parse(args []string) error {
	err := f.all.Parse(args)
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			name = "-" + unknown.GetSpecifiedName()
		}
		return badUsage("unknown option: %s", name)
	}
	if bare, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return badUsage("--%s wants a value", bare.GetFlag().Name)
	}
	if err != nil {
		return flagError(err)
	}
	return nil
}
