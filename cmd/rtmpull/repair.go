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
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// repairOptions are the flags of `rtmpull repair`.
type repairOptions struct {
	dryRun  bool
	output  string
	entries int
	asJSON  bool
}

func newRepairCommand(env *environment) *cobra.Command {
	o := new(repairOptions)
	cmd := &cobra.Command{
		Use:   "repair [flags] FILE...",
		Short: "mend FLV files, or complete what a recording left",
		Long: `Repair mends FLV files: a torn end, garbage between tags, wrong trailers, jumps of the
clock, joined files, missing or wrong metadata and key-frame index. No frame is changed,
and none that can be found is left out. NAME.part, which a recording left that was broken
off, becomes NAME.

It is done in place if the end, the trailers and the metadata are all there is to mend and
there is room for an index. Otherwise a new file is written beside it, FILE.repair, which
then replaces it. A file that is being recorded is left alone.

Exit status: 0 mended, or nothing to mend; 1 a file cannot be mended; 5 the output failed;
64 wrong usage; 130, 143, 129 interrupted, terminated, hung up between two files.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args) },
	}
	fs := pflag.NewFlagSet("repair", pflag.ContinueOnError)
	fs.BoolVarP(&o.dryRun, "dry-run", "n", false, "say what there is to mend, and change nothing")
	fs.StringVarP(&o.output, "output", "o", "", "write to this new `file`, or into this folder, and leave FILE as it is")
	fs.IntVar(&o.entries, "index-entries", 0, fmt.Sprintf("room for so many key frames in the index of a file that is written anew (default %d); -1: no index", flvout.DefaultIndexEntries))
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
		ro := flvout.RepairOptions{DryRun: o.dryRun, Output: o.output, IndexEntries: o.entries}
		if into {
			ro.Output = filepath.Join(o.output, strings.TrimSuffix(filepath.Base(file), ".part"))
		}
		err := o.repair(env, file, ro)
		if errors.As(err, new(*told)) && exitStatus(err) >= exitStatus(worst) {
			worst = err
		} else if err != nil && !errors.As(err, new(*told)) {
			return err // nobody listens any more
		}
	}
	return worst
}

// repair mends one file and tells what came of it. The error is *told, unless it
// is one of telling.
func (o *repairOptions) repair(env *environment, file string, ro flvout.RepairOptions) error {
	r, err := flvout.Repair(file, ro)
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
	done := map[flvout.Action]string{
		flvout.ActionNone:    "nothing to mend",
		flvout.ActionInPlace: "mended in place",
		flvout.ActionCopy:    "written anew",
	}
	if o.dryRun {
		done[flvout.ActionInPlace], done[flvout.ActionCopy] = "can be mended in place", "has to be written anew"
	}
	what := done[r.Action]
	if r.Path != file && !o.dryRun {
		what += " as " + r.Path
	}
	text := fmt.Sprintf("%s: %s; %.2f s, %s, %d audio and %d video tags\n", file, what,
		r.Duration.Seconds(), humanize.Bytes(uint64(r.Size)), r.Stats.Audio, r.Stats.Video)
	if list := findings(r); len(list) > 0 {
		text += "  found: " + strings.Join(list, "; ") + "\n"
	}
	if list := losses(r); len(list) > 0 {
		text += "  lost: " + strings.Join(list, "; ") + "\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

// findings are what was wrong with a file.
func findings(r *flvout.Repaired) (list []string) {
	d := &r.Damage
	add := func(is bool, format string, args ...any) {
		if is {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	add(d.Head, "no file header")
	add(d.LongHead && !d.Head, "a file header that is not of 9 bytes")
	add(d.Places > 0, "%s of garbage in %s", ui.Count(d.Garbage, "byte"), ui.Count(d.Places, "place"))
	add(d.Tail > 0 && d.Torn, "a torn tag at the end, of %s", ui.Count(d.Tail, "byte"))
	add(d.Tail > 0 && !d.Torn, "%s behind the last tag", ui.Count(d.Tail, "byte"))
	add(d.NoTrailer, "no trailer at the end")
	add(d.Trailers > 0, "%s", ui.Count(d.Trailers, "wrong trailer"))
	add(d.StreamIDs > 0, "stream IDs in %s", ui.Count(d.StreamIDs, "tag"))
	add(d.Joined > 0, "%s behind the first", ui.Count(d.Joined, "FLV file"))
	add(d.Alien > 0, "%s of unknown types", ui.Count(d.Alien, "tag"))
	add(r.Stats.Dropped.Total() > 0, "%s that do not belong into a file", ui.Count(r.Stats.Dropped.Total(), "tag"))
	add(r.Moved, "timestamps or an order of tags that players cannot follow")
	add(r.Head, "metadata or an index that is missing or wrong")
	return list
}

// losses are what of a file cannot be had any more.
func losses(r *flvout.Repaired) (list []string) {
	d := &r.Damage
	if d.Garbage > 0 {
		list = append(list, "what was in the garbage")
	}
	if d.Torn {
		list = append(list, "the torn tag")
	}
	return list
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

// repairDamage is flvout.Damage, and what else was wrong.
type repairDamage struct {
	Head       bool  `json:"header,omitempty"`
	Garbage    int64 `json:"garbage_bytes,omitempty"`
	Places     int64 `json:"garbage_places,omitempty"`
	Tail       int64 `json:"tail_bytes,omitempty"`
	Torn       bool  `json:"torn,omitempty"`
	NoTrailer  bool  `json:"no_last_trailer,omitempty"`
	Trailers   int64 `json:"wrong_trailers,omitempty"`
	StreamIDs  int64 `json:"stream_ids,omitempty"`
	Joined     int64 `json:"joined_files,omitempty"`
	Alien      int64 `json:"unknown_tags,omitempty"`
	Dropped    int64 `json:"dropped_tags,omitempty"`
	Timestamps bool  `json:"timestamps,omitempty"`
	Metadata   bool  `json:"metadata,omitempty"`
}

func (o *repairOptions) tellJSON(out io.Writer, file string, r *flvout.Repaired, err error) error {
	line := repairLine{Type: "error", File: file, Status: exitStatus(err)}
	if err != nil {
		line.Error = describe(err)
	} else {
		d := &r.Damage
		line.Type, line.Action, line.Bytes = "repaired", actionName(r.Action), r.Size
		line.Duration = r.Duration.Seconds()
		line.Audio, line.Video, line.Keys = r.Stats.Audio, r.Stats.Video, r.Stats.KeyFrames
		if !o.dryRun && r.Path != file {
			line.Output = r.Path
		}
		line.Damage = &repairDamage{
			Head: d.Head || d.LongHead, Garbage: d.Garbage, Places: d.Places, Tail: d.Tail, Torn: d.Torn,
			NoTrailer: d.NoTrailer, Trailers: d.Trailers, StreamIDs: d.StreamIDs, Joined: d.Joined, Alien: d.Alien,
			Dropped: r.Stats.Dropped.Total(), Timestamps: r.Moved, Metadata: r.Head,
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
