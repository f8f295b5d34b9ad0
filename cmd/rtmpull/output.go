package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// outputFlags say what a recording is written to, and how.
type outputFlags struct {
	name    string
	literal bool // the name has no directives and no fields
	inPlace bool // the file has its name from the beginning
	force   bool
	resume  bool
	skip    int

	segmentTime, align durationValue
	segmentSize        sizeValue
	index              indexValue
	onChange           choice[flvout.Change]
	onReconnect        choice[flvout.Rejoining]
	raw                bool
	minFree            minFreeValue
	onComplete         string

	// What streams that are recorded side by side share; nil: there is one.
	buffers *flvout.BufferPool
	turns   job.Turns
}

func (f *outputFlags) group() flagGroup {
	fs := pflag.NewFlagSet("output", pflag.ContinueOnError)
	fs.StringVarP(&f.name, "flv", "o", defaultName,
		"output `file`, with strftime's directives and {stream}, {app}, {host}, {port}, {seq}; - is standard output")
	fs.BoolVar(&f.force, "force", false, "replace a file of the same name, instead of taking another name")
	fs.BoolVarP(&f.resume, "resume", "e", false, "go on with the file if it is there, finished or not; a recorded stream is asked for what is missing")
	fs.VarP((*countValue)(&f.skip), "skip", "k", "how many key frames to go back further with --resume, if the end of the file is not to be trusted")
	f.onChange.words = []string{flvout.ChangeSplit: "split", flvout.ChangeKeep: "keep", flvout.ChangeExit: "exit"}
	fs.Var(&f.onChange, "on-change", "what to do when the stream's parameters change: begin a new file, go on in the same, or end (default: split; keep on standard output)")
	f.onReconnect.words = []string{flvout.RejoinJoin: "join", flvout.RejoinSplit: "split"}
	fs.Var(&f.onReconnect, "on-reconnect", "what to do when the stream was lost and is there again: go on in the same file, or begin a new one (default: join)")
	fs.BoolVar(&f.raw, "raw", false, "leave the timestamps as the server sent them")
	fs.Var((*positiveValue)(&f.segmentTime), "segment-time", "begin a new file, at a key frame, when one has so much media")
	fs.Var(&f.segmentSize, "segment-size", "begin a new file before one gets larger")
	fs.Var((*alignValue)(&f.align), "segment-align", "begin a new file when the time of day is a multiple of this: 1h is on the hour")
	fs.Var(&f.index, "index-entries", "room for key frames in a file's index, in which players seek; 0 is no index (default: one a second, 8192 at most)")
	return flagGroup{"Output", fs}
}

// afterGroup are the flags of what happens to files that are complete.
func (f *outputFlags) afterGroup() flagGroup {
	fs := pflag.NewFlagSet("after", pflag.ContinueOnError)
	fs.StringVar(&f.onComplete, "on-complete", "", "`command` for the shell to run for each file that is complete: $RTMPULL_FILE; see above")
	return flagGroup{"After", fs}
}

// addMinFree adds the one flag of the output that counts as a limit as well.
func (f *outputFlags) addMinFree(fs *pflag.FlagSet) {
	fs.Var(&f.minFree, "min-free", "how much to leave free on the disk (default: 64 MB, or 5 % of a small disk)")
}

// segments tells whether there is to be more than one file.
func (f *outputFlags) segments() bool { return f.segmentTime > 0 || f.segmentSize > 0 || f.align > 0 }

// shorten calls standard output -, whatever it was called.
func (f *outputFlags) shorten() {
	switch f.name {
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		f.name = "-"
	}
}

// check finds out what is wrong with the flags, before anything is opened.
func (f *outputFlags) check() error {
	if f.shorten(); f.name == "" {
		return badUsage("--flv wants a name, or - for standard output")
	}
	if fi, err := os.Stat(f.name); !f.literal && (strings.HasSuffix(f.name, "/") || err == nil && fi.IsDir()) {
		f.name = filepath.Join(f.name, defaultName)
	}
	switch {
	case f.resume && f.segments():
		return badUsage("--resume goes on with one file, and cannot write segments")
	case f.skip > 0 && !f.resume && !f.literal:
		return badUsage("--skip is for --resume")
	case f.resume && f.force:
		return badUsage("--resume goes on with a file, and --force replaces it")
	}
	if f.name != "-" {
		return nil
	}
	if f.onChange.set && f.onChange.value == flvout.ChangeSplit {
		return badUsage("--on-change split is for files; standard output can keep on or exit")
	}
	if f.onReconnect.value == flvout.RejoinSplit {
		return badUsage("--on-reconnect split is for files, and standard output is none")
	}
	for flag, given := range map[string]bool{
		"--segment-time": f.segmentTime > 0, "--segment-size": f.segmentSize > 0, "--segment-align": f.align > 0,
		"--index-entries": f.index.set, "--min-free": f.minFree.set, "--on-complete": f.onComplete != "", "--force": f.force, "--resume": f.resume,
	} {
		if given {
			return badUsage("%s is for files, and standard output is none", flag)
		}
	}
	return nil
}

// possible finds out what is wrong with the output before its name is known.
func (f *outputFlags) possible(env *environment) error {
	if f.name == "-" && isTerminal(env.stdout) {
		return errTerminal
	}
	_, err := f.template()
	return err
}

// template is the name, to be filled in.
func (f *outputFlags) template() (nameTemplate, error) {
	if f.literal {
		return nameTemplate{{text: strings.ReplaceAll(f.name, "%", "%%")}}, nil
	}
	return parseName(f.name)
}

// splice says how the stream becomes one.
func (f *outputFlags) splice() flvout.SplicerOptions {
	o := flvout.SplicerOptions{OnChange: f.onChange.value, OnRejoin: f.onReconnect.value, Raw: f.raw}
	if (f.name == "-" || f.inPlace) && !f.onChange.set { // there is one file, or none
		o.OnChange = flvout.ChangeKeep
	}
	return o
}
