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
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/proxy"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/swf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

// printable makes a text fit to be shown, whoever wrote it.
func printable(s string) string { return obs.Printable(s) }

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
	text := reason(err)
	if pull, ok := errors.AsType[*jobError](err); ok {
		text = printable(preface(pull) + text)
	}
	return text
}

// preface is what makes of a failed connection a failed recording.
func preface(e *jobError) string {
	switch status := exitStatus(e); {
	case status == statusIncomplete && e.heard && !e.media:
		return errNoKeyFrame.Error() + "; "
	case e.waited > 0 && (status == statusFailed || status == statusConnect || status == statusRefused || status == statusNoMedia):
		return "not live within " + (*durationValue)(&e.waited).String() + ": "
	}
	return ""
}

func reason(err error) string {
	var (
		mask   *obs.Mask
		pull   *jobError
		conn   *rtmp.Error
		output *flvout.Error
		badURL *rtmp.URLError
		which  *urlError
		player *swf.Error
	)
	if errors.As(err, &pull) {
		mask = pull.mask
	}
	if lost, ok := errors.AsType[*job.LostError](err); ok {
		return describe(&jobError{err: lost.Lost, mask: mask}) + "; it could not be taken up again: " +
			describe(&jobError{err: lost.Last, mask: mask})
	}
	text := strings.TrimPrefix(err.Error(), "serve: ")
	switch {
	case errors.As(err, &output):
		text = fmt.Sprintf("cannot %s %s: %v", output.Op, output.Path, output.Err)
	case errors.As(err, &which):
		text = which.Error()
	case errors.As(err, &badURL):
		text = badURL.Reason
	case errors.As(err, &player):
		text = describePlayer(player)
	case errors.As(err, &conn):
		text = describeConnection(conn, mask)
	}
	return printable(mask.Text(text))
}

func describeConnection(e *rtmp.Error, mask *obs.Mask) string {
	var (
		dns     *net.DNSError
		op      *net.OpError
		call    *os.SyscallError
		refusal *session.StatusError
		timeout *rtmp.TimeoutError
		peer    *handshake.Error
		auth    *rtmp.AuthError
		away    *rtmp.RedirectError
		via     *proxy.Error
		status  *tunnel.StatusError
	)
	switch {
	case errors.As(e, &via):
		return describeProxy(e.Addr, via)
	case errors.As(e, &auth):
		return e.Addr + " refused: " + auth.Error()
	case errors.As(e, &away):
		return e.Addr + ": " + away.Error()
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
	case errors.As(e, &status):
		return e.Addr + ": " + status.Error()
	case hungUp(e):
		switch e.Phase {
		case rtmp.PhaseStream:
			return "the connection to " + e.Addr + " was lost"
		case rtmp.PhaseTunnel:
			return e.Addr + " hung up instead of opening an HTTP tunnel"
		case rtmp.PhaseHandshake:
			return e.Addr + " hung up during the handshake"
		}
		return fmt.Sprintf("%s hung up instead of answering %s", e.Addr, e.Phase)
	}
	return fmt.Sprintf("%s: %v", e.Addr, inner(e.Err))
}

// describeProxy says why a proxy did not lead to a server.
func describeProxy(addr string, e *proxy.Error) string {
	var (
		dns       *net.DNSError
		untrusted *tls.CertificateVerificationError
	)
	which := "the proxy " + e.Proxy
	switch {
	case errors.As(e, &untrusted):
		return fmt.Sprintf("the certificate of %s is not accepted: %s", which, strings.TrimPrefix(untrusted.Err.Error(), "x509: "))
	case e.Kind == proxy.Unreachable && errors.As(e, &dns) && dns.IsNotFound:
		return "there is no host named " + dns.Name + ", where the proxy is to be"
	case e.Kind == proxy.Unreachable:
		return fmt.Sprintf("cannot connect to %s: %v", which, e.Err)
	case e.Kind == proxy.Denied:
		return fmt.Sprintf("%s refused: %v", which, e.Err)
	case e.Kind == proxy.Failed:
		return fmt.Sprintf("%s cannot connect to %s: %v", which, addr, e.Err)
	}
	return fmt.Sprintf("%s is of no use: %v", which, e.Err)
}

// describePlayer says why there is no player to be verified.
func describePlayer(e *swf.Error) string {
	var (
		dns       *net.DNSError
		call      *os.SyscallError
		via       *proxy.Error
		untrusted *tls.CertificateVerificationError
	)
	why := e.Unwrap().Error()
	switch {
	case errors.As(e, &via):
		why = describeProxy("its server", via)
	case errors.As(e, &dns) && dns.IsNotFound:
		why = "there is no host named " + dns.Name
	case errors.As(e, &untrusted):
		why = "the certificate of its server is not accepted: " + strings.TrimPrefix(untrusted.Err.Error(), "x509: ")
	case errors.As(e, &call):
		why = call.Err.Error()
	}
	switch {
	case e.URL == "":
		return "--swfVfy: " + why
	case e.Stale:
		return fmt.Sprintf("the player %s could not be asked for, and is taken from memory: %s", e.URL, why)
	}
	return fmt.Sprintf("cannot fetch the player %s: %s", e.URL, why)
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
