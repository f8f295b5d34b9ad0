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
	Scheme   string // in small letters
	Host     string // IPv6 without brackets
	Port     int    // 0: the scheme's
	User     string
	Password string
	App      string
	PlayPath string
}

// schemes are those of the protocols, in the order of their numbers.
var schemes = []string{"rtmp", "rtmpt", "rtmpe", "rtmpte", "rtmps", "rtmpts"}

// words writes a list.
func words(list []string) string {
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last]
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
// nothing has a limit. Space before it does not count. A scheme that is not spoken is
// an error, and not taken for rtmp. No error has a password in it.
func ParseURL(raw string) (u URL, err error) {
	scheme, rest, ok := strings.Cut(strings.TrimLeft(raw, " \t\r\n"), "://")
	switch u.Scheme = strings.ToLower(scheme); {
	case !ok:
		return URL{}, errors.New("the URL has no scheme such as rtmp://")
	case u.Scheme == "rtmfp":
		return URL{}, errors.New("rtmfp is a protocol of its own over UDP, which is not spoken")
	case !slices.Contains(schemes, u.Scheme):
		return URL{}, fmt.Errorf("%q is no scheme; %s are", rtmp.Redact(scheme), words(schemes))
	case rest == "":
		return URL{}, errors.New("the URL has nothing behind its scheme")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if err := u.parseServer(rest[:end]); err != nil {
		if strings.Contains(rest[end:], "@") { // what err quotes may be half a password
			err = errors.New("the URL's host is not understood; in a user name or password / is written %2F and ? %3F")
		}
		return URL{}, err
	}
	u.App, u.PlayPath = splitPath(strings.TrimPrefix(rest[end:], "/"))
	u.PlayPath = ProcessPlayPath(u.PlayPath)
	return u, nil
}

// Fill takes from another URL what u has none of, as of two -r the first one counts.
// Who is to log in is of the same URL as the host.
func (u *URL) Fill(from URL) {
	if u.Host == "" {
		u.Host, u.User, u.Password = from.Host, from.User, from.Password
	}
	if u.App == "" {
		u.App = from.App
	}
	if u.PlayPath == "" {
		u.PlayPath = from.PlayPath
	}
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

// TcURL is the tcUrl that rtmpdump makes if none is given: it always has a port.
func TcURL(scheme, host string, port int, app string) string {
	host, _, _ = strings.Cut(host, "%") // a zone means nothing to the server
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port)) + "/" + app
}
