package session

import (
	"io"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A verdict is what a status code means for the session.
type verdict uint8

const (
	noted     verdict = iota // an event, nothing more
	begun                    // the stream plays
	granted                  // the stream may be sent
	taken                    // the server has taken all of it, and takes no more
	ended                    // the stream is over, in good order
	refused                  // the server will not
	sought                   // a seek is done
	paused                   // a pause is done
	reconnect                // the server asks us to connect anew
)

// verdictOf is the table of status codes. An unknown code counts by its level.
func verdictOf(code, level string) verdict {
	switch code {
	case "NetStream.Play.Start",
		"NetStream.Play.PublishNotify":
		return begun
	case "NetStream.Publish.Start":
		return granted
	case "NetStream.Unpublish.Success":
		return taken
	case "NetStream.Play.Complete",
		"NetStream.Play.Stop",
		"NetStream.Play.UnpublishNotify":
		return ended
	case "NetStream.Failed",
		"NetStream.Play.Failed",
		"NetStream.Play.StreamNotFound",
		"NetStream.Publish.BadName",
		"NetStream.Publish.Denied",
		"NetStream.Publish.Failed",
		"NetStream.Publish.Rejected",
		"NetConnection.Connect.AppShutdown",
		"NetConnection.Connect.Closed",
		"NetConnection.Connect.Failed",
		"NetConnection.Connect.InvalidApp",
		"NetConnection.Connect.Rejected":
		return refused
	case "NetStream.Seek.Notify":
		return sought
	case "NetStream.Pause.Notify":
		return paused
	case "NetConnection.Connect.ReconnectRequest":
		return reconnect
	}
	if level == "error" {
		return refused
	}
	return noted
}

// handleStatus takes an onStatus, on whatever stream and with whatever
// transaction ID: go2rtc sends it on stream 0, gortmplib with play's ID.
func (s *Session) handleStatus(dst []Reaction, c *message.Command) ([]Reaction, error) {
	return s.status(dst, c.Info())
}

func (s *Session) status(dst []Reaction, info *amf.Object) ([]Reaction, error) {
	e := Event{
		Kind: Status, Code: text(info, "code"), Level: text(info, "level"),
		Description: text(info, "description"), Info: info,
	}
	v := verdictOf(e.Code, e.Level)
	if v == reconnect {
		e.Kind = ReconnectRequest
		e.TcURL, _ = amf.AsString(info.Get("tcUrl")) // whole: signed ones are long
	}
	dst = notify(dst, e)
	if s.cfg.Role == Publish {
		return s.publishStatus(dst, v, info)
	}
	switch v {
	case begun:
		s.done("play")
		return s.started(dst), nil
	case ended:
		return dst, io.EOF
	case refused:
		if e.Code == "NetConnection.Call.Failed" && s.blame(e.Code) == "createStream" {
			return s.tooEarly(dst), nil
		}
		return dst, newStatusError(s.waiting(), info)
	case sought:
		s.done("seek")
		s.media.seeking = false
	case paused:
		s.done("pause")
		return s.resume(dst), nil
	}
	return dst, nil
}

// waiting is the call that the conversation waits for, which is what a refusal
// by status is about.
func (s *Session) waiting() string {
	switch s.state {
	case Connecting:
		return "connect"
	case Creating:
		return "createStream"
	case Starting:
		if s.cfg.Role == Publish {
			return "publish"
		}
		return "play"
	}
	return ""
}

func (s *Session) handleFCUnsubscribe(dst []Reaction, _ *message.Command) ([]Reaction, error) {
	if s.cfg.Role == Publish {
		return dst, nil
	}
	return dst, io.EOF
}
