package job

import (
	"fmt"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// spliceKinds are the events that a splicer's become.
var spliceKinds = map[flvout.SpliceKind]Kind{
	flvout.ClockJumped:       Jump,
	flvout.ClockWrapped:      Wrap,
	flvout.GapKept:           Gap,
	flvout.GapCut:            Gap,
	flvout.Rejoined:          Gap,
	flvout.RepeatDropped:     Repeat,
	flvout.SourceLoops:       Loops,
	flvout.CatchingUp:        Oddity,
	flvout.PlaceLost:         Oddity,
	flvout.HeaderChanged:     CodecChange,
	flvout.HeaderMade:        Oddity,
	flvout.HeaderMissing:     Oddity,
	flvout.BegunWithoutKey:   Oddity,
	flvout.BegunWithoutVideo: Oddity,
}

// spliced reports what was mended or decided.
func (p *Pull) spliced(e flvout.SpliceEvent) {
	if e.Kind == flvout.HeaderChanged && e.Split && p.Files != nil {
		p.Files.cause = "change"
	}
	p.astray = p.astray || e.Kind == flvout.PlaceLost
	if e.Kind == flvout.CatchingUp {
		p.extent.restarted(p.beginsAt())
	}
	ev := Event{Kind: spliceKinds[e.Kind], Duration: e.Gap, Splice: e}
	switch e.Kind {
	case flvout.GapKept, flvout.GapCut:
		ev.Hole = e.Gap
		if e.Kind == flvout.GapCut {
			ev.Hole = 0
		}
	case flvout.Rejoined:
		ev.Duration, ev.Hole, ev.Err = e.Missing, e.Gap, p.why
		if e.Missing == 0 && e.Gap == 0 {
			ev.Kind = Rejoined
		}
	}
	if ev.Kind == Gap {
		p.result.Gaps++
		if r := &p.result; len(r.Lost) < maxLosses {
			r.Lost = append(r.Lost, Loss{At: e.At, Missing: ev.Duration, Hole: ev.Hole, Why: ev.Err})
		}
	}
	p.report(ev)
}

// placeLost decides what becomes of a recorded stream that was to go on with the
// recording, and of whose end nothing came: it is not put behind what it does not
// belong to. One that is live after all may be, and so may the other source's, which
// may have another copy.
func (p *Pull) placeLost() error {
	live := p.Target.Session.Kind != session.Recorded && p.tempo.live
	other := p.Backup != nil && p.result.Reconnects > 0
	if p.extent.items == 0 && (live || other) { // items would come once more
		return nil
	}
	return ErrAstray
}

// strayed is the error of a recording whose stream was replaced.
func (p *Pull) strayed() error {
	if p.why == nil {
		return ErrAstray
	}
	return &LostError{p.why, ErrAstray}
}

// MediaName is a track's, as for programs: audio or video.
func MediaName(t tag.TagType) string {
	if t == tag.TagTypeAudio {
		return "audio"
	}
	return "video"
}

// CodecText writes a codec with what is known of its picture or sound: "avc1 320x240".
func CodecText(c flvout.Codec, p flvout.Parameters) string {
	text := c.String()
	if size := SizeText(p); size != "" {
		text += " " + size
	}
	if p.SampleRate > 0 {
		text += fmt.Sprintf(" %d Hz", p.SampleRate)
	}
	return text
}

// SizeText writes the size of pictures; empty: it is not known.
func SizeText(p flvout.Parameters) string {
	if p.Width == 0 || p.Height == 0 {
		return ""
	}
	return fmt.Sprintf("%dx%d", p.Width, p.Height)
}
