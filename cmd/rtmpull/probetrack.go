package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/flvout"
)

func printTrack(s *sheet, t *flvout.TrackReport) {
	s.line("%s", describeTrack(t))
	if t.Frames == 0 {
		s.line("no frame")
		return
	}
	line := fmt.Sprintf("%s, %s", ui.Count(t.Frames, "frame"), ui.Rate(float64(t.BitRate)))
	if t.PeakBitRate > 0 {
		line += fmt.Sprintf(" (%s in the busiest second)", ui.Rate(float64(t.PeakBitRate)))
	}
	if t.CTS != nil && t.CTS.BFrames {
		line += ", B-frames"
	}
	s.line("%s", line)
	if t.Keys != nil {
		s.line("%s", describeKeys(t.Keys))
	}
	for n, c := range t.Changes {
		if n == 4 {
			s.line("and %d changes more", t.ChangeCount-4)
			break
		}
		s.line("from %s on %s", span(c.At), describeCodec(&c.CodecReport))
	}
	if t.HeaderRepeats > 0 {
		s.line("the sequence header comes again %s", ui.Count(t.HeaderRepeats, "time"))
	}
	printBreaks(s, "gap", "", t.Gaps)
	printBreaks(s, "jump", " back", t.Jumps)
}

func describeTrack(t *flvout.TrackReport) string {
	text := describeCodec(&t.CodecReport)
	if t.Type != "video" || t.MeasuredRate == 0 {
		return text
	}
	near := math.Abs(t.FrameRate-t.MeasuredRate) <= 0.01*t.MeasuredRate
	switch {
	case t.Constant && near:
		return fmt.Sprintf("%s, %s fps", text, number(t.FrameRate))
	case t.Constant:
		text = fmt.Sprintf("%s, %s fps", text, number(t.MeasuredRate))
	default:
		text = fmt.Sprintf("%s, %s fps on average (%d to %d ms a frame)", text, number(t.MeasuredRate), t.Step.Min, t.Step.Max)
	}
	if t.FrameRate > 0 && !near {
		text += fmt.Sprintf(", the header says %s", number(t.FrameRate))
	}
	return text
}

func describeCodec(c *flvout.CodecReport) string {
	name := c.Name
	if name == "" {
		name = "codec " + c.Codec
	}
	for _, word := range []string{c.Profile, c.Level} {
		if word != "" {
			name += " " + word
		}
	}
	parts := []string{name}
	if c.Width > 0 {
		parts = append(parts, fmt.Sprintf("%dx%d", c.Width, c.Height))
	}
	if c.Width > 0 && c.BitDepth > 8 {
		parts = append(parts, fmt.Sprintf("%d bit", c.BitDepth))
	}
	if c.SampleRate > 0 {
		parts = append(parts, fmt.Sprintf("%d Hz", c.SampleRate))
	}
	switch c.Channels {
	case 0:
	case 1:
		parts = append(parts, "mono")
	case 2:
		parts = append(parts, "stereo")
	default:
		parts = append(parts, fmt.Sprintf("%d channels", c.Channels))
	}
	return strings.Join(parts, ", ")
}

func describeKeys(k *flvout.KeyFrames) string {
	text := ui.Count(k.Count, "key frame")
	if k.Distances == 0 {
		return text
	}
	if k.MinFrames == k.MaxFrames {
		return fmt.Sprintf("%s, every %s s (%d frames)", text, number(k.Distance.Mean), k.MaxFrames)
	}
	return fmt.Sprintf("%s, every %s s (%s to %s; %d to %d frames)", text, number(k.Distance.Mean),
		number(k.Distance.Min.Seconds()), number(k.Distance.Max.Seconds()), k.MinFrames, k.MaxFrames)
}

func printBreaks(s *sheet, what, way string, b flvout.Breaks) {
	const listed = 4
	if b.Count == 0 {
		return
	}
	var places []string
	for n, place := range b.List {
		if n == listed {
			places = append(places, "...")
			break
		}
		places = append(places, fmt.Sprintf("%s s at %s", number(max(place.Length, -place.Length).Seconds()), span(place.At)))
	}
	s.line("%s%s: %s", ui.Count(b.Count, what), way, strings.Join(places, ", "))
}
