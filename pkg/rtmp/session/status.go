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
	begun                    // the stream plays, or plays again
	granted                  // the stream may be sent
	taken                    // the server has taken all of it, and takes no more
	left                     // the stream's publisher has gone, and another one may come
	halted                   // the stream is over, but a live one may begin anew
	ended                    // the stream is over, in good order
	refused                  // the server will not
	sought                   // a seek is done
	paused                   // a pause is done
	unpaused                 // a resume is done
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
	case "NetStream.Play.UnpublishNotify":
		return left
	case "NetStream.Play.Stop":
		return halted
	case "NetStream.Play.Complete":
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
	case "NetStream.Unpause.Notify":
		return unpaused
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
	if s.cfg.Role == Publish {
		return s.publishStatus(notify(dst, e), v, info)
	}
	e.Begun = v == begun
	final := false
	e.Ending, final = s.ending(v)
	dst = notify(dst, e)
	if final {
		return dst, io.EOF
	}
	switch v {
	case begun:
		s.done("play")
		s.media.resumes()
		return s.started(dst), nil
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
	case unpaused:
		s.media.resumes()
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

// ending tells whether a verdict on the stream that is played announces its end,
// or is the end. Whoever plays a live stream may yet see its publisher come back,
// or another in its place; a recorded one that stops has nothing more to come, and
// what ends before it has begun has ended for good. Of a playlist that may be the end
// of an item, until the server has said that it has played all.
func (s *Session) ending(v verdict) (announced, final bool) {
	switch {
	case v != left && v != halted && v != ended:
		return false, false
	case v == left && s.media.forgives(forgiveLeft):
		return false, false
	case s.state == Streaming && s.cfg.Playlist && !s.media.listed:
		return true, false
	case s.state != Streaming, v == ended, v == halted && s.Recorded():
		return false, true
	}
	return true, false
}

func (s *Session) handleFCUnsubscribe(dst []Reaction, _ *message.Command) ([]Reaction, error) {
	if s.cfg.Role == Publish {
		return dst, nil
	}
	e := Event{Kind: Unsubscribed, StreamID: s.streamID}
	final := false
	e.Ending, final = s.ending(left)
	dst = notify(dst, e)
	if final {
		return dst, io.EOF
	}
	return dst, nil
}
