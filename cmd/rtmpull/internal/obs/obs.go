// Package obs turns what happens on a connection into log events. It is the
// one place that gives the hooks of package rtmp to a logger.
package obs

import (
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// Trace logs a connection: what the server says of the stream at info, commands
// and phases at debug, every message at trace. Secrets are masked, also in what
// a server sends back of them.
func Trace(log zerolog.Logger, secrets []string) *rtmp.Trace {
	l := logger{log: log, hide: Masker(secrets)}
	t := &rtmp.Trace{Retry: l.retry, Event: l.event}
	if log.GetLevel() <= zerolog.DebugLevel {
		t.PhaseDone, t.Sent, t.Received = l.phaseDone, l.sent, l.received
	}
	return t
}

type logger struct {
	log  zerolog.Logger
	hide *strings.Replacer
}

// Masker returns a replacer that hides secrets. Those too short to be one, which
// would make holes into everything, it leaves.
func Masker(secrets []string) *strings.Replacer {
	const shortest = 4
	var pairs []string
	for _, s := range secrets {
		if len(s) >= shortest {
			pairs = append(pairs, s, "***")
		}
	}
	return strings.NewReplacer(pairs...)
}

func (l logger) phaseDone(p rtmp.Phase, took time.Duration) {
	l.log.Debug().Stringer("phase", p).Dur("ms", took).Msg("phase done")
}

func (l logger) retry(err error) {
	l.log.Warn().Str("error", l.hide.Replace(err.Error())).Msg("trying again with a cautious opening")
}

func (l logger) event(e *session.Event) {
	switch e.Kind {
	case session.Oddity:
		l.log.Debug().Str("what", l.hide.Replace(e.Description)).Msg("the server is odd")
	case session.Status, session.PlayStatus, session.ReconnectRequest:
		l.log.Debug().Str("code", e.Code).Str("severity", e.Level).
			Str("description", l.hide.Replace(e.Description)).Msg(e.Kind.String())
	default:
		l.log.Debug().Uint32("stream", e.StreamID).Msg(e.Kind.String())
	}
}

func (l logger) sent(m *message.Message)     { l.message("sent", m) }
func (l logger) received(m *message.Message) { l.message("received", m) }

func (l logger) message(what string, m *message.Message) {
	switch m.Type {
	case message.TypeCommand, message.TypeCommandAMF3:
		c, err := message.ParseCommand(m)
		if c == nil {
			l.log.Debug().Err(err).Msg(what + " a command")
			return
		}
		values := append([]amf.Value{c.Object}, c.Args...)
		text := make([]string, 0, len(values))
		for _, v := range values {
			if v != nil {
				text = append(text, amf.Format(v))
			}
		}
		l.log.Debug().Str("command", c.Name).Float64("transaction", c.TransactionID).
			Str("values", l.hide.Replace(strings.Join(text, ", "))).Msg(what)
	default:
		l.log.Trace().Stringer("type", m.Type).Uint32("ts", m.Timestamp).Int("bytes", len(m.Payload)).
			Uint32("stream", m.StreamID).Uint32("csid", m.ChunkStreamID).Msg(what)
	}
}
