package rtmptest

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// An Authenticator demands a user and a password of those who connect, in the
// way of Adobe's or Limelight's servers: it refuses their connections until app
// and tcUrl have a query that proves that they know the password.
//
// Its refusals come with a chunk size that the next connection must have
// forgotten.
type Authenticator struct {
	Mode           string // adobe or llnw
	User, Password string
	AtOnce         bool // asks for the proof without asking for the user before

	mu         sync.Mutex
	challenges []challenge
	first      [2]string // app and tcUrl of Demand's first connection
}

// A challenge may be met once.
type challenge struct {
	salt, text string
	token      string // opaque or nonce, by which it is known again
}

// Judge admits or refuses each connection by its query, as a real server does,
// and so can be given to any number of them. then begins after connect was
// granted.
func (a *Authenticator) Judge(then Script) Script {
	return func(p *Peer) {
		p.Handshake()
		connect := p.Expect("connect")
		app, tcURL := urls(connect)
		if i := strings.Index(app, "authmod="); i >= 0 && !strings.HasSuffix(tcURL, app[i:]) {
			p.fail("app has the query %q, but tcUrl is %q", app[i:], tcURL)
		}
		if no := a.judge(app); no != "" {
			refuse(p, connect, no)
		}
		admit(p, connect, then)
	}
}

// Demand is a script for each of the connections that a client needs. All that
// it says has to be right to the byte.
func (a *Authenticator) Demand(then Script) []Script {
	var scripts []Script
	for _, want := range a.queries() {
		scripts = append(scripts, func(p *Peer) {
			p.Handshake()
			connect := p.Expect("connect")
			app, tcURL := urls(connect)
			a.compare(p, app, tcURL, want)
			no := a.judge(app)
			switch proves := strings.Contains(want, "response="); {
			case !proves:
				refuse(p, connect, no)
			case no != "":
				p.fail("the query %q does not prove that the client knows the password %q", app, a.Password)
			}
			admit(p, connect, then)
		})
	}
	return scripts
}

// queries are what the connections add to app and tcUrl, as regular expressions.
// TOKEN is that of the last challenge.
func (a *Authenticator) queries() []string {
	user := regexp.QuoteMeta("authmod=" + a.Mode + "&user=" + a.User)
	proof := user + `&challenge=[A-Za-z0-9+/]{6}==&response=[A-Za-z0-9+/]{22}==&opaque=TOKEN`
	if a.Mode == "llnw" {
		proof = user + `&nonce=TOKEN&cnonce=[0-9a-f]{8}&nc=00000001&response=[0-9a-f]{32}`
	}
	if a.AtOnce {
		return []string{"", proof}
	}
	return []string{"", user, proof}
}

// compare fails the test if app and tcUrl are not those of the first connection
// with the query that is wanted.
func (a *Authenticator) compare(p *Peer, app, tcURL, want string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if want == "" {
		a.first = [2]string{app, tcURL}
		return
	}
	if n := len(a.challenges); n > 0 {
		want = strings.Replace(want, "TOKEN", regexp.QuoteMeta(a.challenges[n-1].token), 1)
	}
	for i, got := range []string{app, tcURL} {
		join := `\?`
		if strings.Contains(a.first[i], "?") {
			join = "&"
		}
		whole := regexp.QuoteMeta(a.first[i]) + join + want
		if !regexp.MustCompile("^(?:" + whole + ")$").MatchString(got) {
			p.fail("%s is %q, which is not %s", []string{"app", "tcUrl"}[i], got, whole)
		}
	}
}

// judge returns the description of the refusal, or nothing.
func (a *Authenticator) judge(app string) string {
	path, _, _ := strings.Cut(app, "?")
	said := make(map[string]string)
	if i := strings.Index(app, "authmod="); i >= 0 {
		for _, part := range strings.Split(app[i:], "&") {
			name, value, _ := strings.Cut(part, "=")
			said[name] = value
		}
	}
	known := said["authmod"] == a.Mode
	switch {
	case known && said["user"] != a.User:
		return a.reason("nosuchuser", "opaque=none")
	case known && said["response"] != "":
		if said["response"] == a.response(path, said) {
			return ""
		}
		if a.Mode == "llnw" {
			return a.reason("authfail", "opaque=none")
		}
		return a.reason("authfailed", "opaque=none")
	case known, a.AtOnce:
		c := a.challenge()
		if a.Mode == "llnw" {
			return a.reason("needauth", "user="+said["user"]+"&nonce="+c.token)
		}
		return a.reason("needauth", "user="+said["user"]+"&salt="+c.salt+"&challenge="+c.text+"&opaque="+c.token)
	}
	return "[ AccessManager.Reject ] : [ code=403 need auth; authmod=" + a.Mode + " ] : "
}

func (a *Authenticator) reason(reason, more string) string {
	return "[ AccessManager.Reject ] : [ authmod=" + a.Mode + " ] : ?reason=" + reason + "&" + more
}

// challenge makes a new one, with all that base64 has to trip over.
func (a *Authenticator) challenge() challenge {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := byte(len(a.challenges))
	text := func(b ...byte) string { return base64.StdEncoding.EncodeToString(append(b, n)) }
	c := challenge{text(0xfb, 0xef, 0xff), text(0xff, 0xfe, 0xbe), text(0xfb, 0xff, 0xfe)}
	a.challenges = append(a.challenges, c)
	return c
}

// response is what the proof has to be. A challenge that there is not, or not
// any more, has none.
func (a *Authenticator) response(path string, said map[string]string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, c := range a.challenges {
		if c.token == "" || c.token != said["opaque"] && c.token != said["nonce"] {
			continue
		}
		a.challenges[i] = challenge{}
		if a.Mode == "llnw" {
			return digest(path, a.User, a.Password, c.token, said["cnonce"])
		}
		inner := sum64("%s%s%s", a.User, c.salt, a.Password)
		return sum64("%s%s%s", inner, c.token, said["challenge"])
	}
	return "none"
}

// sum64 is MD5 in base64.
func sum64(format string, args ...any) string {
	h := md5.New()
	fmt.Fprintf(h, format, args...)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// digest is RFC 2617's with qop auth, for the realm live.
func digest(path, user, password, nonce, cnonce string) string {
	if strings.IndexByte(path, '/') < 0 {
		path += "/_definst_"
	}
	ha1 := md5.Sum(fmt.Appendf(nil, "%s:live:%s", user, password))
	ha2 := md5.Sum(fmt.Appendf(nil, "publish:/%s", path))
	h := md5.New()
	_, _ = io.WriteString(h, fmt.Sprintf("%x:%s:00000001:%s:auth:%x", ha1, nonce, cnonce, ha2))
	return fmt.Sprintf("%x", h.Sum(nil))
}

// urls are app and tcUrl of a connect.
func urls(connect *message.Command) (app, tcURL string) {
	o, ok := connect.Object.(*amf.Object)
	if !ok {
		return "", ""
	}
	app, _ = amf.AsString(o.Get("app"))
	tcURL, _ = amf.AsString(o.Get("tcUrl"))
	return app, tcURL
}

// refuse waits for the client to hang up: to do so first would make a RST of what
// the client has sent along, and that takes the refusal with it.
func refuse(p *Peer, connect *message.Command, description string) {
	p.Send(message.SetChunkSize(60))
	p.Error(connect, "NetConnection.Connect.Rejected", description)
	p.Linger()
}

func admit(p *Peer, connect *message.Command, then Script) {
	p.Result(connect, Info("status", "NetConnection.Connect.Success", "Connection succeeded, after all that was asked."))
	then(p)
}
