package ui

import (
	"encoding/json"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
)

// JSON writes JSON lines, of one stream or of one among several. It may be used by
// several goroutines: a stream that is published has one that listens to the
// server.
type JSON struct {
	out         *jsonLines
	explain     Explain
	stream, url string // empty: there is but one
}

// jsonLines is where several streams write theirs.
type jsonLines struct {
	mu    sync.Mutex // of enc
	enc   *json.Encoder
	start time.Time
}

// NewJSON returns a JSON that writes to out. The clock of the lines starts now.
func NewJSON(out io.Writer, explain Explain) *JSON {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return &JSON{out: &jsonLines{enc: enc, start: time.Now()}, explain: explain}
}

// Of returns a JSON that writes to the same place, and tells in each line that it
// is about this stream.
func (j *JSON) Of(stream, url string) *JSON { return &JSON{j.out, j.explain, stream, url} }

// header is what every line begins with.
type header struct {
	Type    string  `json:"message_type"`
	Time    string  `json:"time"`
	Elapsed float64 `json:"elapsed"` // seconds since the start

	// Of one among several.
	Stream string `json:"stream,omitempty"`
	URL    string `json:"url,omitempty"`

	Omitted int `json:"omitted,omitempty"` // of the same type, since the last one
}

func (j *JSON) header(kind string) *header {
	return &header{Type: kind, Stream: j.stream, URL: j.url}
}

// stamp gives a line its time.
func (h *header) stamp(now, start time.Time) {
	h.Time, h.Elapsed = now.UTC().Format("2006-01-02T15:04:05.000Z07:00"), seconds(now.Sub(start))
}

// seconds are a duration's, to the millisecond and with no more digits than that.
func seconds(d time.Duration) float64 {
	return float64(d.Round(time.Millisecond).Milliseconds()) / 1000
}

// write writes a line, all of which begin with a header. Their times are in order.
func (j *JSON) write(v interface{ stamp(now, start time.Time) }) {
	j.out.mu.Lock()
	defer j.out.mu.Unlock()
	v.stamp(time.Now(), j.out.start)
	_ = j.out.enc.Encode(v)
}

// A Cause is why a stream is not there.
type Cause struct {
	Text  string `json:"reason,omitempty"`
	Class string `json:"class,omitempty"` // for programs
}

// An Explain puts an error into words; nil has none.
type Explain func(error) Cause

// Event writes an event of the job. omitted is how many of its kind were left out
// before.
func (j *JSON) Event(e job.Event, omitted int) {
	h := j.header(string(e.Kind))
	h.Omitted = omitted
	why := j.explain(e.Err)
	switch e.Kind {
	case job.Reconnect:
		j.write(struct {
			*header
			Cause
			Wait    float64 `json:"wait"` // seconds
			Attempt int     `json:"attempt"`
		}{h, why, seconds(e.Wait), e.Attempt})
	case job.Waiting:
		j.write(struct {
			*header
			Cause
			Wait float64 `json:"wait"`           // seconds until the next attempt
			Left float64 `json:"left,omitempty"` // seconds
		}{h, why, seconds(e.Wait), seconds(e.Left)})
	case job.SourceChanged:
		j.write(struct {
			*header
			URL string `json:"url"`
			Cause
		}{h, e.Name, why})
	case job.Moving:
		j.write(struct {
			*header
			URL   string `json:"url,omitempty"`
			Error string `json:"error,omitempty"` // and it is not done
		}{h, e.Name, why.Text})
	case job.TrackSilent, job.TrackBack:
		j.write(struct {
			*header
			Media    string  `json:"media"`
			Duration float64 `json:"duration"`
		}{h, strings.ToLower(e.Media), seconds(e.Duration)})
	case job.Gap:
		if e.Splice.Kind != 0 {
			j.write(struct {
				*header
				At       float64 `json:"at"`       // seconds into the recording
				Duration float64 `json:"duration"` // seconds that are missing
				Hole     float64 `json:"hole"`     // seconds that are left empty for them
				Cause
			}{h, seconds(e.Splice.At), seconds(e.Duration), seconds(e.Hole), why})
			return
		}
		j.write(struct {
			*header
			Duration float64 `json:"duration"` // seconds that are missing
			Frames   int64   `json:"frames"`
		}{h, seconds(e.Duration), e.Frames})
	case job.Rejoined:
		j.write(struct {
			*header
			At float64 `json:"at"` // seconds into the recording
		}{h, seconds(e.Splice.At)})
	case job.Jump:
		j.write(struct {
			*header
			At       float64 `json:"at,omitempty"` // seconds into the recording
			Duration float64 `json:"duration"`     // seconds; back if negative
		}{h, seconds(e.Splice.At), seconds(e.Duration)})
	case job.Repeat:
		j.write(struct {
			*header
			At       float64 `json:"at"`
			Duration float64 `json:"duration"`
			Tags     int64   `json:"tags"`
		}{h, seconds(e.Splice.At), seconds(e.Duration), e.Splice.Tags})
	case job.CodecChange:
		j.write(struct {
			*header
			At       float64 `json:"at"`
			Media    string  `json:"media"`
			From     string  `json:"from"`
			To       string  `json:"to"`
			NewFile  bool    `json:"new_file"`
			FromSize string  `json:"from_size,omitempty"`
			ToSize   string  `json:"to_size,omitempty"`
			FromRate int     `json:"from_sample_rate,omitempty"` // Hz
			ToRate   int     `json:"to_sample_rate,omitempty"`
		}{h, seconds(e.Splice.At), job.MediaName(e.Splice.Type), e.Splice.Old.String(), e.Splice.New.String(), e.Splice.Split,
			job.SizeText(e.Splice.Before), job.SizeText(e.Splice.After), e.Splice.Before.SampleRate, e.Splice.After.SampleRate})
	case job.StartIgnored:
		j.write(struct {
			*header
			Asked float64 `json:"asked"`
		}{h, seconds(e.Duration)})
	case job.EndsEarly:
		j.write(struct {
			*header
			End    float64 `json:"end"`             // of the stream, seconds into it
			Length float64 `json:"stream_duration"` // by its metadata
		}{h, seconds(e.Duration), seconds(e.Length)})
	case job.Wrap, job.Loops, job.Oddity:
		j.write(struct {
			*header
			At   float64 `json:"at"`
			What string  `json:"what"`
		}{h, seconds(e.Splice.At), e.Splice.Kind.String()})
	case job.FirstMedia:
		j.write(struct {
			*header
			Media string `json:"media"`
		}{h, strings.ToLower(e.Media)})
	case job.FileOpened:
		j.write(struct {
			*header
			File string `json:"file"`
		}{h, e.Name})
	case job.FileClosed:
		j.write(struct {
			*header
			File     string  `json:"file"`
			Bytes    int64   `json:"bytes"`
			Duration float64 `json:"duration"`
			Reason   string  `json:"reason,omitempty"` // why another follows
			Error    string  `json:"error,omitempty"`
			Short    bool    `json:"cut_short,omitempty"` // and complete all the same
		}{h, e.Name, e.Size, seconds(e.Duration), e.Why, why.Text, e.Short})
	case job.Recovered:
		j.write(struct {
			*header
			File     string  `json:"file"`
			Bytes    int64   `json:"bytes"`
			Duration float64 `json:"duration"`
			Error    string  `json:"error,omitempty"`
		}{h, e.Name, e.Size, seconds(e.Duration), why.Text})
	case job.HookFailed:
		j.write(struct {
			*header
			File  string `json:"file"`
			Error string `json:"error"`
		}{h, e.Name, why.Text})
	case job.HookLeft:
		j.write(struct {
			*header
			File string `json:"file"`
		}{h, e.Name})
	case job.HooksAwaited:
		j.write(struct {
			*header
			Files int `json:"files"`
		}{h, e.Files})
	}
}

// Connected writes that there is a connection.
func (j *JSON) Connected(url string, omitted int) {
	h := j.header("connected")
	h.Omitted = omitted
	j.write(struct {
		*header
		URL string `json:"url"`
	}{h, url})
}

// Redirect writes that a server has led us to another one.
func (j *JSON) Redirect(url string, omitted int) {
	h := j.header("redirect")
	h.Omitted = omitted
	j.write(struct {
		*header
		URL string `json:"url"`
	}{h, url})
}

// Omitted writes how many lines of which types were left out, and that no other
// line tells of.
func (j *JSON) Omitted(types map[string]int) {
	j.write(struct {
		*header
		Types map[string]int `json:"types"`
	}{j.header("omitted"), types})
}

// Status writes what the server said about the stream.
func (j *JSON) Status(code, level, description string, omitted int) {
	h := j.header("status")
	h.Omitted = omitted
	j.write(struct {
		*header
		Code        string `json:"code"`
		Level       string `json:"level,omitempty"`
		Description string `json:"description,omitempty"`
	}{h, code, level, description})
}
