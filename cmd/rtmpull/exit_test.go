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
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

// failed is the error of a recording that has no media yet.
func failed(err error) error { return &jobError{err: err} }

// useless is the error of one that has nothing that could be recorded, and vain that
// of one that was waited for.
func useless(err error) error { return &jobError{err: err, heard: true} }
func vain(err error) error    { return &jobError{err: err, patient: true, waited: 90 * time.Minute} }

// unsent is the error of a publication that has sent nothing yet.
func unsent(err error) error { return &jobError{err: err, publish: true} }

// cut is the error of a publication that has sent media, and dropped that of one
// that no server has kept for long.
func cut(err error) error     { return &jobError{err: err, media: true, publish: true} }
func dropped(err error) error { return &jobError{err: err, media: true, publish: true, brief: true} }

// password is how an authentication fails.
func password(reason error) error {
	refusal := &session.StatusError{Call: "connect", Code: "NetConnection.Connect.Rejected", Description: "[ authmod=adobe ]"}
	return conn(rtmp.PhaseConnect, &rtmp.AuthError{Mode: "adobe", Reason: reason, Refusal: refusal})
}

// broken is the error of a recording that has media.
func broken(err error) error { return &jobError{err: err, media: true} }

func conn(p rtmp.Phase, err error) error { return &rtmp.Error{Phase: p, Addr: "h:1935", Err: err} }

func dial(err error) error {
	return conn(rtmp.PhaseDial, &net.OpError{Op: "dial", Net: "tcp", Err: err})
}

func read(err error) error {
	return &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{}, Addr: &net.TCPAddr{}, Err: err}
}

func TestExit(t *testing.T) {
	refused := &session.StatusError{Call: "play", Code: "NetStream.Play.StreamNotFound", Description: "no such stream"}
	taken := &session.StatusError{Call: "publish", Code: "NetStream.Publish.BadName"}
	rejected := &session.StatusError{Call: "connect", Code: "NetConnection.Connect.Rejected"}
	quiet := &rtmp.TimeoutError{For: "media", After: 30*time.Second + 1234567}
	full := &flvout.Error{Op: "write", Path: "a.flv.part", Err: syscall.ENOSPC}
	pipe := &flvout.Error{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
	untrusted := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	misnamed := &tls.CertificateVerificationError{Err: x509.HostnameError{
		Certificate: &x509.Certificate{DNSNames: []string{"\x1b[2J\x1b[31mFAKE"}}, Host: "h",
	}}

	for _, test := range []struct {
		err    error
		status int
		text   string
		hint   string // what it has in it
	}{
		{nil, 0, "", ""},
		{errors.New("serve: no"), 1, "no", ""},
		{badUsage("want %s", "more"), 64, "want more", "rtmpull --help"},
		{&rtmp.URLError{Reason: "no host"}, 64, "no host", "rtmp://host/app/name"},

		{failed(&signalError{syscall.SIGINT}), 130, "interrupted", ""},
		{broken(&signalError{syscall.SIGTERM}), 143, "terminated", ""},
		{&signalError{syscall.SIGHUP}, 129, "hung up", ""},

		{failed(dial(&net.DNSError{Name: "h", Err: "no such host", IsNotFound: true})), 3, "there is no host named h", ""},
		{failed(dial(&net.DNSError{Name: "h", Err: "server misbehaving"})), 3, "cannot look up h: server misbehaving", ""},
		{failed(dial(os.NewSyscallError("connect", syscall.ECONNREFUSED))), 3, "cannot connect to h:1935: connection refused", ""},
		{failed(dial(os.ErrDeadlineExceeded)), 3, "cannot connect to h:1935: no answer", ""},
		{failed(dial(errors.New("odd"))), 3, "cannot connect to h:1935: odd", ""},
		{failed(conn(rtmp.PhaseDial, context.DeadlineExceeded)), 3, "cannot connect to h:1935: no answer", ""},

		{failed(conn(rtmp.PhaseTLS, tls.RecordHeaderError{Msg: "first record"})), 3, "h:1935 does not speak TLS", "rtmp://"},
		{failed(conn(rtmp.PhaseTLS, io.ErrUnexpectedEOF)), 3, "h:1935 hung up during the TLS handshake", "rtmp://"},
		{failed(conn(rtmp.PhaseTLS, context.DeadlineExceeded)), 3, "h:1935: no answer to the TLS handshake", "rtmp://"},
		{failed(conn(rtmp.PhaseTLS, untrusted)), 3, "the certificate of h:1935 is not accepted: it is signed by an unknown authority", "--ca-file"},
		{failed(conn(rtmp.PhaseTLS, misnamed)), 3, "the certificate of h:1935 is not accepted: certificate is valid for [2J [31mFAKE, not h", "another name"},
		{failed(conn(rtmp.PhaseTLS, &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")})), 3, "h:1935: tls: bad certificate", "--cert"},
		{failed(conn(rtmp.PhaseHandshake, &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")})), 3, "h:1935: tls: certificate required", "--cert"},

		{failed(conn(rtmp.PhaseHandshake, &handshake.Error{Kind: handshake.HTTP})), 3, "h:1935 answered with HTTP, not RTMP", "web server"},
		{failed(conn(rtmp.PhaseHandshake, &handshake.Error{Kind: handshake.TLS})), 3, "h:1935 answered with TLS, not RTMP", "rtmps://"},
		{failed(conn(rtmp.PhaseHandshake, &handshake.Error{Kind: handshake.RTMPE, Version: 6})), 3, "h:1935 answered with RTMPE (version 6), not RTMP", "rtmpe://"},
		{failed(conn(rtmp.PhaseHandshake, &handshake.Error{Kind: handshake.NotRTMPE, Version: 3})), 3, "h:1935 does not speak RTMPE: it answered with version 3, plain RTMP", "rtmp://, and nothing is encrypted"},
		{failed(conn(rtmp.PhaseHandshake, &handshake.Error{Kind: handshake.NotRTMPE, Version: 6})), 3, "h:1935 does not speak RTMPE: it answered with version 6, but without a digest", "rtmp://"},
		{failed(conn(rtmp.PhaseHandshake, &handshake.Error{Kind: handshake.BadKey, Version: 6})), 3, "h:1935: RTMPE's public key in S1 is one that keeps nothing secret", "rtmps://"},
		{failed(conn(rtmp.PhaseHandshake, fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, rtmp.ErrNoRTMPE))), 3, "h:1935 hung up during the handshake", "does not speak RTMPE"},
		{failed(conn(rtmp.PhaseHandshake, &handshake.Error{Kind: handshake.BadSignature})), 3, "h:1935: the signature in S2 is wrong", ""},
		{failed(conn(rtmp.PhaseHandshake, io.ErrUnexpectedEOF)), 3, "h:1935 hung up during the handshake", "rtmps://"},
		{failed(conn(rtmp.PhaseHandshake, &rtmp.TimeoutError{For: "RTMP handshake", After: 10*time.Second + 1})), 3, "h:1935: no RTMP handshake within 10s", "RTMP server"},

		{failed(conn(rtmp.PhaseTunnel, &tunnel.StatusError{Status: 404})), 3, "h:1935: the server does not tunnel RTMP there (HTTP 404 Not Found)", "rtmp://"},
		{failed(conn(rtmp.PhaseTunnel, &tunnel.ResponseError{Reason: "odd"})), 3, "h:1935: the server does not tunnel RTMP there: its answer is not understood: odd", "rtmp://"},
		{failed(conn(rtmp.PhaseTunnel, io.ErrUnexpectedEOF)), 3, "h:1935 hung up instead of opening an HTTP tunnel", "rtmp://"},
		{failed(conn(rtmp.PhaseTunnel, &rtmp.TimeoutError{For: "HTTP tunnel", After: 10 * time.Second})), 3, "h:1935: no HTTP tunnel within 10s", "rtmp://"},
		{failed(conn(rtmp.PhaseHandshake, &tunnel.StatusError{Status: 500, Begun: true})), 3, "h:1935: the server has ended the tunnel (HTTP 500 Internal Server Error)", "RTMP server"},

		{failed(conn(rtmp.PhaseConnect, refused)), 4, "h:1935 refused: play: NetStream.Play.StreamNotFound (no such stream)", "the stream may not be live now (--wait 10m waits for it), or have another name"},
		{failed(conn(rtmp.PhaseConnect, &rtmp.RedirectError{To: "rtmp://10.0.0.1/live?k=secret", Reason: errors.New("not there"), Refusal: rejected})), 4,
			`h:1935: the server leads to "rtmp://10.0.0.1/live?k=***": not there`, ""},
		{failed(conn(rtmp.PhasePlay, &session.StatusError{Call: "play"})), 4, "h:1935 refused without giving a reason", ""},
		{failed(conn(rtmp.PhasePlay, session.ErrClosed)), 4, "h:1935 closed the stream", ""},
		{failed(conn(rtmp.PhaseConnect, read(syscall.ECONNRESET))), 4, "h:1935 hung up instead of answering connect", "explain"},
		{failed(conn(rtmp.PhasePlay, io.ErrUnexpectedEOF)), 4, "h:1935 hung up instead of answering play", "explain"},
		{failed(conn(rtmp.PhaseConnect, &rtmp.TimeoutError{For: "answer to connect", After: 1500 * time.Millisecond})), 6, "h:1935: no answer to connect within 1.5s", ""},
		{failed(job.ErrNeverLive), 6, "the stream ended before any media came", "live"},
		{broken(job.ErrAstray), 1, job.ErrAstray.Error(), ""},
		{failed(&job.BeyondError{Start: 90 * time.Second}), 6, "the stream has nothing from 1m30s on", ""},
		{failed(conn(rtmp.PhaseStream, rtmp.ErrNoMedia)), 6, "h:1935: no media came", "live"},

		{broken(conn(rtmp.PhaseStream, io.ErrUnexpectedEOF)), 2, "the connection to h:1935 was lost", ""},
		{broken(&job.ShortError{At: 12_340 * time.Millisecond, Of: 2 * time.Minute}), 2, "the server ended the stream after 12.3 s of 120.0 s", ""},
		{broken(&job.LostError{Lost: conn(rtmp.PhaseStream, quiet), Last: conn(rtmp.PhaseStream, rtmp.ErrNoMedia)}), 2,
			"h:1935: no media within 30s; it could not be taken up again: h:1935: no media came", ""},
		{broken(&job.LostError{Lost: conn(rtmp.PhaseStream, quiet), Last: conn(rtmp.PhasePlay, refused)}), 2,
			"h:1935: no media within 30s; it could not be taken up again: h:1935 refused: play: NetStream.Play.StreamNotFound (no such stream)", ""},
		{broken(conn(rtmp.PhaseStream, read(os.NewSyscallError("read", syscall.ECONNRESET)))), 2, "the connection to h:1935 was lost", ""},
		{broken(conn(rtmp.PhaseStream, read(os.NewSyscallError("read", syscall.EPIPE)))), 2, "the connection to h:1935 was lost", ""},
		{broken(conn(rtmp.PhaseStream, quiet)), 2, "h:1935: no media within 30s", ""},
		{broken(conn(rtmp.PhaseStream, errors.New("chunk: bad"))), 2, "h:1935: chunk: bad", ""},
		{failed(conn(rtmp.PhaseConnect, errors.New("chunk: bad"))), 1, "h:1935: chunk: bad", ""},

		{useless(errNoKeyFrame), 1, "no key frame came", ""},
		{useless(conn(rtmp.PhaseStream, io.ErrUnexpectedEOF)), 2, "no key frame came; the connection to h:1935 was lost", ""},
		{useless(&signalError{syscall.SIGINT}), 130, "interrupted", ""},
		{vain(conn(rtmp.PhasePlay, refused)), 4, "not live within 1h30m: h:1935 refused: play: NetStream.Play.StreamNotFound (no such stream)", "have another name"},
		{vain(conn(rtmp.PhasePlay, io.ErrUnexpectedEOF)), 4, "not live within 1h30m: h:1935 hung up instead of answering play", "explain"},
		{vain(conn(rtmp.PhaseStream, quiet)), 6, "not live within 1h30m: h:1935: no media within 30s", ""},
		{vain(dial(os.NewSyscallError("connect", syscall.ECONNREFUSED))), 3, "not live within 1h30m: cannot connect to h:1935: connection refused", ""},
		{vain(&job.CommandError{Err: errors.New("exit status 1")}), 1, "not live within 1h30m: the command for the URL: exit status 1", ""},
		{vain(&signalError{syscall.SIGINT}), 130, "interrupted", ""},

		{unsent(password(rtmp.ErrNoCredentials)), 4, "h:1935 refused: the server wants a user and a password (authmod=adobe)", "RTMPULL_PASSWORD"},
		{unsent(password(rtmp.ErrWrongCredentials)), 4, "h:1935 refused: the server does not accept the user and the password (authmod=adobe)", ""},
		{unsent(password(rtmp.ErrNoSuchUser)), 4, "h:1935 refused: the server does not know the user (authmod=adobe)", ""},
		{unsent(password(rtmp.ErrAuthMode)), 4, "h:1935 refused: the server wants a kind of authentication that is not spoken (authmod=adobe)", ""},
		{failed(password(rtmp.ErrNoCredentials)), 4, "h:1935 refused: the server wants a user and a password (authmod=adobe)", "--user"},
		{unsent(conn(rtmp.PhasePublish, taken)), 4, "h:1935 refused: publish: NetStream.Publish.BadName", "under that name"},
		{unsent(conn(rtmp.PhasePublish, &session.StatusError{Call: "publish", Code: taken.Code, Description: "Already publishing"})), 4, "h:1935 refused: publish: NetStream.Publish.BadName (Already publishing)", ""},
		{unsent(conn(rtmp.PhasePublish, io.ErrUnexpectedEOF)), 4, "h:1935 hung up instead of answering publish", "explain --publish"},
		{unsent(conn(rtmp.PhaseHandshake, io.ErrUnexpectedEOF)), 3, "h:1935 hung up during the handshake", "rtmps://"},
		{unsent(conn(rtmp.PhasePublish, &rtmp.TimeoutError{For: "answer to publish", After: 30 * time.Second})), 6, "h:1935: no answer to publish within 30s", ""},
		{unsent(conn(rtmp.PhaseStream, io.ErrUnexpectedEOF)), 2, "the connection to h:1935 was lost", ""},
		{cut(conn(rtmp.PhaseStream, io.ErrUnexpectedEOF)), 2, "the connection to h:1935 was lost", ""},
		{dropped(conn(rtmp.PhaseStream, io.ErrUnexpectedEOF)), 2, "the connection to h:1935 was lost", "the name is taken"},
		{dropped(conn(rtmp.PhaseStream, session.ErrClosed)), 2, "h:1935 closed the stream", "the name is taken"},
		{cut(conn(rtmp.PhaseStream, taken)), 2, "h:1935 refused: publish: NetStream.Publish.BadName", "under that name"},
		{dropped(conn(rtmp.PhaseStream, taken)), 4, "h:1935 refused: publish: NetStream.Publish.BadName", "under that name"},
		{cut(conn(rtmp.PhaseStream, &rtmp.TimeoutError{For: "progress in sending", After: 10 * time.Second})), 2, "h:1935: no progress in sending within 10s", ""},
		{cut(&signalError{syscall.SIGTERM}), 143, "terminated", ""},
		{dropped(&signalError{syscall.SIGINT}), 130, "interrupted", ""},

		{unsent(&job.InputError{Name: "x.flv", Err: &os.PathError{Op: "open", Path: "x.flv", Err: syscall.ENOENT}}), 1, "cannot open x.flv: no such file or directory", ""},
		{unsent(&job.InputError{Name: "x.jpg", Err: &flvout.SyntaxError{Reason: "not an FLV file"}}), 1, "x.jpg: not an FLV file at offset 0", "ffmpeg"},
		{cut(&job.InputError{Name: "x.flv", Err: &flvout.SyntaxError{Reason: "no tag", Offset: 7}}), 1, "x.flv: no tag at offset 7", ""},
		{cut(&job.InputError{Name: "x.flv", Err: &job.TornError{Offset: 7, Size: 9}}), 1, "x.flv: it ends in the middle: what begins at offset 7 is cut off at 9", ""},
		{cut(&job.InputError{Name: "x.flv", Err: &os.PathError{Op: "read", Path: "x.flv", Err: syscall.EIO}}), 1, "cannot read x.flv: input/output error", ""},

		{broken(full), 5, "cannot write a.flv.part: no space left on device", ""},
		{failed(&flvout.Error{Op: "create", Path: "x/a.flv", Err: syscall.EACCES}), 5, "cannot create x/a.flv: permission denied", ""},
		{broken(errors.Join(full, conn(rtmp.PhaseStream, io.ErrUnexpectedEOF))), 5, "cannot write a.flv.part: no space left on device", ""},
		{&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}, 5, "write /dev/stdout: no space left on device", ""},
		{broken(pipe), 141, "cannot write /dev/stdout: broken pipe", ""},
		{fmt.Errorf("help: %w", syscall.EPIPE), 141, "help: broken pipe", ""},
	} {
		if got := exitStatus(test.err); got != test.status {
			t.Errorf("%v: status %d, want %d", test.err, got, test.status)
		}
		if test.err == nil {
			continue
		}
		if got := describe(test.err); got != test.text {
			t.Errorf("%v: %q, want %q", test.err, got, test.text)
		}
		got := hint(test.err, "rtmpull")
		if of, ok := errors.AsType[*jobError](test.err); ok && of.patient && strings.Contains(got, "--wait") {
			t.Errorf("%v: hint %q", test.err, got)
		}
		if test.hint == "" && got != "" || !strings.Contains(got, test.hint) {
			t.Errorf("%v: hint %q, want %q", test.err, got, test.hint)
		}
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"two  words\r\n":              "two words",
		"a\x1b[2J\x07b\u202ec\u200bd": "a [2J b c d",
		"\u00e9\xff":                  "\u00e9\ufffd",
		strings.Repeat("x", 300):      strings.Repeat("x", 300),
		strings.Repeat("x", 500) + ": the reason": strings.Repeat("x", 200) + "..." + strings.Repeat("x", 88) + ": the reason",
		"x" + strings.Repeat("é", 400):            "x" + strings.Repeat("é", 99) + "..." + strings.Repeat("é", 50),
	} {
		if got := printable(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestDescribeHidesSecrets(t *testing.T) {
	target, err := rtmp.ParseTarget("rtmp://h/live/show?token=secret")
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{"no show?token=secret", "no show?token=sec...", strings.Repeat("x", 295) + "secret"} {
		err := &jobError{err: conn(rtmp.PhasePlay, &session.StatusError{Call: "play", Description: said}), mask: obs.MaskOf(target)}
		if got := describe(err); strings.Contains(got, "sec") {
			t.Errorf("%q", got)
		}
	}
}
