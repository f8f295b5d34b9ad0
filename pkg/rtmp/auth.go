package rtmp

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// Why a server that demands authentication was not given what it wants; the
// reasons of an AuthError.
var (
	ErrNoCredentials    = errors.New("the server wants a user and a password")
	ErrWrongCredentials = errors.New("the server does not accept the user and the password")
	ErrNoSuchUser       = errors.New("the server does not know the user")
	ErrAuthMode         = errors.New("the server wants a kind of authentication that is not spoken")
)

var (
	errDemand   = errors.New("the server's demand for authentication is not understood")
	errUserName = errors.New("the user name has characters that cannot be sent")
)

// An AuthError is the end of an authentication that did not succeed. It wraps
// its Reason and the refusal, and its text has nothing of either side's secrets.
type AuthError struct {
	Mode    string               // the server's authmod: adobe, llnw, or one that is not spoken
	Reason  error                // ErrNoCredentials and the like
	Refusal *session.StatusError // without the values that the server sent along
}

func (e *AuthError) Error() string { return e.Reason.Error() + " (authmod=" + e.Mode + ")" }

// Unwrap returns the reason and the refusal.
func (e *AuthError) Unwrap() []error { return []error{e.Reason, e.Refusal} }

// An authentication answers a server's demands for a user and a password, which
// it makes by refusing connect, one connection after the other. It belongs to
// one attempt to open a stream.
//
// The user name goes out as it is, as librtmp and ffmpeg send it: one with & or
// = in it is a server's to make sense of. One that no server could is not sent.
type authentication struct {
	user, password string
	nonce          func() [4]byte // nil: random

	asked    bool // the first demand, for a user, was met
	answered bool // the second one, for proof of the password, was met
}

// answer takes the refusal of connect and returns the query that the next
// connection adds to the app and tcUrl that the first one had. Without an error,
// not to retry means that the refusal is no demand for authentication.
//
// A server asks for the user first and then for proof of the password, or for
// that at once. What it demands twice was wrong.
func (a *authentication) answer(refusal *session.StatusError, app string) (query string, retry bool, err error) {
	d, ok := parseDemand(refusal.Description)
	if !ok {
		return "", false, nil
	}
	// Those who publish to Akamai are used to write this much into the URL.
	given := strings.Contains(app, "authmod="+d.mode)
	if reason := a.refuse(&d, given); reason != nil {
		return "", false, &AuthError{d.mode, reason, withoutValues(refusal)}
	}
	if !given {
		query = "authmod=" + d.mode + "&user=" + a.user
	}
	if d.reason == "" {
		a.asked = true
		return query, true, nil
	}
	a.answered = true
	proof := a.adobe(&d)
	if d.mode == "llnw" {
		proof = a.llnw(&d, app)
	}
	if !given {
		query += "&"
	}
	return query + proof, true, nil
}

// refuse tells why a demand cannot be met. given: its user is in the URL.
func (a *authentication) refuse(d *demand, given bool) error {
	switch {
	case d.mode != "adobe" && d.mode != "llnw":
		return ErrAuthMode
	case d.reason == "nosuchuser":
		return ErrNoSuchUser
	case d.reason == "authfailed", d.reason == "authfail": // adobe, llnw
		return ErrWrongCredentials
	case d.unfit, d.reason != "" && d.reason != "needauth":
		return errDemand
	case a.user == "" || a.password == "":
		return ErrNoCredentials
	case unfit(a.user):
		return errUserName
	case a.answered, d.reason == "" && (a.asked || given):
		return ErrWrongCredentials
	}
	return nil
}

func (a *authentication) random() [4]byte {
	var b [4]byte
	if a.nonce != nil {
		return a.nonce()
	}
	_, _ = rand.Read(b[:]) // never fails
	return b
}

// adobe is the proof of the password by two rounds of MD5 in base64.
func (a *authentication) adobe(d *demand) string {
	encode := base64.StdEncoding.EncodeToString
	hash := func(s string) string {
		sum := md5.Sum([]byte(s))
		return encode(sum[:])
	}
	random := a.random()
	challenge, theirs := encode(random[:]), d.opaque
	if theirs == "" {
		theirs = d.challenge
	}
	response := hash(hash(a.user+d.salt+a.password) + theirs + challenge)
	return "challenge=" + challenge + "&response=" + response + "&opaque=" + d.opaque
}

// llnw is the proof of the password as in HTTP's digest authentication.
func (a *authentication) llnw(d *demand, app string) string {
	hash := func(s string) string {
		sum := md5.Sum([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	path, _, _ := strings.Cut(app, "?")
	if !strings.Contains(path, "/") {
		path += "/_definst_"
	}
	const nc = "00000001"
	random := a.random()
	cnonce := hex.EncodeToString(random[:])
	response := hash(hash(a.user+":live:"+a.password) + ":" + d.nonce + ":" + nc + ":" + cnonce + ":auth:" +
		hash("publish:/"+path))
	return "nonce=" + d.nonce + "&cnonce=" + cnonce + "&nc=" + nc + "&response=" + response
}

// maxDemand is how long a description may be that is answered.
const maxDemand = 4 << 10

// A demand is what the description of a refusal asks for, in one of the forms
//
//	[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] :
//	[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=joe&salt=...
type demand struct {
	mode   string
	reason string // empty in the first form
	unfit  bool   // not to be answered, whatever it says

	salt, challenge, opaque string // adobe's
	nonce                   string // llnw's
}

// parseDemand finds what matters and lets servers differ in brackets, spaces and
// words around it. Values are taken as they are: nothing is decoded.
func parseDemand(description string) (d demand, ok bool) {
	_, rest, ok := strings.Cut(description, "authmod=")
	if !ok {
		return d, false
	}
	d.mode = strings.ToLower(word(rest))
	query := ""
	if i := strings.Index(description, "?reason="); i >= 0 {
		query = strings.TrimSpace(description[i+1:])
	}
	d.unfit = len(description) > maxDemand
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "reason":
			d.reason = word(value)
		case "salt":
			d.salt = value
		case "challenge":
			d.challenge = value
		case "opaque":
			d.opaque = value
		case "nonce":
			d.nonce = value
		}
	}
	for _, value := range []string{d.salt, d.challenge, d.opaque, d.nonce} {
		// A space is what package session makes of a control character.
		d.unfit = d.unfit || unfit(value) || strings.Contains(value, " ")
	}
	return d, true
}

// word is the first word of a text, as far as one is reasonably long.
func word(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
	if end < 0 {
		end = len(s)
	}
	return s[:min(end, 32)]
}

// unfit tells whether a text must not be made part of a URL at all.
func unfit(s string) bool {
	return !utf8.ValidString(s) || strings.IndexFunc(s, unicode.IsControl) >= 0
}

// withoutValues is a refusal that may be shown: who has salt, challenge and
// response can try passwords at leisure.
func withoutValues(refusal *session.StatusError) *session.StatusError {
	shown := *refusal
	shown.Description, _, _ = strings.Cut(shown.Description, "&")
	return &shown
}

// withQuery adds a query, which begins with a name, to an app or a tcUrl.
func withQuery(s, query string) string {
	switch {
	case query == "", strings.HasSuffix(s, "?"), strings.HasSuffix(s, "&"):
		return s + query
	case strings.Contains(s, "?"):
		return s + "&" + query
	}
	return s + "?" + query
}
