package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

func TestClass(t *testing.T) {
	conn := func(p rtmp.Phase, err error) error { return &rtmp.Error{Phase: p, Addr: "h:1935", Err: err} }
	for _, test := range []struct {
		err  error
		want string
	}{
		{conn(rtmp.PhaseDial, &net.DNSError{IsNotFound: true}), "unreachable"},
		{conn(rtmp.PhaseDial, &rtmp.TimeoutError{For: "connection"}), "unreachable"},
		{conn(rtmp.PhaseTLS, x509.UnknownAuthorityError{}), "unreachable"},
		{conn(rtmp.PhaseHandshake, io.ErrUnexpectedEOF), "unreachable"},
		{conn(rtmp.PhaseConnect, io.ErrUnexpectedEOF), "refused"},
		{conn(rtmp.PhasePlay, &session.StatusError{Code: "NetStream.Play.StreamNotFound"}), "refused"},
		{conn(rtmp.PhaseStream, &session.StatusError{Code: "NetStream.Play.Failed"}), "refused"},
		{conn(rtmp.PhaseConnect, &rtmp.AuthError{}), "refused"},
		{conn(rtmp.PhasePlay, session.ErrClosed), "refused"},
		{conn(rtmp.PhasePlay, &rtmp.TimeoutError{For: "answer to play"}), "silent"},
		{conn(rtmp.PhaseStream, rtmp.ErrNoMedia), "silent"},
		{conn(rtmp.PhaseStream, &rtmp.TimeoutError{For: "more media"}), "silent"},
		{job.ErrSilent, "silent"},
		{conn(rtmp.PhaseStream, io.ErrUnexpectedEOF), "lost"},
		{conn(rtmp.PhaseStream, syscall.ECONNRESET), "lost"},
		{conn(rtmp.PhaseStream, session.ErrClosed), "lost"},
		{conn(rtmp.PhaseStream, &chunk.FramingError{}), "protocol"},
		{conn(rtmp.PhaseStream, context.DeadlineExceeded), "lost"},
		{fmt.Errorf("wrapped: %w", job.ErrEnded), "ended"},
		{&job.ShortError{}, "ended"},
		{job.ErrMoved, "moved"},
		{&job.CommandError{Err: errors.New("exit status 1")}, "url_command"},
		{errors.New("odd"), "other"},
	} {
		if got := class(test.err); got != test.want {
			t.Errorf("%v is %q, want %q", test.err, got, test.want)
		}
	}
	if c := explainer(nil)(nil); c.Text != "" || c.Class != "" {
		t.Errorf("nothing is explained as %+v", c)
	}
	mask := obs.MaskOf(targetsOf(t, "rtmp://h/live/a?key=sesame")...)
	if c := explainer(mask)(errors.New("no sesame here")); c.Text != "no *** here" {
		t.Errorf("got %+v", c)
	}
}
