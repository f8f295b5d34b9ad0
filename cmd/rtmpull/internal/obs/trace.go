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

// Trace logs a connection: commands and phases at Verbose, every message at
// Debug. Secrets are masked, also in what a server sends back of them.
func (l Logger) Trace(mask *Mask) *rtmp.Trace {
	c := connection{log: l.log, mask: mask}
	t := &rtmp.Trace{Retry: c.retry, Authenticate: c.authenticate, Redirect: c.redirect, Event: c.event}
	if l.log.GetLevel() <= zerolog.DebugLevel {
		t.PhaseDone, t.Sent, t.Received = c.phaseDone, c.sent, c.received
	}
	return t
}

type connection struct {
	log  zerolog.Logger
	mask *Mask
}

// text is what a server has said, or has a part in, as it is shown.
func (c connection) text(s string) string { return Printable(c.mask.Text(s)) }

func (c connection) phaseDone(p rtmp.Phase, took time.Duration) {
	c.log.Debug().Stringer("phase", p).Dur("ms", took).Msg("phase done")
}

func (c connection) retry(err error) {
	c.log.Warn().Str("error", c.text(err.Error())).Msg("trying again with a simpler opening")
}

func (c connection) authenticate() {
	c.log.Debug().Msg("the server asks for a user and a password")
}

func (c connection) redirect(to *rtmp.Target) {
	c.log.Info().Str("url", c.text(to.Redacted())).Msg("the server leads to another place")
}

func (c connection) event(e *session.Event) {
	switch e.Kind {
	case session.Oddity:
		c.log.Debug().Str("what", c.text(e.Description)).Msg("the server is odd")
	case session.Status, session.PlayStatus, session.ReconnectRequest:
		c.log.Debug().Str("code", c.text(e.Code)).Str("severity", c.text(e.Level)).
			Str("description", c.text(e.Description)).Msg(e.Kind.String())
	default:
		c.log.Debug().Uint32("stream_id", e.StreamID).Msg(e.Kind.String())
	}
}

func (c connection) sent(m *message.Message) { c.message("sent", m) }

func (c connection) received(m *message.Message) { c.message("received", m) }

func (c connection) message(what string, m *message.Message) {
	switch m.Type {
	case message.TypeCommand, message.TypeCommandAMF3:
		cmd, err := message.ParseCommand(m)
		if cmd == nil {
			c.log.Debug().Str("error", c.text(err.Error())).Msg(what + " a command")
			return
		}
		values := append([]amf.Value{cmd.Object}, cmd.Args...)
		text := make([]string, 0, len(values))
		for _, v := range values {
			if v != nil {
				text = append(text, c.mask.Format(v))
			}
		}
		c.log.Debug().Str("command", c.text(cmd.Name)).Float64("transaction", cmd.TransactionID).
			Str("values", atMost(strings.Join(text, ", "), maxValues)).Msg(what)
	default:
		c.log.Trace().Stringer("type", m.Type).Uint32("ts", m.Timestamp).Int("bytes", len(m.Payload)).
			Uint32("stream_id", m.StreamID).Uint32("csid", m.ChunkStreamID).Msg(what)
	}
}
