package flvout

import (
	"hash/maphash"
	"slices"

	"github.com/yutopp/go-flv/tag"
)

// An Inspector measures a stream or a file by its tags. Its memory does not grow
// with their number: what there may be many of is counted and summed up. It
// belongs to one goroutine.
type Inspector struct {
	tracks [2][256]*trackInspector // audio, video; by ID
	order  []*trackInspector       // as they came
	tags   TagCounts
	script []ScriptCount

	unwrapper // of the frames; the first lies where its timestamp says
	total     meter
	av        avInspector

	head headInspector
	seed maphash.Seed
}

// NewInspector returns an Inspector.
func NewInspector() *Inspector {
	return &Inspector{seed: maphash.MakeSeed(), head: headInspector{sum: newSummary(minIndexEntries)}}
}

// Flags tells which tracks a file's header announces.
func (i *Inspector) Flags(audio, video bool) { i.setFlags(appendHead(nil, audio, video)[4]) }

func (i *Inspector) setFlags(b byte) { i.head.headed, i.head.flags = true, b }

// Add takes the next tag. offset is where in the file it begins, 0 if it is in
// none.
func (i *Inspector) Add(t Tag, offset int64) {
	c := Classify(t)
	i.add(t, &c, offset)
}

func (i *Inspector) add(t Tag, c *Class, offset int64) {
	if offset > 0 {
		i.head.judge.index.see(t, c, offset)
	}
	i.head.sum.add(t, c, offset)
	switch t.Type {
	case tag.TagTypeAudio:
		i.tags.Audio++
	case tag.TagTypeVideo:
		i.tags.Video++
	case tag.TagTypeScriptData, tagTypeScriptAMF3:
		i.addScript(t, c)
		return
	default:
		i.tags.Other++
		return
	}
	switch c.Kind {
	case KindFrame:
		i.addFrame(t, c, offset)
	case KindConfig:
		for tr := range c.Tracks() {
			i.track(c, tr.ID).header(t, c, tr, i.pos, offset, i.seed)
		}
	case KindEnd:
		for tr := range c.Tracks() {
			i.track(c, tr.ID).ends++
		}
	case KindEmpty:
		i.tags.Empty++
	case KindCommand:
		i.tags.Command++
	case KindMalformed:
		i.tags.Malformed++
	case KindUnknown:
		i.tags.Unknown++
	}
}

// Seen returns how long the frames that came last, gaps not counted, and how many
// distances between key frames were measured, or -1 if there is no picture.
func (i *Inspector) Seen() (content Milliseconds, distances int64) {
	distances = -1
	for _, t := range i.order {
		if t.frames > 0 {
			content = max(content, Milliseconds(t.clock.content(t.frames)))
		}
		if t.video {
			distances = max(distances, t.keys.distances)
		}
	}
	return content, distances
}

// Begun tells whether there was a frame.
func (i *Inspector) Begun() bool { return i.begun }

func (i *Inspector) addFrame(t Tag, c *Class, offset int64) {
	if !i.begun {
		i.start(t.Timestamp, int64(t.Timestamp))
	}
	i.move(t.Timestamp)
	if !c.Multitrack {
		i.addTrackFrame(t, c, Track{Codec: c.Codec, CTS: c.CTS, Payload: c.Payload}, offset)
		return
	}
	for tr := range c.Tracks() {
		i.addTrackFrame(t, c, tr, offset)
	}
}

func (i *Inspector) addTrackFrame(t Tag, c *Class, tr Track, offset int64) {
	k := i.track(c, tr.ID)
	steady := k.frame(t, c, tr, i.pos, offset)
	i.total.add(i.pos, int64(len(tr.Payload)))
	i.av.add(k, i.pos, steady)
}

// track returns the track with an ID, which may be new.
func (i *Inspector) track(c *Class, id uint8) *trackInspector {
	of := &i.tracks[0]
	if c.video {
		of = &i.tracks[1]
	}
	if of[id] == nil {
		of[id] = &trackInspector{video: c.video, id: id}
		i.order = append(i.order, of[id])
	}
	return of[id]
}

// addScript counts a script tag by its name, of which there may be any.
func (i *Inspector) addScript(t Tag, c *Class) {
	const maxName = 64
	i.tags.Script++
	name, _ := scriptName(scriptBody(t))
	name = name[:min(len(name), maxName)]
	n := slices.IndexFunc(i.script, func(s ScriptCount) bool { return s.Name == string(name) })
	switch {
	case n >= 0:
		i.script[n].Count++
	case len(i.script) < maxListed:
		i.script = append(i.script, ScriptCount{string(name), 1})
	}
	if c.Kind == KindMetadata {
		i.head.add(t, i.tags.Audio+i.tags.Video == 0 && i.tags.Script == 1, i.begun)
	}
}

func (i *Inspector) duration() Milliseconds {
	var bottom, end int64
	some := false
	for _, t := range i.order {
		if t.frames == 0 {
			continue
		}
		if !some {
			some, bottom = true, t.clock.bottom
		}
		bottom = min(bottom, t.clock.bottom)
		end = max(end, t.clock.top+t.clock.frameLength())
	}
	return Milliseconds(end - bottom)
}

// An avInspector measures how far the sound is from the picture, of the first
// track of each.
type avInspector struct {
	audio, video *trackInspector
	stale        *trackInspector // has not followed the other's jump yet
	max, at      int64
}

func (a *avInspector) add(t *trackInspector, at int64, steady bool) {
	mine, other := &a.audio, &a.video
	if t.video {
		mine, other = other, mine
	}
	if *mine == nil {
		*mine = t
	}
	if *mine != t {
		return
	}
	if a.stale == t {
		a.stale = nil
	}
	if *other == nil {
		return
	}
	if !steady {
		a.stale = *other
	}
	if a.stale != nil {
		return
	}
	if d := a.audio.clock.last - a.video.clock.last; max(d, -d) > max(a.max, -a.max) {
		a.max, a.at = d, at
	}
}

func (a *avInspector) report() *AVDistance {
	if a.audio == nil || a.video == nil {
		return nil
	}
	end := func(t *trackInspector) int64 { return t.clock.last + t.clock.frameLength() }
	return &AVDistance{
		Start: Milliseconds(a.audio.clock.first - a.video.clock.first),
		End:   Milliseconds(end(a.audio) - end(a.video)),
		Max:   Milliseconds(a.max), MaxAt: Milliseconds(a.at),
	}
}

// Report sums up what came so far.
func (i *Inspector) Report() *Report {
	r := &Report{Tags: i.tags, Script: i.script, Faults: []Fault{}, Tracks: []TrackReport{}}
	for _, t := range i.order {
		r.Tracks = append(r.Tracks, t.report())
	}
	slices.SortStableFunc(r.Tracks, func(a, b TrackReport) int {
		if a.Type != b.Type && b.Type == "video" {
			return 1
		} else if a.Type != b.Type {
			return -1
		}
		return int(a.ID) - int(b.ID)
	})
	r.Duration = i.duration()
	covered := int64(0)
	for _, t := range i.order {
		if t.frames > 0 {
			covered = max(covered, t.clock.content(t.frames))
		}
	}
	r.Bytes = i.total.bytes
	r.BitRate, r.PeakBitRate = i.total.rates(covered)
	r.AV = i.av.report()
	i.head.report(r)
	i.faults(r)
	return r
}

// faults lists what is wrong.
func (i *Inspector) faults(r *Report) {
	add := func(is bool, f Fault) {
		if is {
			r.Faults = append(r.Faults, f)
		}
	}
	var back, headerless, noKey bool
	for _, t := range i.order {
		back = back || t.clock.jumps.Count > 0
		headerless = headerless || t.headerless
		noKey = noKey || t.noKey
	}
	add(!i.begun, FaultNoMedia)
	add(back, FaultTimeBack)
	add(headerless, FaultNoHeader)
	add(noKey, FaultNoKey)
	add(i.head.late > 0 || i.head.command, FaultScript)
	add(i.tags.Empty > 0, FaultEmpty)
	add(i.head.wrongFlags(), FaultFlags)
	add(r.Metadata != nil && len(r.Metadata.Wrong) > 0, FaultMetadata)
	add(r.Index != nil && (r.Index.State == IndexWrong || r.Index.State == IndexShort || r.Index.State == IndexUnreadable), FaultIndex)
}
