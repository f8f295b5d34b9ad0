package main

import (
	"errors"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// explainer says why a stream is not there, without secrets: in words, and as a
// class.
func explainer(mask *obs.Mask) ui.Explain {
	return func(err error) ui.Cause {
		if err == nil {
			return ui.Cause{}
		}
		return ui.Cause{Text: describe(&jobError{err: err, mask: mask}), Class: class(err)}
	}
}

// class is the kind of setback that an error is, for programs.
func class(err error) string {
	var (
		conn    *rtmp.Error
		refusal *session.StatusError
		auth    *rtmp.AuthError
		timeout *rtmp.TimeoutError
		command *job.CommandError
		framing *chunk.FramingError
		syntax  *amf.SyntaxError
		short   *job.ShortError
	)
	errors.As(err, &conn)
	switch {
	case errors.Is(err, job.ErrEnded), errors.As(err, &short):
		return "ended"
	case errors.Is(err, job.ErrMoved):
		return "moved"
	case errors.As(err, &command):
		return "url_command"
	case errors.As(err, &refusal), errors.As(err, &auth):
		return "refused"
	case conn != nil && conn.Phase <= rtmp.PhaseHandshake:
		return "unreachable"
	case errors.Is(err, job.ErrSilent), errors.Is(err, rtmp.ErrNoMedia), errors.As(err, &timeout):
		return "silent"
	case errors.As(err, &framing), errors.As(err, &syntax):
		return "protocol"
	case conn != nil && conn.Phase < rtmp.PhaseStream && (hungUp(err) || errors.Is(err, session.ErrClosed)):
		return "refused"
	case conn != nil:
		return "lost"
	}
	return "other"
}
