package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// A recording says what is made of a stream, as far as the command line tells: the
// files, what ends it, and how it goes on when the stream is lost. Durations are in
// seconds and sizes in bytes, and what does not count is 0 or empty.
type recording struct {
	Output  string `json:"output"`             // - is standard output
	Exists  string `json:"exists,omitempty"`   // what becomes of a file of that name: keep, replace or resume
	InPlace bool   `json:"in_place,omitempty"` // it has its name from the first, and not .part behind it
	Skip    int    `json:"skip,omitempty"`     // key frames to go back before going on

	SegmentTime  float64 `json:"segment_time,omitempty"`
	SegmentSize  int64   `json:"segment_size,omitempty"`
	SegmentAlign float64 `json:"segment_align,omitempty"`
	OnChange     string  `json:"on_change,omitempty"`    // split, keep or exit
	OnReconnect  string  `json:"on_reconnect,omitempty"` // join or split
	OnComplete   bool    `json:"on_complete,omitempty"`  // there is a command

	MaxDuration float64 `json:"max_duration,omitempty"`
	MaxSize     int64   `json:"max_size,omitempty"`
	MinFree     *int64  `json:"min_free,omitempty"` // nil: what is usual; of files alone

	Retry      retrying `json:"retry"`
	Wait       float64  `json:"wait,omitempty"`
	Backup     string   `json:"backup,omitempty"`
	URLCommand bool     `json:"url_command,omitempty"` // there is one, which gives the URL

	ConnectTimeout float64 `json:"connect_timeout"`
	StartTimeout   float64 `json:"start_timeout"`
	Timeout        float64 `json:"timeout"` // of silence
	EOFGrace       float64 `json:"eof_grace,omitempty"`
}

// retrying says how often and for how long a connection that is lost is tried again.
type retrying struct {
	Attempts int     `json:"attempts"` // -1: without end
	AtStart  bool    `json:"at_start"` // also if there never was one
	Delay    float64 `json:"delay"`
	MaxDelay float64 `json:"max_delay,omitempty"`
	MaxTime  float64 `json:"max_time,omitempty"`
}

// retryingOf is a policy in this form.
func retryingOf(r job.Retry) retrying {
	return retrying{r.Attempts, r.First, r.Delay.Seconds(), r.MaxDelay.Seconds(), r.MaxTime.Seconds()}
}

// recording is what the flags say of it. Nothing is opened or made.
func (o *pullOptions) recording(t, backup *rtmp.Target) (*recording, error) {
	out, n := &o.output, &o.network
	r := &recording{
		Output: "-", OnComplete: out.onComplete != "",
		SegmentTime: time.Duration(out.segmentTime).Seconds(), SegmentSize: int64(out.segmentSize), SegmentAlign: time.Duration(out.align).Seconds(),
		OnChange: out.onChange.words[out.splice().OnChange], OnReconnect: out.onReconnect.words[out.onReconnect.value],
		MaxDuration: o.limit().Seconds(), MaxSize: int64(o.maxSize),
		Retry: retryingOf(o.survival.policy()), Wait: time.Duration(o.survival.wait).Seconds(), URLCommand: o.survival.urlCommand != "",
		ConnectTimeout: time.Duration(n.connect).Seconds(), StartTimeout: time.Duration(n.start).Seconds(),
		Timeout: time.Duration(n.silence).Seconds(), EOFGrace: time.Duration(n.grace).Seconds(),
	}
	if backup != nil {
		r.Backup = backup.Redacted()
	}
	if out.name == "-" {
		return r, nil
	}
	template, err := out.template()
	if err != nil {
		return nil, err
	}
	r.Output = template.expand(t, time.Now(), 1)
	if r.InPlace = isDevice(r.Output); r.InPlace && out.segments() {
		return nil, badUsage("%s is no file, and cannot be written in segments", r.Output)
	} else if r.InPlace {
		return r, nil
	}
	r.InPlace, r.Exists = out.inPlace, "keep"
	switch {
	case out.resume:
		r.Exists, r.Skip = "resume", out.skip
	case out.force, out.inPlace:
		r.Exists = "replace"
	}
	if out.minFree.set {
		r.MinFree = new(int64(out.minFree.size))
	}
	return r, nil
}

// rows say so in words.
func (r *recording) rows() []row {
	return []row{{"output", r.outputLines()}, {"limits", r.limitLines()}, {"if lost", r.lostLines()}, {"patience", r.patienceLines()}}
}

func (r *recording) outputLines() []string {
	if r.Output == "-" {
		return []string{"standard output"}
	}
	line := r.Output
	if !r.InPlace {
		line += ", called " + r.Output + partSuffix + " while it is written"
	}
	lines := []string{line}
	switch r.Exists {
	case "keep":
		lines = append(lines, "a file of that name stays, and another name is taken")
	case "replace":
		lines = append(lines, "a file of that name is replaced")
	case "resume":
		text := "a file of that name is gone on with"
		if r.Skip > 0 {
			text += fmt.Sprintf(", from %s earlier than its last one on", ui.Count(int64(r.Skip), "key frame"))
		}
		lines = append(lines, text)
	}
	var parts []string
	if r.SegmentTime > 0 {
		parts = append(parts, "every "+clock(r.SegmentTime)+" of media")
	}
	if r.SegmentSize > 0 {
		parts = append(parts, "before it gets larger than "+humanize.Bytes(uint64(r.SegmentSize)))
	}
	if r.SegmentAlign > 0 {
		parts = append(parts, "when the time of day is a multiple of "+clock(r.SegmentAlign))
	}
	if r.OnChange == "split" {
		parts = append(parts, "when the stream's parameters change")
	}
	if r.OnReconnect == "split" {
		parts = append(parts, "when the stream was lost and is there again")
	}
	if len(parts) > 0 {
		lines = append(lines, "a new file begins "+strings.Join(parts, ", "))
	}
	if r.OnComplete {
		lines = append(lines, "a command is run for each file that is complete")
	}
	return lines
}

func (r *recording) limitLines() []string {
	var parts []string
	if r.MaxDuration > 0 {
		parts = append(parts, clock(r.MaxDuration)+" of media")
	}
	if r.MaxSize > 0 {
		parts = append(parts, humanize.Bytes(uint64(r.MaxSize)))
	}
	if r.OnChange == "exit" {
		parts = append(parts, "another picture or sound")
	}
	switch {
	case r.Exists == "": // no file
	case r.MinFree == nil:
		parts = append(parts, "a disk with less than 64 MB free, or 5 % of a small one")
	case *r.MinFree > 0:
		parts = append(parts, "a disk with less than "+humanize.Bytes(uint64(*r.MinFree))+" free")
	}
	if len(parts) == 0 {
		return []string{"none"}
	}
	return []string{strings.Join(parts, "; ")}
}

func (r *recording) lostLines() []string {
	var lines []string
	if r.Backup != "" {
		lines = append(lines, r.Backup+" takes over")
	}
	t := r.Retry
	if t.Attempts == 0 {
		lines = append(lines, "it is not connected to again")
	} else {
		text := "it is connected to again"
		if t.Attempts > 0 {
			text += ", " + ui.Count(int64(t.Attempts), "time") + " in a row"
		}
		if t.MaxTime > 0 {
			text += ", for " + clock(t.MaxTime)
		} else if t.Attempts < 0 {
			text += ", without end"
		}
		text += "; " + clock(t.Delay) + " pass before that"
		if t.MaxDelay > t.Delay {
			text += ", and each time more, up to " + clock(t.MaxDelay)
		}
		lines = append(lines, text)
	}
	switch {
	case r.Wait > 0:
		lines = append(lines, "one that is not there at the start is waited for, "+clock(r.Wait)+" long")
	case t.AtStart && t.Attempts != 0:
		lines = append(lines, "the same if it is not there at the start")
	default:
		lines = append(lines, "one that is not there at the start is not waited for")
	}
	if r.URLCommand {
		lines = append(lines, "a command gives the URL before every connection")
	}
	return lines
}

func (r *recording) patienceLines() []string {
	long := func(seconds float64) string {
		if seconds == 0 { // it is waited for without end
			return "any time"
		}
		return clock(seconds)
	}
	line := fmt.Sprintf("%s for a connection, %s for media, %s of silence", long(r.ConnectTimeout), long(r.StartTimeout), long(r.Timeout))
	if r.EOFGrace > 0 {
		line += ", " + clock(r.EOFGrace) + " for a live stream that has ended to come back"
	}
	return []string{line}
}

// clock writes a time as the flags take it.
func clock(seconds float64) string {
	d := durationValue(seconds * float64(time.Second))
	return cmp.Or(d.String(), "0s")
}
