package rtmp

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A RedirectError tells why a server that wants us to go elsewhere is not obeyed.
type RedirectError struct {
	To      string // where, as the server put it: it may hold secrets
	Reason  error
	Refusal *session.StatusError // that said so; nil: a ReconnectRequest did
}

func (e *RedirectError) Error() string {
	const enough = 200
	to := Redact(e.To)
	if len(to) > enough {
		to = to[:enough] + "..."
	}
	return fmt.Sprintf("the server leads to %q: %v", to, e.Reason)
}

// Unwrap returns the reason and the refusal.
func (e *RedirectError) Unwrap() []error {
	if e.Refusal == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Refusal}
}

var (
	errLeadsInside  = errors.New("a public server must not lead to a private address")
	errNoReference  = errors.New("that is not understood")
	errTooManyHops  = fmt.Errorf("it is one of more than %d such places", maxHops)
	errNotPrintable = errors.New("it has white space or control characters")
)

// Redirect is the stream at another place, which the server names by a tcUrl: in
// a ReconnectRequest, or when it refuses connect. That is a whole URL, //host/app,
// /app, or an application next to ours; empty means the same place. from is the
// address of the server that says so.
//
// The application is the new tcUrl's, or ours if that ends with the host. The
// stream's name stays, query and all: it is what is wanted of the other server,
// and the one that names it knows it already. When the host changes, what was
// meant for this server alone is left out: User and Password, and of Session Auth,
// Extra, Token and UsherToken. A user and password in the new URL are the new
// server's. An explicit Session.TcURL counts as the present place, and is replaced.
//
// What is refused, with a *RedirectError: protocols that are not spoken, anything
// but TLS after rtmps and rtmpts, what is not encrypted after rtmpe and rtmpte, and a
// host on the loopback, a link or a private network after one on the public internet.
// Where that depends on what a name stands for, Public is set, and the Client refuses
// it, unless the name is resolved by a proxy that does not tell.
func (t *Target) Redirect(tcURL string, from net.Addr) (*Target, error) {
	n := *t
	if tcURL == "" {
		return &n, nil
	}
	server, path, err := t.resolve(tcURL)
	if err == nil && server != nil {
		err = n.move(server, from)
	}
	if err != nil {
		return nil, &RedirectError{To: tcURL, Reason: err}
	}
	if path = strings.TrimPrefix(path, "/"); !strings.Contains(path, "?") {
		path = strings.TrimRight(path, "/")
	}
	if path != "" {
		n.Session.App = path
	}
	if server == nil && t.Session.TcURL != "" {
		n.Session.TcURL = authority(t.Session.TcURL) + "/" + n.Session.App
	}
	return &n, nil
}

// resolve splits a tcUrl into the server, nil for the present one, and the
// application's path there.
func (t *Target) resolve(ref string) (server *Target, path string, err error) {
	if strings.ContainsFunc(ref, unprintable) {
		return nil, "", errNotPrintable
	}
	head := ref[:authorityEnd(ref)]
	switch {
	case strings.Contains(ref, "://") && strings.HasSuffix(head, ":"):
	case strings.HasPrefix(ref, "//"):
		ref = t.Scheme + ":" + ref
	case strings.HasPrefix(ref, "/"):
		return nil, ref, nil
	case head == "", strings.Contains(head, ":"), strings.HasPrefix(head, "."):
		return nil, "", errNoReference // host:port/app among them
	default:
		app, _, _ := strings.Cut(t.Session.App, "?")
		return nil, app[:strings.LastIndexByte(app, '/')+1] + ref, nil
	}
	server, path, err = parseServer(ref)
	if bad, ok := errors.AsType[*URLError](err); ok {
		err = errors.New(bad.Reason)
	}
	return server, path, err
}

// move puts another server in the place of t's, as far as it may.
func (t *Target) move(to *Target, from net.Addr) error {
	if old, now := t.transport(), to.transport(); old.tls && !now.tls || old.secret() && !now.secret() {
		return fmt.Errorf("%s must not become %s", t.Scheme, to.Scheme)
	}
	moved := !strings.EqualFold(to.Host, t.Host)
	// The same name may stand for another address by now; at the port that was asked for,
	// that is no matter of who leads there.
	if elsewhere := moved || !strings.EqualFold(to.Address(), t.Address()); elsewhere && (t.Public || OnPublicInternet(from, t.Host)) {
		if moved && isLocalHost(to.Host) {
			return errLeadsInside
		}
		t.Public = true
	}
	if s := &t.Session; moved {
		t.User, t.Password = "", ""
		s.Auth, s.Extra, s.Token, s.UsherToken = "", nil, "", ""
	}
	if to.User != "" || to.Password != "" {
		t.User, t.Password = to.User, to.Password
	}
	t.Scheme, t.Host, t.Port, t.Session.TcURL = to.Scheme, to.Host, to.Port, ""
	return nil
}

// authorityEnd is where the scheme, or the host, of a URL ends that has begun.
func authorityEnd(s string) int {
	if i := strings.IndexAny(s, "/?"); i >= 0 {
		return i
	}
	return len(s)
}

// authority is a URL as far as the host, without a user.
func authority(rawURL string) string {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	if !ok {
		return rawURL
	}
	host := rest[:authorityEnd(rest)]
	return scheme + "://" + host[strings.LastIndexByte(host, '@')+1:]
}
