package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// maskReport takes secrets out of what a server said about its stream.
func maskReport(r *flvout.Report, mask *obs.Mask) {
	for n := range r.Script {
		r.Script[n].Name = mask.Text(r.Script[n].Name)
	}
	if r.Metadata == nil {
		return
	}
	for n, f := range r.Metadata.Fields {
		if s, ok := f.Value.(string); ok {
			r.Metadata.Fields[n].Value = mask.Text(s)
		}
	}
}

// A sheet is text in two columns, the first of which is often empty.
type sheet struct {
	b     strings.Builder
	label string
}

func (s *sheet) line(format string, args ...any) {
	const width = 10
	_, _ = fmt.Fprintf(&s.b, "%-*s%s\n", width, s.label, printable(fmt.Sprintf(format, args...)))
	s.label = ""
}

// print writes a report for people.
func (p *probed) print(out io.Writer) error {
	s := &sheet{label: p.Kind}
	s.line("%s", p.summary())
	for n := range p.Tracks {
		t := &p.Tracks[n]
		if s.label = t.Type; t.ID > 0 {
			s.label += " " + strconv.Itoa(int(t.ID))
		}
		printTrack(s, t)
	}
	s.label = "time"
	p.printTime(s)
	p.printTags(s)
	if p.Kind != "stream" {
		p.printHead(s)
	} else {
		s.label = "ended"
		s.line("%s", p.Ended)
	}
	s.label = "result"
	s.line("%s", p.verdict())
	_, err := io.WriteString(out, s.b.String())
	return err
}

func (p *probed) summary() string {
	parts := []string{p.Source}
	if p.Size > 0 {
		parts = append(parts, humanize.Bytes(uint64(p.Size)))
	}
	parts = append(parts, span(p.Duration))
	if p.BitRate > 0 {
		parts = append(parts, ui.Rate(float64(p.BitRate)))
	}
	if p.Connected != nil && p.First != nil {
		parts = append(parts, fmt.Sprintf("media after %.2f s", *p.First))
	}
	return strings.Join(parts, ", ")
}

// printTime tells of both tracks together.
func (p *probed) printTime(s *sheet) {
	broken := false
	for _, t := range p.Tracks {
		broken = broken || t.Gaps.Count > 0 || t.Jumps.Count > 0
	}
	parts := []string{}
	if !broken {
		parts = append(parts, "no gaps, no jumps")
	}
	for _, t := range p.Tracks {
		if t.Frames > 0 {
			parts = append(parts, "from "+span(t.First))
			break
		}
	}
	if a := p.AV; a != nil {
		parts = append(parts, fmt.Sprintf("sound begins %s and ends %s, %d ms off at most", late(a.Start), late(a.End), max(a.Max, -a.Max)))
	}
	s.line("%s", strings.Join(parts, "; "))
}

func late(d flvout.Milliseconds) string {
	switch {
	case d > 0:
		return fmt.Sprintf("%d ms late", d)
	case d < 0:
		return fmt.Sprintf("%d ms early", -d)
	}
	return "in time"
}

// printTags tells of tags that are not usual.
func (p *probed) printTags(s *sheet) {
	var parts []string
	for _, c := range []struct {
		n    int64
		what string
	}{
		{p.Tags.Empty, "empty"}, {p.Tags.Command, "seek command"}, {p.Tags.Malformed, "malformed"},
		{p.Tags.Unknown, "of unknown form"}, {p.Tags.Other, "of unknown type"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	for _, c := range p.Script {
		if c.Name != "onMetaData" || c.Count > 1 {
			parts = append(parts, fmt.Sprintf("%d %s", c.Count, c.Name))
		}
	}
	if len(parts) > 0 {
		s.label = "odd tags"
		s.line("%s", strings.Join(parts, ", "))
	}
}

// printHead tells what a file says about itself, and of its damage.
func (p *probed) printHead(s *sheet) {
	s.label = "metadata"
	switch {
	case p.Metadata == nil:
		s.line("none")
	case len(p.Metadata.Wrong) == 0:
		s.line("right")
	default:
		for _, w := range p.Metadata.Wrong {
			s.line("%s is %v, not %v", w.Field, value(w.Is), value(w.Says))
		}
	}
	if x := p.Index; x != nil {
		s.label = "index"
		s.line("%s", describeIndex(x))
	}
	s.label = "damage"
	s.line("%s", damageText(p.Damage))
}

func value(v any) string {
	switch v := v.(type) {
	case flvout.Milliseconds:
		return number(v.Seconds())
	case float64:
		return number(v)
	}
	return fmt.Sprint(v)
}

func describeIndex(x *flvout.IndexReport) string {
	entries := ui.Count(int64(x.Entries), "entry", "entries")
	switch x.State {
	case flvout.IndexUnreadable:
		return "cannot be read: " + x.Reason
	case flvout.IndexRight, flvout.IndexOdd, flvout.IndexShort:
		if x.Spacing.Mean > 0 {
			entries += fmt.Sprintf(", every %s s", number(x.Spacing.Mean))
		}
		return entries + map[string]string{
			flvout.IndexRight: ", right",
			flvout.IndexOdd:   ", right, of a form that some players do not read",
			flvout.IndexShort: ", which end long before the file does",
		}[x.State]
	case flvout.IndexWrong:
		return fmt.Sprintf("%s, wrong: %d on key frames, %d on no key frame, %d with a wrong time", entries, x.OnKey, x.Elsewhere+x.OnAudio, x.WrongTime)
	}
	return "none"
}

// verdict is the last line.
func (p *probed) verdict() string {
	words := map[flvout.Fault]string{
		flvout.FaultNoMedia:  "there is neither audio nor video",
		flvout.FaultDamage:   "it is damaged",
		flvout.FaultTimeBack: "its time goes back",
		flvout.FaultNoHeader: "frames come without their sequence header",
		flvout.FaultNoKey:    "it does not begin with a key frame",
		flvout.FaultFlags:    "its header announces other tracks",
		flvout.FaultMetadata: "its metadata is wrong",
		flvout.FaultScript:   "it has metadata that players take for a stream",
		flvout.FaultEmpty:    "it has empty tags",
		flvout.FaultIndex:    "its index is wrong",
	}
	text := phrases(words, p.Faults)
	if text == "" {
		text = "sound"
	}
	switch {
	case p.Repair == "" || p.Repair == flvout.RepairNone:
		return text
	case p.Repair == flvout.RepairOutput:
		return text + "; rtmpull repair --output mends what can be mended"
	case len(p.Faults) > 0:
		return text + "; rtmpull repair mends what can be mended"
	}
	return text + "; rtmpull repair " + p.advice()
}

// advice says what is to be had of a file that is sound.
func (p *probed) advice() string {
	words := map[flvout.Advice]string{
		flvout.AdviceHeader:   "shortens its header",
		flvout.AdviceMetadata: "adds metadata",
		flvout.AdviceForm:     "makes its metadata readable for all players",
		flvout.AdviceIndex:    "adds a key-frame index",
		flvout.AdviceTags:     "mends timestamps or tags that players may stumble over",
	}
	return phrases(words, p.Advice)
}

func phrases[T comparable](words map[T]string, list []T) string {
	parts := make([]string, len(list))
	for i, v := range list {
		parts[i] = words[v]
	}
	return strings.Join(parts, ", ")
}

// number writes up to three decimals.
func number(f float64) string {
	return strconv.FormatFloat(math.Round(f*1000)/1000, 'f', -1, 64)
}

// span writes a time as 9.96 s, 1:00.08 or 1:02:03.
func span(m flvout.Milliseconds) string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	s := m / 1000
	switch {
	case s < 60:
		return sign + number(m.Seconds()) + " s"
	case s < 3600:
		return fmt.Sprintf("%s%d:%02d.%02d", sign, s/60, s%60, m%1000/10)
	}
	return fmt.Sprintf("%s%d:%02d:%02d", sign, s/3600, s/60%60, s%60)
}
