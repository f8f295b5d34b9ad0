// Package obs turns what happens on a connection into log events. It is the
// one place that knows the logger, and gives it the hooks of package rtmp.
package obs

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
)

// A Logger takes log events.
type Logger struct{ log zerolog.Logger }

// A Level says how much is told.
type Level int8

// The levels: errors only, what a user would tell a friend, commands and
// phases, single messages.
const (
	Quiet Level = iota
	Normal
	Verbose
	Debug
)

// Options say how a Logger writes.
type Options struct {
	Level Level
	JSON  bool // lines of JSON, not of text
	Color bool

	// Rtmpdump writes lines as rtmpdump does: the level in capitals, a colon and the
	// text, without the time.
	Rtmpdump bool

	// Mixed is for a log that goes where other JSON lines go, and says in each
	// line that it is the log's.
	Mixed bool
}

// New returns a Logger that writes to out.
func New(out io.Writer, o Options) Logger {
	switch {
	case o.Rtmpdump:
		out = zerolog.ConsoleWriter{
			Out: out, NoColor: true, FormatLevel: rtmpdumpLevel,
			PartsOrder: []string{zerolog.LevelFieldName, zerolog.MessageFieldName},
		}
	case !o.JSON:
		out = zerolog.ConsoleWriter{Out: out, NoColor: !o.Color, TimeFormat: time.TimeOnly}
	}
	levels := [...]zerolog.Level{zerolog.ErrorLevel, zerolog.InfoLevel, zerolog.DebugLevel, zerolog.TraceLevel}
	c := zerolog.New(out).Level(levels[o.Level]).With().Timestamp()
	if o.Mixed {
		c = c.Str("message_type", "log")
	}
	return Logger{c.Logger()}
}

// rtmpdumpLevel is a level by rtmpdump's name for it.
func rtmpdumpLevel(level any) string {
	switch level {
	case zerolog.LevelErrorValue:
		return "ERROR:"
	case zerolog.LevelWarnValue:
		return "WARNING:"
	case zerolog.LevelInfoValue:
		return "INFO:"
	}
	return "DEBUG:"
}

// Of returns a Logger that says in each line that it is about this stream, which is
// one of several.
func (l Logger) Of(stream string) Logger {
	return Logger{l.log.With().Str("stream", stream).Logger()}
}

// Ended logs that one stream of several has ended, and why.
func (l Logger) Ended(why string) { l.log.Info().Str("why", why).Msg("ended") }

// Failed logs that one stream of several has failed, and how.
func (l Logger) Failed(why string, status int) {
	l.log.Error().Str("error", why).Int("status", status).Msg("failed")
}

// Playing logs that a stream has begun.
func (l Logger) Playing(url string) { l.log.Info().Str("url", url).Msg("playing") }

// Publishing logs that a server has begun to take a stream.
func (l Logger) Publishing(url string) { l.log.Info().Str("url", url).Msg("publishing") }

// Job logs an event of a job. why is the text of its error; omitted is how many of
// its kind were left out before.
func (l Logger) Job(e job.Event, why string, omitted int) {
	event, text := l.log.Debug(), strings.ReplaceAll(string(e.Kind), "_", " ")
	switch e.Kind {
	case job.Reconnect:
		text = "connecting again"
		event = l.log.Warn().Str("error", why)
		if errors.Is(e.Err, job.ErrEnded) { // which may be as it should
			text = "the server ended the stream; looking whether it comes back"
			event = l.log.Info()
		}
		event = event.Stringer("wait", e.Wait.Round(time.Millisecond)).Int("attempt", e.Attempt)
	case job.Gap:
		text = "going on, with a gap"
		event = l.log.Warn().Stringer("duration", e.Duration)
		if e.Frames > 0 {
			event = event.Int64("frames", e.Frames)
		}
		if e.Splice.Kind != 0 {
			event = event.Stringer("hole", e.Hole).Stringer("at", e.Splice.At)
		}
		if e.Err != nil {
			event = event.Str("error", why)
		}
	case job.Waiting:
		text = "waiting for the stream"
		event = l.log.Info().Str("why", why)
		if e.Left > 0 {
			event = event.Stringer("left", e.Left.Round(time.Second))
		}
	case job.SourceChanged:
		text = "going over to the other source"
		event = l.log.Warn().Str("url", e.Name).Str("error", why)
	case job.Moving:
		text = "the server asks to connect anew"
		event = l.log.Info()
		if e.Err != nil {
			text += ", which is not done"
			event = l.log.Warn().Str("error", why)
		}
		if e.Name != "" {
			event = event.Str("url", e.Name)
		}
	case job.TrackSilent:
		media, other := strings.ToLower(e.Media), "video"
		if media == other {
			other = "audio"
		}
		text = fmt.Sprintf("the %s has fallen silent, and the %s goes on", media, other)
		event = l.log.Warn().Stringer("duration", e.Duration.Round(time.Millisecond))
	case job.TrackBack:
		text = fmt.Sprintf("the %s is back", strings.ToLower(e.Media))
		event = l.log.Info().Stringer("duration", e.Duration.Round(time.Millisecond))
	case job.StartIgnored:
		text = "the server begins from the beginning: what is not asked for is passed over"
		event = l.log.Warn().Stringer("asked", e.Duration)
	case job.EndsEarly:
		text = fmt.Sprintf("the stream ends at %s, though its metadata says %s", clock(e.Duration), clock(e.Length))
		event = l.log.Info()
	case job.Rejoined:
		text = "going on, with no gap"
		event = l.log.Info().Stringer("at", e.Splice.At)
	case job.Jump:
		text = "the timestamps jump"
		event = l.log.Warn().Stringer("by", e.Duration)
		if e.Splice.Kind != 0 {
			text = "mended a jump of the timestamps"
			event = event.Stringer("at", e.Splice.At)
		}
	case job.Wrap, job.Loops, job.Oddity:
		text = e.Splice.Kind.String()
		event = l.log.Warn().Stringer("at", e.Splice.At)
	case job.Repeat:
		text = "left out what the server sent again"
		event = l.log.Info().Int64("tags", e.Splice.Tags).Stringer("duration", e.Duration).Stringer("at", e.Splice.At)
	case job.CodecChange:
		text = "the parameters of the stream change"
		event = l.log.Info().Str("media", job.MediaName(e.Splice.Type)).Str("from", job.CodecText(e.Splice.Old, e.Splice.Before)).Str("to", job.CodecText(e.Splice.New, e.Splice.After)).
			Bool("new_file", e.Splice.Split).Stringer("at", e.Splice.At)
	case job.FirstMedia:
		event = event.Str("media", strings.ToLower(e.Media))
	case job.FileClosed:
		switch {
		case e.Short:
			text = "a file is complete, but cut short"
			event = l.log.Error().Str("error", why)
		case e.Err != nil:
			text = "a file could not be completed"
			event = l.log.Error().Str("error", why)
		case e.Why != "":
			event = l.log.Info().Str("why", e.Why)
		case e.Seq > 1: // of a row
			event = l.log.Info()
		}
		event = event.Str("file", e.Name).Int64("bytes", e.Size).Stringer("duration", e.Duration)
	case job.Recovered:
		text = "completed a file that was left unfinished"
		event = l.log.Info().Int64("bytes", e.Size).Stringer("duration", e.Duration)
		if e.Err != nil {
			text = "cannot complete a file that was left unfinished"
			event = l.log.Warn().Str("error", why)
		}
		event = event.Str("file", e.Name)
	case job.HookFailed:
		text = fmt.Sprintf("the command for %s failed: %s", e.Name, why)
		event = l.log.Error()
	case job.HookLeft:
		text = fmt.Sprintf("the command for %s is left running", e.Name)
		event = l.log.Warn()
	case job.HooksAwaited:
		files := "1 file"
		if e.Files != 1 {
			files = fmt.Sprintf("%d files", e.Files)
		}
		text = "waiting for the command of " + files
		event = l.log.Info()
	default:
		event = event.Str("file", e.Name)
	}
	if omitted > 0 {
		event = event.Int("left_out", omitted)
	}
	event.Msg(text)
}

// clock writes a place in a stream as 1:02, or 1:01:02.
func clock(d time.Duration) string {
	s := int(d / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// Omitted logs how many events of which kinds were left out, and that no other line
// tells of.
func (l Logger) Omitted(kinds map[string]int) {
	event := l.log.Info()
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		event = event.Int(kind, kinds[kind])
	}
	event.Msg("left out of this log")
}
