package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/proxy"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// hint says what might help. program is the command as it was called.
func hint(err error, program string) string { return printable(advice(err, program)) }

func advice(err error, program string) string {
	var (
		beyond  *job.BeyondError
		e       *rtmp.Error
		usage   *usageError
		badURL  *rtmp.URLError
		peer    *handshake.Error
		of      *jobError
		timeout *rtmp.TimeoutError
		refusal *session.StatusError
	)
	if !errors.As(err, &of) {
		of = new(jobError)
	}
	switch {
	case errors.As(err, &badURL):
		return "write rtmp://host/app/name or rtmps://host:port/app/name, an IPv6 address in brackets"
	case errors.As(err, &usage):
		return program + " --help shows how it is used"
	case errors.Is(err, proxy.ErrAuth):
		return "give them as in --proxy socks5h://user:password@host:1080; --proxy @FILE reads that from there"
	case errors.Is(err, rtmp.ErrNoCredentials):
		return "give them as rtmp://user:password@host/app/name, or with --user and RTMPULL_PASSWORD"
	case errors.Is(err, flvout.ErrNotFLV):
		return "with --output what FLV there is in it is written to another file"
	case isOtherFormat(err):
		return "publish sends FLV, which FFmpeg makes of other files: ffmpeg -i FILE -c copy -f flv - | rtmpull publish - URL"
	case of.brief && (hungUp(err) || errors.Is(err, session.ErrClosed)):
		return "servers hang up so soon when the name is taken or the key is wrong; with --retry it is tried again all the same"
	case of.publish && errors.As(err, &refusal) && refusal.Code == "NetStream.Publish.BadName" && refusal.Description == "":
		return "somebody may publish under that name already"
	case of.media, of.heard:
		return "" // a long recording is no matter of a wrong flag
	case errors.As(err, &peer) && peer.Kind == handshake.TLS:
		return "the server wants TLS; try rtmps:// instead of rtmp://"
	case errors.As(err, &peer) && peer.Kind == handshake.HTTP:
		return "this is a web server's port; RTMP's is 1935, and if it tunnels RTMP its URL begins with rtmpt://"
	case errors.As(err, &peer) && peer.Kind == handshake.RTMPE:
		return "the server wants RTMPE; try rtmpe:// instead of rtmp://"
	case errors.As(err, &peer) && peer.Kind == handshake.NotRTMPE, errors.Is(err, rtmp.ErrNoRTMPE):
		return "if the server does not speak RTMPE there, its URL begins with rtmp://, and nothing is encrypted, or with rtmps://"
	case errors.As(err, &peer) && peer.Kind == handshake.BadKey:
		return "RTMPE cannot be had there, for want of care or of honesty; if the server has TLS, its URL begins with rtmps://"
	case errors.As(err, &beyond):
		return ""
	case errors.Is(err, rtmp.ErrNoMedia):
		return notLive(of)
	case errors.As(err, &refusal) && refusal.Code == "NetStream.Play.StreamNotFound":
		return notLive(of)
	case !errors.As(err, &e):
		return ""
	case e.Phase == rtmp.PhaseTLS, e.Phase == rtmp.PhaseHandshake && isAlert(err):
		return hintTLS(err)
	case e.Phase == rtmp.PhaseTunnel:
		return "if the server speaks RTMP there without HTTP, its URL begins with rtmp:// or rtmps://"
	case e.Phase == rtmp.PhaseHandshake && (hungUp(err) || errors.As(err, &timeout)):
		return "is it an RTMP server? If it wants TLS, its URL begins with rtmps://"
	case of.publish && e.Phase > rtmp.PhaseHandshake && e.Phase < rtmp.PhaseStream && hungUp(err):
		return "servers do that when the application is unknown, the name is taken or the key is wrong; rtmpull explain --publish shows what was sent"
	case e.Phase > rtmp.PhaseHandshake && e.Phase < rtmp.PhaseStream && hungUp(err):
		text := "servers do that for an application or a stream that they do not know, or that is not live; rtmpull explain shows what was asked for"
		if !of.patient {
			text += ", --wait 10m waits"
		}
		return text
	}
	return ""
}

func notLive(e *jobError) string {
	if e.patient {
		return "the stream may have another name"
	}
	return "the stream may not be live now (--wait 10m waits for it), or have another name"
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
