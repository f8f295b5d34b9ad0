package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
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
		pull   *jobError
		input  *job.InputError
	)
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &input):
		return statusFailed
	case errors.As(err, &usage), errors.As(err, &badURL):
		return statusUsage
	case errors.As(err, &signal):
		return statusSignal + int(signal.signal)
	case errors.Is(err, syscall.EPIPE) && !isConnection(err):
		return statusPipe
	case errors.As(err, &output), errors.Is(err, syscall.ENOSPC):
		return statusOutput
	case errors.As(err, &pull):
		return jobStatus(pull)
	}
	return statusFailed
}

func isConnection(err error) bool {
	var e *rtmp.Error
	return errors.As(err, &e)
}

// jobStatus is the status of a recording, or of what was published, that the
// server or the connection ended.
func jobStatus(e *jobError) int {
	var (
		conn    *rtmp.Error
		refusal *session.StatusError
		timeout *rtmp.TimeoutError
	)
	switch {
	case errors.Is(e, errEmpty), errors.Is(e, rtmp.ErrNoMedia):
		return statusNoMedia
	case e.brief && errors.As(e, &refusal):
		return statusRefused
	case e.media:
		return statusIncomplete
	case !errors.As(e, &conn):
		return statusFailed
	case e.publish && conn.Phase == rtmp.PhaseStream: // whether a frame had gone was a matter of luck
		return statusIncomplete
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
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return true
	}
	// Systems have more names for it than those.
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "read" || op.Op == "write") && !op.Timeout()
}

// printable makes a text fit for a terminal and a line of a log, whoever wrote
// it: what cannot be seen becomes a space, and of a long text, whose end may be
// the reason, the middle is left out.
func printable(s string) string {
	const head, tail = 200, 100 // bytes
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }), " ")
	if len(s) <= head+tail {
		return s
	}
	return strings.ToValidUTF8(s[:head]+"..."+s[len(s)-tail:], "") // without the halves of letters
}

// complain tells of an error, with a hint where there is one.
func complain(out io.Writer, what, hint string) {
	_, _ = fmt.Fprintf(out, "rtmpull: %s\n", what)
	giveHint(out, hint)
}

func giveHint(out io.Writer, hint string) {
	if hint != "" {
		_, _ = fmt.Fprintf(out, "hint: %s\n", hint)
	}
}

// describe says in a sentence what went wrong, without secrets.
func describe(err error) string {
	var (
		mask   obs.Mask
		pull   *jobError
		conn   *rtmp.Error
		output *flvout.Error
		badURL *rtmp.URLError
	)
	if errors.As(err, &pull) {
		mask = pull.mask
	}
	text := strings.TrimPrefix(err.Error(), "serve: ")
	switch {
	case errors.As(err, &output):
		text = fmt.Sprintf("cannot %s %s: %v", output.Op, output.Path, output.Err)
	case errors.As(err, &badURL):
		text = badURL.Reason
	case errors.As(err, &conn):
		text = describeConnection(conn, mask)
	}
	return printable(mask.Text(text))
}

func describeConnection(e *rtmp.Error, mask obs.Mask) string {
	var (
		dns     *net.DNSError
		op      *net.OpError
		call    *os.SyscallError
		refusal *session.StatusError
		timeout *rtmp.TimeoutError
		peer    *handshake.Error
		auth    *rtmp.AuthError
	)
	switch {
	case errors.As(e, &auth):
		return e.Addr + " refused: " + auth.Error()
	case errors.As(e, &dns):
		if dns.IsNotFound {
			return "there is no host named " + dns.Name
		}
		return fmt.Sprintf("cannot look up %s: %s", dns.Name, dns.Err)
	case errors.As(e, &refusal):
		said := *refusal
		said.Description = mask.Text(said.Description) // before it is cut to a length
		if said.Code == "" && said.Description == "" {
			return e.Addr + " refused without giving a reason"
		}
		return e.Addr + " refused: " + strings.TrimPrefix(said.Error(), "session: ")
	case errors.As(e, &timeout):
		after := timeout.After.Round(time.Millisecond)
		if after > time.Second { // 30s, not 30.001s
			after = after.Round(100 * time.Millisecond)
		}
		return fmt.Sprintf("%s: no %s within %v", e.Addr, timeout.For, after)
	case errors.As(e, &peer):
		text := strings.TrimPrefix(peer.Error(), "handshake: ")
		if did, ok := strings.CutPrefix(text, "the peer "); ok {
			return e.Addr + " " + did
		}
		return e.Addr + ": " + text
	case errors.Is(e, session.ErrClosed):
		return e.Addr + " closed the stream"
	case e.Phase == rtmp.PhaseDial:
		why := e.Err
		switch {
		case errors.As(e, &op) && op.Timeout(), errors.Is(e, context.DeadlineExceeded):
			return fmt.Sprintf("cannot connect to %s: no answer", e.Addr)
		case errors.As(e, &call):
			why = call.Err
		case errors.As(e, &op) && op.Err != nil:
			why = op.Err
		}
		return fmt.Sprintf("cannot connect to %s: %v", e.Addr, why)
	case e.Phase == rtmp.PhaseTLS:
		return describeTLS(e)
	case hungUp(e):
		switch e.Phase {
		case rtmp.PhaseStream:
			return "the connection to " + e.Addr + " was lost"
		case rtmp.PhaseHandshake:
			return e.Addr + " hung up during the handshake"
		}
		return fmt.Sprintf("%s hung up instead of answering %s", e.Addr, e.Phase)
	}
	return fmt.Sprintf("%s: %v", e.Addr, inner(e.Err))
}

func describeTLS(e *rtmp.Error) string {
	var (
		notTLS    tls.RecordHeaderError
		untrusted *tls.CertificateVerificationError
		unknown   x509.UnknownAuthorityError
	)
	switch {
	case errors.As(e, &notTLS):
		return e.Addr + " does not speak TLS"
	case errors.As(e, &unknown):
		return fmt.Sprintf("the certificate of %s is not accepted: it is signed by an unknown authority", e.Addr)
	case errors.As(e, &untrusted):
		return fmt.Sprintf("the certificate of %s is not accepted: %s", e.Addr, strings.TrimPrefix(untrusted.Err.Error(), "x509: "))
	case errors.Is(e, context.DeadlineExceeded):
		return e.Addr + ": no answer to the TLS handshake"
	case hungUp(e):
		return e.Addr + " hung up during the TLS handshake"
	}
	return fmt.Sprintf("%s: %v", e.Addr, inner(e.Err))
}

// inner takes the operation and the addresses off an error of a connection.
func inner(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

// hint says what might help. program is the command as it was called.
func hint(err error, program string) string { return printable(advice(err, program)) }

func advice(err error, program string) string {
	var (
		e       *rtmp.Error
		usage   *usageError
		badURL  *rtmp.URLError
		peer    *handshake.Error
		job     *jobError
		timeout *rtmp.TimeoutError
		refusal *session.StatusError
	)
	if !errors.As(err, &job) {
		job = new(jobError)
	}
	switch {
	case errors.As(err, &badURL):
		return "write rtmp://host/app/name or rtmps://host:port/app/name, an IPv6 address in brackets"
	case errors.As(err, &usage):
		return program + " --help shows how it is used"
	case errors.Is(err, rtmp.ErrNoCredentials):
		return "give them as rtmp://user:password@host/app/name, or with --user and RTMPULL_PASSWORD"
	case isOtherFormat(err):
		return "publish sends FLV, which FFmpeg makes of other files: ffmpeg -i FILE -c copy -f flv - | rtmpull publish - URL"
	case job.brief && (hungUp(err) || errors.Is(err, session.ErrClosed)):
		return "servers hang up so soon when the name is taken or the key is wrong"
	case job.publish && errors.As(err, &refusal) && refusal.Code == "NetStream.Publish.BadName" && refusal.Description == "":
		return "somebody may publish under that name already"
	case job.media:
		return "" // a long recording is no matter of a wrong flag
	case errors.As(err, &peer) && peer.Kind == handshake.TLS:
		return "the server wants TLS; try rtmps:// instead of rtmp://"
	case errors.As(err, &peer) && peer.Kind == handshake.HTTP:
		return "this is a web server's port; RTMP's is 1935"
	case errors.Is(err, rtmp.ErrNoMedia), errors.Is(err, errEmpty):
		return "the stream may not be live now, or have another name"
	case !errors.As(err, &e):
		return ""
	case e.Phase == rtmp.PhaseTLS, e.Phase == rtmp.PhaseHandshake && isAlert(err):
		return hintTLS(err)
	case e.Phase == rtmp.PhaseHandshake && (hungUp(err) || errors.As(err, &timeout)):
		return "is it an RTMP server? If it wants TLS, its URL begins with rtmps://"
	case job.publish && e.Phase > rtmp.PhaseHandshake && e.Phase < rtmp.PhaseStream && hungUp(err):
		return "servers do that when the application is unknown, the name is taken or the key is wrong; rtmpull explain --publish shows what was sent"
	case e.Phase > rtmp.PhaseHandshake && e.Phase < rtmp.PhaseStream && hungUp(err):
		return "servers do that for an application or a stream that they do not know; rtmpull explain shows what was asked for"
	}
	return ""
}

// isOtherFormat tells whether an input was no FLV from the first byte on.
func isOtherFormat(err error) bool {
	input, ok := errors.AsType[*job.InputError](err)
	if !ok {
		return false
	}
	syntax, ok := errors.AsType[*flvout.SyntaxError](input)
	return ok && syntax.Offset == 0
}

func hintTLS(err error) string {
	var (
		notTLS  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &name):
		return "the certificate is for another name; --insecure goes on all the same"
	case errors.As(err, &unknown):
		return "--ca-file names the authority to trust, --insecure goes on without one"
	case errors.As(err, &invalid):
		return "--insecure goes on all the same"
	case errors.As(err, &notTLS), hungUp(err), errors.Is(err, context.DeadlineExceeded):
		return "if the server does not speak TLS there, its URL begins with rtmp://"
	case isAlert(err):
		return "the server may want a certificate from us, or another one: --cert, --key"
	}
	return ""
}

// isAlert tells whether the server refused our TLS. What it thinks of our
// certificate it says after the TLS handshake.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}
