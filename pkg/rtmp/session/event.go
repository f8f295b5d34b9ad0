package session

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// An Event is something that happened in the conversation and that the layers
// above may care about.
type Event struct {
	Kind EventKind

	// Code, Level and Description are a status's, as the server sent them.
	Code, Level, Description string

	// StreamID is the message stream that a user control event is about.
	StreamID uint32

	// TcURL is where a ReconnectRequest asks to go; empty: the same place. It
	// may be relative to the present one, and is as the server sent it: not
	// checked, nor fit to be shown.
	TcURL string

	// Info is the server's information object, of Connected and Status.
	Info *amf.Object

	// Ending is a player's: the server announces that the stream is over. It may
	// take that back, by media or by an event that is Begun: many announce the end
	// of each publisher, and the next one on the same connection.
	Ending, Begun bool
}

// An EventKind says what happened.
type EventKind uint8

// The events.
const (
	Connected        EventKind = iota // connect was accepted
	Created                           // the message stream is there
	Started                           // the server says that the stream plays or may be sent, or media has come
	Status                            // any onStatus
	PlayStatus                        // onPlayStatus: a recorded stream, or an item of it, is over
	StreamBegin                       // user control events, for our stream
	StreamEOF                         //
	StreamDry                         //
	StreamIsRecorded                  //
	BufferEmpty                       // the server has sent what we said we buffer
	BufferReady                       //
	ReconnectRequest                  // Enhanced RTMP: the server wants us to connect anew
	Unsubscribed                      // onFCUnsubscribe: the publisher has left
	Oddity                            // the server did something strange; Description says what
)

// String gives the event's name.
func (k EventKind) String() string {
	return [...]string{
		"connected", "created", "started", "status", "play status", "stream begin", "stream eof",
		"stream dry", "stream is recorded", "buffer empty", "buffer ready", "reconnect request", "unsubscribed", "oddity",
	}[k]
}

func notify(dst []Reaction, e Event) []Reaction {
	return append(dst, Reaction{Do: Notify, Event: &e})
}

func oddity(dst []Reaction, format string, args ...any) []Reaction {
	return notify(dst, Event{Kind: Oddity, Description: fmt.Sprintf(format, args...)})
}

// ErrClosed is the error after the server's "close" command.
var ErrClosed = errors.New("session: the server closed the connection")

// ErrNoStreamID is the error of an answer to createStream that names no stream.
var ErrNoStreamID = errors.New("session: createStream was answered without a stream ID")

// A StatusError is the server's refusal, in its own words.
type StatusError struct {
	Call        string // connect, createStream, play, publish; empty if the server did not say what it refuses
	Code        string // NetStream.Play.StreamNotFound and the like; may be empty
	Level       string // error, status, warning; may be empty
	Description string // for people; may be empty

	// Redirect is the tcUrl of where the server wants us to go instead; empty:
	// nowhere. It is as the server sent it: not checked, nor fit to be shown.
	Redirect string
}

// Closes tells whether the server closes the connection by it, without a word on
// what was asked for.
func (e *StatusError) Closes() bool {
	return e.Code == "NetConnection.Connect.Closed" || e.Code == "NetConnection.Connect.AppShutdown"
}

func (e *StatusError) Error() string {
	var b strings.Builder
	b.WriteString("session: ")
	if e.Call != "" {
		b.WriteString(e.Call + ": ")
	}
	switch {
	case e.Code == "" && e.Description == "":
		b.WriteString("refused without a reason")
	case e.Description == "":
		b.WriteString(e.Code)
	case e.Code == "":
		b.WriteString(printable(e.Description))
	default:
		b.WriteString(e.Code + " (" + printable(e.Description) + ")")
	}
	return b.String()
}

// printable makes a server's text safe for a terminal, and short.
func printable(s string) string {
	const enough = 300
	if s = clean(s); len(s) > enough {
		s = strings.ToValidUTF8(s[:enough], "") + "..."
	}
	return s
}

// clean makes a server's text safe for a terminal.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd || 0x80 <= r && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// text is a member of an information object as printable text.
func text(o *amf.Object, name string) string {
	v, _ := amf.AsString(o.Get(name))
	return printable(v)
}

// newStatusError is the refusal in an information object. Its description is
// not made short, since it may hold a challenge that has to be answered.
func newStatusError(call string, info *amf.Object) *StatusError {
	description, _ := amf.AsString(info.Get("description"))
	return &StatusError{
		Call: call, Code: text(info, "code"), Level: text(info, "level"), Description: clean(description),
		Redirect: redirect(info),
	}
}

// redirect is the place that a refusal names, as FMS and Wowza do at connect, and
// SRS at play.
func redirect(info *amf.Object) string {
	const found = 302 // as in HTTP
	ex, _ := amf.AsObject(info.Get("ex"))
	if v := ex.Get("code"); v != nil {
		if code, ok := amf.AsNumber(v); !ok || code != found {
			return ""
		}
	}
	to, _ := amf.AsString(ex.Get("redirect"))
	return to
}
