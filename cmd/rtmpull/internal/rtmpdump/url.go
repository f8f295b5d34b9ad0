// Package rtmpdump knows rtmpdump's manners: how it reads a stream's URL and the
// options behind one, and what its lines on standard error look like, which other
// programs read. It knows no flags, files, clocks or connections. What it restates
// was found out by running rtmpdump, and the words of it are its own, but for those
// lines that programs look for.
package rtmpdump

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// A URL is a stream's URL as rtmpdump reads it. What it does not say is empty.
type URL struct {
	Scheme   string // rtmp, rtmpt, rtmpe, rtmpte, rtmps or rtmpts; another one along with a SchemeError
	Host     string // IPv6 without brackets
	Port     int    // 0: the scheme's
	User     string
	Password string
	App      string
	PlayPath string

	// TcURL is the URL as far as the application, without a user and a password,
	// and with a port if there was one: the tcUrl of a URL with options.
	TcURL string
}

// A SchemeError tells that a URL's scheme is none that can be spoken. The rest of
// the URL is read all the same, for who has the protocol from elsewhere.
type SchemeError struct{ Scheme string }

func (e *SchemeError) Error() string {
	if e.Scheme == "rtmfp" {
		return "rtmfp is a protocol of its own over UDP, which is not spoken"
	}
	return fmt.Sprintf("%q is no scheme; %s are", rtmp.Redact(e.Scheme), words(schemes))
}

// schemes are those of the protocols' numbers, as -l takes them.
var schemes = []string{"rtmp", "rtmpt", "rtmpe", "rtmpte", "rtmps", "rtmpts"}

// words writes a list.
func words(list []string) string {
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

// Scheme is that of a protocol's number; ok tells whether there is one.
func Scheme(protocol int) (_ string, ok bool) {
	if protocol < 0 || protocol >= len(schemes) {
		return "", false
	}
	return schemes[protocol], true
}

// ParseURL reads a URL and decides as rtmpdump where the application ends and the
// stream's name begins. The first rule that fits counts:
//
//   - /app?...slist=name: all of it is the application
//   - /ondemand/name: the application is ondemand
//   - the application has three segments at most, and leaves one for the name
//
// Slashes of the query count as well, which puts the query of /app?key=k/name where
// it belongs; but not where that would make an application of a file, as in
// /app/v.mp4?t=a/b, or cut a URL in two, as in /app/name?u=http://x/y.
//
// In addition a URL may have user:password@ and an IPv6 address in brackets, and
// nothing has a limit. The warnings are about what is read in a way that may not
// have been meant. The error is a *SchemeError if there is nothing else wrong.
func ParseURL(raw string) (u URL, warnings []string, err error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return URL{}, nil, errors.New("the URL has no scheme such as rtmp://")
	}
	if rest == "" {
		return URL{}, nil, errors.New("the URL has nothing behind its scheme")
	}
	u.Scheme = strings.ToLower(scheme)
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if err := u.parseServer(rest[:end]); err != nil {
		if strings.Contains(rest[end:], "@") { // what err quotes may be half a password
			err = errors.New("the URL's host is not understood; in a user name or password / is written %2F and ? %3F")
		}
		return URL{}, nil, err
	}
	path := strings.TrimPrefix(rest[end:], "/")
	var name string
	u.App, name = splitPath(path)
	u.PlayPath = ProcessPlayPath(name)
	u.TcURL = u.Scheme + "://" + rest[strings.LastIndexByte(rest[:end], '@')+1:end] + "/" + u.App
	if i := strings.IndexByte(raw, ' '); i >= 0 && strings.Contains(raw[i:], "=") {
		warnings = append(warnings, "what follows the space in the URL is taken for a part of it; options behind a URL are for -i")
	}
	if !slices.Contains(schemes, u.Scheme) {
		return u, warnings, &SchemeError{u.Scheme}
	}
	return u, warnings, nil
}

// parseServer reads [user[:password]@][host][:port]. Both may be given elsewhere, and
// port 0 is the scheme's.
func (u *URL) parseServer(s string) error {
	at := strings.LastIndexByte(s, '@') + 1
	host := s[at:]
	if i := strings.LastIndexByte(host, ':'); i >= 0 && i > strings.LastIndexByte(host, ']') && strings.Trim(host[i+1:], "0") == "" {
		host = host[:i]
	}
	none := host == "" || host[0] == ':' && strings.Count(host, ":") == 1
	if none {
		host = "none" + host
	}
	t, err := rtmp.ParseTarget("rtmp://" + s[:at] + host)
	if bad, ok := errors.AsType[*rtmp.URLError](err); ok {
		return errors.New(bad.Reason)
	} else if err != nil {
		return err
	}
	u.Host, u.Port, u.User, u.Password = t.Host, t.Port, t.User, t.Password
	if none {
		u.Host = ""
	}
	return nil
}

// splitPath splits what follows the host's slash. The name is as the URL has it.
func splitPath(path string) (app, name string) {
	_, query, _ := strings.Cut(path, "?")
	switch i := strings.IndexByte(path, '?'); {
	case strings.Contains(query, "slist="):
		return path, path[i:]
	case strings.HasPrefix(path, "ondemand/"):
		return "ondemand", path[len("ondemand/"):]
	}
	app, name = cutSegments(path)
	file, ofApp, ok := strings.Cut(app, "?")
	if !ok {
		return app, name
	}
	// The query was cut. If that cannot be, it stays whole, behind the name.
	if i := strings.LastIndexByte(file, '/'); i >= 0 && (isFile(file[i+1:]) || insideURL(ofApp, name)) {
		app, name = cutSegments(file)
		return app, name + "?" + query
	}
	return app, name
}

// cutSegments cuts behind three segments, or before the last one if there are fewer
// than that to leave one over. What has no slash is an application.
func cutSegments(path string) (app, name string) {
	cut := len(path)
	for n, at := 0, 0; n < 3; n++ {
		i := strings.IndexByte(path[at:], '/')
		if i < 0 {
			break
		}
		cut = at + i
		at = cut + 1
	}
	return path[:cut], strings.TrimPrefix(path[cut:], "/")
}

// isFile tells whether a segment is a stream's name and no application: it has a
// file's ending, or a prefix that says how it is stored.
func isFile(segment string) bool {
	if len(segment) >= 4 && slices.Contains([]string{".mp4", ".f4v", ".mp3", ".flv"}, segment[len(segment)-4:]) {
		return true
	}
	prefix, _, ok := strings.Cut(segment, ":")
	return ok && slices.Contains([]string{"mp4", "mp3", "flv", "id3"}, prefix)
}

// insideURL tells whether what was cut in two is a URL in a query.
func insideURL(before, behind string) bool {
	return strings.Contains(before, "://") || strings.HasSuffix(before, ":/") ||
		strings.HasSuffix(before, ":") && strings.HasPrefix(behind, "/")
}

// TcURL is the tcUrl that rtmpdump makes of a URL without options, of the options
// and of the defaults: it always has a port.
func TcURL(scheme, host string, port int, app string) string {
	host, _, _ = strings.Cut(host, "%") // a zone means nothing to the server
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port)) + "/" + app
}
