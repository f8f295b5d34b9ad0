package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// repairOptions are the flags of `rtmpull repair`.
type repairOptions struct {
	dryRun  bool
	output  string
	entries indexValue
	raw     bool
	asJSON  bool
}

func newRepairCommand(env *environment) *cobra.Command {
	o := new(repairOptions)
	cmd := &cobra.Command{
		Use:   "repair [flags] FILE...",
		Short: "mend FLV files, or complete what a recording left",
		Long: `Repair mends FLV files: a torn end, garbage between tags, wrong trailers, jumps of the
clock, joined files, missing or wrong metadata and key-frame index. No frame is changed,
and none is left out but what comes twice. NAME.part, which a recording left that was
broken off, becomes NAME.

It is done in place if the end, the trailers and the metadata are all there is to mend and
there is room for an index. Otherwise a new file is written beside it, FILE.repair, which
then replaces it. A file that is being recorded is left alone.

Exit status: 0 mended, or nothing to mend; 1 a file cannot be mended; 5 the output failed;
64 wrong usage; 130, 143, 129 interrupted, terminated, hung up: the file that was being
mended is as it was, or mended so far, and can be mended again.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args) },
	}
	fs := pflag.NewFlagSet("repair", pflag.ContinueOnError)
	fs.BoolVarP(&o.dryRun, "dry-run", "n", false, "say what there is to mend, and change nothing")
	fs.StringVarP(&o.output, "output", "o", "", "write to this new `file`, or into this folder, and leave FILE as it is")
	fs.Var(&o.entries, "index-entries", fmt.Sprintf("room for so many key frames in the index of a file that is written anew; 0 is no index (default: %d)", flvout.DefaultIndexEntries))
	fs.BoolVar(&o.raw, "raw", false, "leave the timestamps as they are, and what comes twice")
	fs.BoolVar(&o.asJSON, "json", false, "as JSON, a line a file")
	setGroups(cmd, flagGroup{"Flags", fs})
	return cmd
}

// run mends one file after the other. One that cannot be mended keeps none of the
// others from it.
func (o *repairOptions) run(ctx context.Context, env *environment, files []string) error {
	if len(files) == 0 {
		return badUsage("repair wants the names of files")
	}
	into := false // a folder
	if o.output == "-" {
		return badUsage("repair cannot write to standard output: an index is written when all is known")
	}
	if o.output != "" {
		fi, err := os.Stat(o.output)
		into = err == nil && fi.IsDir()
		if !into && len(files) > 1 {
			return badUsage("--output has to be a folder if there are several files")
		}
	}
	var worst error
	for _, file := range files {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		ro := flvout.RepairOptions{DryRun: o.dryRun, Output: o.output, IndexEntries: o.entries.asked(), Raw: o.raw}
		if into {
			ro.Output = filepath.Join(o.output, strings.TrimSuffix(filepath.Base(file), ".part"))
		}
		err := o.repair(ctx, env, file, ro)
		if errors.As(err, new(*told)) && exitStatus(err) >= exitStatus(worst) {
			worst = err
		} else if err != nil && !errors.As(err, new(*told)) {
			return err // a signal, or nobody listens any more
		}
	}
	return worst
}

// repair mends one file and tells what came of it. The error is *told, unless it
// is one of telling.
func (o *repairOptions) repair(ctx context.Context, env *environment, file string, ro flvout.RepairOptions) error {
	// Whatever is broken off can be repaired again, and so a signal waits for
	// nothing.
	r, err := orSignal(ctx, func() (*flvout.Repaired, error) { return flvout.Repair(file, ro) })
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return err
	}
	if err != nil {
		err = inputError(file, err)
		complain(env.stderr, describe(err), hint(err, "rtmpull repair"))
	}
	var tell error
	switch {
	case o.asJSON:
		tell = o.tellJSON(env.stdout, file, r, err)
	case err == nil:
		tell = o.tell(env.stdout, file, r)
	}
	if tell != nil {
		return tell
	}
	if err != nil {
		return &told{err}
	}
	return nil
}

// inputError marks an error of the damaged file, in contrast to those of writing.
func inputError(file string, err error) error {
	e, ok := errors.AsType[*flvout.Error](err)
	if !ok || e.Op == "open" || e.Op == "read" {
		return &job.InputError{Name: file, Err: err}
	}
	return err
}

// tell says in words what was found and done.
func (o *repairOptions) tell(out io.Writer, file string, r *flvout.Repaired) error {
	var done string
	switch copied := r.Action == flvout.ActionCopy; {
	case r.Action == flvout.ActionNone:
		done = "nothing to mend"
	case o.dryRun && copied:
		done = "has to be written anew"
	case o.dryRun:
		done = "can be mended in place"
	case copied:
		done = "written anew"
	default:
		done = "mended in place"
	}
	if !o.dryRun && r.Path != filepath.Clean(file) {
		done += " as " + r.Path
	}
	text := fmt.Sprintf("%s: %s; %.2f s, %s, %d audio and %d video tags\n", file, done,
		r.Duration.Seconds(), humanize.Bytes(uint64(r.Size)), r.Stats.Audio, r.Stats.Video)
	wrong, left := findings(r)
	for _, l := range []struct {
		title string
		list  list
	}{{"wrong", wrong}, {"left out", left}} {
		if len(l.list) > 0 {
			text += "  " + l.title + ": " + strings.Join(l.list, ", ") + "\n"
		}
	}
	_, err := io.WriteString(out, text)
	return err
}

// findings are what was wrong with a file and can be put right, and what was in it
// and cannot be in one that is whole.
func findings(r *flvout.Repaired) (wrong, left list) {
	c, not := &r.Corrections, &r.Stats.Dropped
	wrong, left = damaged(&r.Damage)
	left.count(c.Repeats+c.RepeatedHeaders, "repeated tag", "")
	left.count(c.Ends, "end", " of sequence in the middle")
	left.count(not.Empty, "empty tag", "")
	left.count(not.Script, "script tag", "")
	left.count(not.Total()-not.Empty-not.Script, "tag", " that players cannot use")
	wrong.count(c.Jumps+c.Wraps, "jump", " of the clock")
	wrong.count(c.Raised, "timestamp", " that went back")
	wrong.count(c.Made, "missing sequence header", "")
	wrong.add(r.Moved && c.Jumps+c.Wraps+c.Raised+c.Made == 0 && len(left) == 0, "timestamps, or the order of tags")
	wrong.add(r.Flags, "flags of the file header")
	wrong.add(r.Metadata, "metadata")
	wrong.add(r.Index == flvout.IndexNone, "no key-frame index")
	wrong.add(r.Index != "" && r.Index != flvout.IndexNone, "key-frame index")
	return wrong, left
}

// A repairLine is what is told of a file in JSON.
type repairLine struct {
	Type     string        `json:"message_type"` // "repaired" or "error"
	File     string        `json:"file"`
	Output   string        `json:"output,omitempty"`
	Action   string        `json:"action,omitempty"` // "none", "in_place" or "copy"
	Bytes    int64         `json:"bytes,omitempty"`
	Duration float64       `json:"duration,omitempty"`
	Audio    int64         `json:"audio_tags,omitempty"`
	Video    int64         `json:"video_tags,omitempty"`
	Keys     int64         `json:"key_frames,omitempty"`
	Damage   *repairDamage `json:"damage,omitempty"`
	Error    string        `json:"error,omitempty"`
	Status   int           `json:"exit_status"`
}

// repairDamage is what was wrong with it, and what was left out.
type repairDamage struct {
	flvout.Damage
	Jumps    int64  `json:"clock_jumps"`
	Raised   int64  `json:"timestamps_raised"`
	Made     int64  `json:"headers_made"`
	Moved    bool   `json:"tags_changed"`
	Flags    bool   `json:"wrong_flags"`
	Metadata bool   `json:"wrong_metadata"`
	Index    string `json:"index,omitempty"` // its state, if that was not right
	Repeats  int64  `json:"repeated_tags"`
	Dropped  int64  `json:"dropped_tags"` // empty, commands, script data
}

func (o *repairOptions) tellJSON(out io.Writer, file string, r *flvout.Repaired, err error) error {
	line := repairLine{Type: "error", File: file, Status: exitStatus(err)}
	if err != nil {
		line.Error = describe(err)
	} else {
		line.Type, line.Action, line.Bytes = "repaired", actionName(r.Action), r.Size
		line.Duration = r.Duration.Seconds()
		line.Audio, line.Video, line.Keys = r.Stats.Audio, r.Stats.Video, r.Stats.KeyFrames
		if !o.dryRun && r.Path != filepath.Clean(file) {
			line.Output = r.Path
		}
		c, not := &r.Corrections, &r.Stats.Dropped
		line.Damage = &repairDamage{
			Damage: r.Damage, Jumps: c.Jumps + c.Wraps, Raised: c.Raised, Made: c.Made, Moved: r.Moved,
			Flags: r.Flags, Metadata: r.Metadata, Index: r.Index,
			Repeats: c.Repeats + c.RepeatedHeaders, Dropped: not.Total() + c.Ends,
		}
		if *line.Damage == (repairDamage{}) {
			line.Damage = nil
		}
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return enc.Encode(line)
}

func actionName(a flvout.Action) string {
	switch a {
	case flvout.ActionInPlace:
		return "in_place"
	case flvout.ActionCopy:
		return "copy"
	}
	return "none"
}
