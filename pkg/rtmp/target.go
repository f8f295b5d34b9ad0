package rtmp

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A Target is a stream on a server: where it is, and what to ask for there.
// ParseTarget makes one from a URL; its fields may be changed before it is used.
type Target struct {
	Scheme   string // rtmp, rtmps, rtmpe, rtmpt, rtmpts or rtmpte
	Host     string // a name or an address, IPv6 without brackets
	Port     int    // 0: the scheme's default, 1935, 443 or 80
	User     string
	Password string

	// Public refuses addresses that are not of the public internet, once the name
	// is resolved: see PublicOnly. What a proxy resolves is not known. Redirect sets it.
	Public bool

	// SWF identifies the Flash player that we claim to be, for servers that demand SWF
	// verification. nil: such a demand is not answered.
	SWF *handshake.SWF

	// Session says what to ask the server for: App, PlayPath, and whether the stream
	// is live or recorded. An empty TcURL is made from the fields above.
	Session session.Config
}

// A URLError tells what is wrong with a stream's URL.
type URLError struct {
	Reason string
}

func (e *URLError) Error() string { return "rtmp: " + e.Reason }

func badURL(format string, args ...any) error {
	return &URLError{Reason: fmt.Sprintf(format, args...)}
}

// ParseTarget reads rtmp://[user:password@]host[:port]/app/name and decides
// where the application ends and the stream's name begins, which RTMP URLs do
// not say. The first rule that fits counts:
//
//   - "//" separates them: /a/b//c/d is application a/b, name c/d
//   - a segment _definst_ is the application's last
//   - a segment with a prefix begins the name: /live/mp4:dir/file.mp4
//   - the name is the last segment: /a/b/c is application a/b, name c
//
// A query belongs to what is before it, slashes and all, and stays in the name
// (or, after an application alone, in the application: /live?vhost=x/name).
// Nothing is decoded and no ending is cut off.
func ParseTarget(raw string) (*Target, error) {
	t, path, err := parseServer(raw)
	if err != nil {
		return nil, err
	}
	t.Session.App, t.Session.PlayPath = splitPath(strings.TrimPrefix(path, "/"))
	return t, nil
}

// parseServer reads a URL as far as the host, and returns what follows it.
func parseServer(raw string) (t *Target, path string, err error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return nil, "", badURL("%q is no URL: it has no scheme such as rtmp://", Redact(raw))
	}
	if i := strings.IndexFunc(raw, unprintable); i >= 0 {
		return nil, "", badURL("the URL has white space or a control character at position %d", i+1)
	}
	t = &Target{Scheme: strings.ToLower(scheme)}
	if _, ok := transports[t.Scheme]; !ok {
		return nil, "", badURL("%s", notSpoken(scheme))
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if err := t.parseAuthority(rest[:end]); err != nil {
		if strings.Contains(rest[end:], "@") { // what err quotes may be half a password
			return nil, "", badURL("the host is not understood; in a user name or password / is written %%2F and ? %%3F")
		}
		return nil, "", err
	}
	return t, rest[end:], nil
}

// notSpoken says what is wrong with a scheme that is not among transports.
func notSpoken(scheme string) string {
	if strings.EqualFold(scheme, "rtmfp") {
		return "rtmfp is not spoken: it is another protocol, over UDP; " + spoken() + " are"
	}
	return fmt.Sprintf("unknown scheme %q; %s are known", Redact(scheme), spoken())
}

// unprintable tells what a URL cannot contain.
func unprintable(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// parseAuthority reads [user[:password]@]host[:port].
func (t *Target) parseAuthority(s string) error {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		user, password, _ := strings.Cut(s[:i], ":")
		t.User, t.Password = unescape(user), unescape(password)
		s = s[i+1:]
	}
	port := ""
	if strings.HasPrefix(s, "[") {
		i := strings.IndexByte(s, ']')
		if i < 0 {
			return badURL("the IPv6 address has no closing bracket")
		}
		// In URLs the % before a zone is escaped (RFC 6874), or not.
		t.Host, port = strings.Replace(s[1:i], "%25", "%", 1), s[i+1:]
		address, _, _ := strings.Cut(t.Host, "%") // a zone may follow
		if ip := net.ParseIP(address); ip == nil || !strings.Contains(address, ":") {
			return badURL("%q is no IPv6 address", t.Host)
		}
	} else if strings.Count(s, ":") > 1 {
		return badURL("%q: an IPv6 address needs brackets", s)
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		t.Host, port = s[:i], s[i:]
	} else {
		t.Host = s
	}
	if t.Host == "" {
		return badURL("the URL has no host")
	}
	if port == "" || port == ":" {
		return nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(port, ":"), 10, 16)
	if err != nil || n == 0 || port[0] != ':' {
		return badURL("%q is no port; ports are 1 to 65535", strings.TrimPrefix(port, ":"))
	}
	t.Port = int(n)
	return nil
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// splitPath splits what follows the host's slash, as ParseTarget says.
func splitPath(s string) (app, name string) {
	path, query := s, ""
	if i := strings.IndexByte(s, '?'); i >= 0 {
		path, query = s[:i], s[i:]
	}
	if app, name, ok := strings.Cut(path, "//"); ok {
		return app, name + query
	}
	if strings.HasPrefix(path, "/") { // the URL had host//name
		return "", path[1:] + query
	}
	segments := strings.Split(path, "/")
	if len(segments) == 1 {
		// An application alone. What follows a slash in its query is the name.
		if i := strings.LastIndexByte(query, '/'); i >= 0 {
			return path + query[:i], query[i+1:]
		}
		return path + query, ""
	}
	n := len(segments) - 1 // of the application's segments
	for i, segment := range segments {
		if segment == "_definst_" && i > 0 {
			n = i + 1
			break
		}
		if i > 0 && hasPrefix(segment) {
			n = i
			break
		}
	}
	return strings.Join(segments[:n], "/"), strings.Join(segments[n:], "/") + query
}

// hasPrefix tells whether a segment begins with a stream type as Adobe's and
// Wowza's servers know them: mp4:, flv:, mp3:, id3:, smil:, amlst: ...
func hasPrefix(segment string) bool {
	i := strings.IndexByte(segment, ':')
	if i <= 0 {
		return false
	}
	return strings.IndexFunc(segment[:i], func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	}) < 0
}

// Address is what to dial: host and port.
func (t *Target) Address() string {
	port := t.Port
	if port == 0 {
		port = t.transport().port
	}
	return net.JoinHostPort(t.Host, strconv.Itoa(port))
}

// TcURL is the tcUrl of connect: the one that was set, or else the URL as far as
// the application, with a port only if the URL had one, as servers that compare
// it expect.
func (t *Target) TcURL() string {
	if t.Session.TcURL != "" {
		return t.Session.TcURL
	}
	server := *t
	server.Host, _, _ = strings.Cut(t.Host, "%") // a zone means nothing to the server
	return server.base() + "/" + t.Session.App
}

// base is the URL as far as the host.
func (t *Target) base() string {
	host := t.Host
	if strings.Contains(host, ":") {
		host = "[" + strings.Replace(host, "%", "%25", 1) + "]"
	}
	if t.Port != 0 {
		host += ":" + strconv.Itoa(t.Port)
	}
	return t.Scheme + "://" + host
}

// String is the stream's URL, in a form that Redacted makes fit to be shown.
func (t *Target) String() string {
	base := t.base()
	if t.User != "" || t.Password != "" {
		base = strings.Replace(base, "://", "://"+url.UserPassword(t.User, t.Password).String()+"@", 1)
	}
	path := t.Session.App + "/" + t.Session.PlayPath
	if app, name := splitPath(path); app != t.Session.App || name != t.Session.PlayPath {
		path = t.Session.App + "//" + t.Session.PlayPath
	}
	return base + "/" + path
}
