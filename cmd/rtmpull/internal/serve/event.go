package serve

import (
	"net"
	"strings"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// An EventKind is what an Event is about.
type EventKind uint8

// The kinds of events, in the order of a connection's life.
const (
	Listening    EventKind = iota // Addr: the listener's
	Connected                     // Conn has come, from Addr
	Command                       // the client has sent Text
	Playing                       // Stream has begun
	Stopped                       // Stream has ended, or was stopped: Media of it was sent
	Publishing                    // Stream comes from this client from now on
	Unpublished                   // and not any more: Media of it came, Bytes
	CutOff                        // Cut has struck
	Disconnected                  // the connection is over: Bytes were sent; Err tells why, if it was not the client's wish
)

// String names the kind in a word for logs.
func (k EventKind) String() string {
	names := [...]string{
		"listening", "connected", "command", "playing", "stopped", "publishing", "unpublished", "cut off", "disconnected",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// An Event is something that happened. Which fields are set is told by its
// Kind; Conn, the number of the connection, counts from 1.
type Event struct {
	Kind   EventKind
	Conn   int
	Addr   net.Addr
	Text   string // the command and its values, one line: createStream(2, null)
	Stream string // app/name
	Media  time.Duration
	Bytes  int64
	Err    error
}

func (s *Server) tell(e Event) {
	if s.OnEvent != nil {
		s.OnEvent(e)
	}
}

// tell adds what all events of a connection have.
func (c *conn) tell(e Event) {
	e.Conn, e.Addr = c.id, c.link.RemoteAddr()
	c.server.tell(e)
}

// formatCommand writes a command as a call, with its transaction ID and object
// as first arguments, as they are on the wire.
func formatCommand(c *message.Command) string {
	values := []amf.Value{amf.Number(c.TransactionID)}
	if c.Object != nil {
		values = append(values, c.Object)
	}
	values = append(values, c.Args...)
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = amf.Format(v)
	}
	name := c.Name
	if strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}) {
		name = amf.Format(amf.String(name)) // it may be meant for a terminal
	}
	return name + "(" + strings.Join(texts, ", ") + ")"
}
