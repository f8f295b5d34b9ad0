package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// The exit statuses. 0 to 3 have rtmpdump's sense.
const (
	statusOK         = 0
	statusFailed     = 1
	statusIncomplete = 2
	statusConnect    = 3
	statusRefused    = 4
	statusOutput     = 5
	statusNoMedia    = 6
	statusUsage      = 64
	statusSignal     = 128 // plus the signal's number
	statusPipe       = statusSignal + int(syscall.SIGPIPE)
)

// errEmpty is the error of a stream that ended in good order before it began.
var errEmpty = errors.New("the stream ended before any media came")

// exitStatus is the one place that turns errors into statuses.
func exitStatus(err error) int {
	var (
		usage  *usageError
		badURL *rtmp.URLError
		signal *signalError
		output *flvout.Error
		pull   *pullError
	)
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &usage), errors.As(err, &badURL):
		return statusUsage
	case errors.As(err, &signal):
		return statusSignal + int(signal.signal)
	case errors.Is(err, syscall.EPIPE) && !isConnection(err):
		return statusPipe
	case errors.As(err, &output):
		return statusOutput
	case errors.As(err, &pull):
		return pullStatus(pull)
	}
	return statusFailed
}

func isConnection(err error) bool {
	var e *rtmp.Error
	return errors.As(err, &e)
}

// pullStatus is the status of a recording that the server or the connection
// ended.
func pullStatus(e *pullError) int {
	var (
		conn    *rtmp.Error
		refusal *session.StatusError
		timeout *rtmp.TimeoutError
	)
	switch {
	case errors.Is(e, errEmpty), errors.Is(e, rtmp.ErrNoMedia):
		return statusNoMedia
	case e.media:
		return statusIncomplete
	case !errors.As(e, &conn):
		return statusFailed
	case conn.Phase <= rtmp.PhaseHandshake:
		return statusConnect
	case errors.As(e, &refusal), errors.Is(e, session.ErrClosed), hungUp(e):
		return statusRefused
	case errors.As(e, &timeout):
		return statusNoMedia
	}
	return statusFailed
}

// hungUp tells whether the server closed the connection without a word.
func hungUp(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// complain tells of an error, with a hint where there is one.
func complain(out io.Writer, err error) {
	_, _ = fmt.Fprintf(out, "rtmpull: %s\n", describe(err))
	if h := hint(err); h != "" {
		_, _ = fmt.Fprintf(out, "hint: %s\n", h)
	}
}

// describe says in a sentence what went wrong.
func describe(err error) string {
	var e *rtmp.Error
	var output *flvout.Error
	switch {
	case errors.As(err, &output):
		return output.Error()
	case errors.As(err, &e):
		return describeConnection(e)
	}
	return err.Error()
}

func describeConnection(e *rtmp.Error) string {
	var (
		dns     *net.DNSError
		op      *net.OpError
		refusal *session.StatusError
		timeout *rtmp.TimeoutError
		peer    *handshake.Error
	)
	switch {
	case errors.As(e, &dns):
		if dns.IsNotFound {
			return "there is no host named " + dns.Name
		}
		return fmt.Sprintf("cannot look up %s: %s", dns.Name, dns.Err)
	case errors.As(e, &refusal):
		return fmt.Sprintf("%s refused: %v", e.Addr, refusal)
	case errors.As(e, &timeout):
		return fmt.Sprintf("%s: %v", e.Addr, timeout)
	case errors.As(e, &peer):
		return fmt.Sprintf("%s: %v", e.Addr, peer)
	case errors.Is(e, session.ErrClosed):
		return e.Addr + ": the server closed the stream"
	case hungUp(e):
		switch {
		case e.Phase == rtmp.PhaseStream:
			return "the connection to " + e.Addr + " was lost"
		case e.Phase <= rtmp.PhaseHandshake:
			return e.Addr + " hung up during the " + e.Phase.String()
		}
		return fmt.Sprintf("%s hung up instead of answering %s", e.Addr, e.Phase)
	case e.Phase == rtmp.PhaseDial:
		if errors.As(e, &op) && op.Err != nil {
			if op.Timeout() {
				return fmt.Sprintf("cannot connect to %s: no answer", e.Addr)
			}
			return fmt.Sprintf("cannot connect to %s: %v", e.Addr, op.Err)
		}
		return fmt.Sprintf("cannot connect to %s: %v", e.Addr, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Addr, e.Err)
}

// hint says what might help.
func hint(err error) string {
	var (
		e         *rtmp.Error
		usage     *usageError
		badURL    *rtmp.URLError
		peer      *handshake.Error
		notTLS    tls.RecordHeaderError
		untrusted *tls.CertificateVerificationError
		name      x509.HostnameError
	)
	switch {
	case errors.As(err, &usage), errors.As(err, &badURL):
		return "rtmpull --help shows how it is used, rtmpull explain URL how a URL is understood"
	case errors.As(err, &name):
		return "the certificate is for another name; --insecure goes on all the same"
	case errors.As(err, &untrusted):
		return "--ca-file names the authority to trust, --insecure goes on without one"
	case errors.As(err, &notTLS):
		return "the server does not speak TLS there; try rtmp:// instead of rtmps://"
	case errors.As(err, &peer) && peer.Kind == handshake.TLS:
		return "the server wants TLS; try rtmps:// instead of rtmp://"
	case errors.As(err, &peer) && peer.Kind == handshake.HTTP:
		return "this is a web server's port; RTMP's is 1935"
	case errors.Is(err, rtmp.ErrNoMedia), errors.Is(err, errEmpty):
		return "the stream may not be live now, or have another name"
	case errors.As(err, &e) && e.Phase > rtmp.PhaseHandshake && e.Phase < rtmp.PhaseStream && hungUp(err):
		return "servers do that for an application or a stream that they do not know; rtmpull explain shows what was asked for"
	}
	return ""
}
