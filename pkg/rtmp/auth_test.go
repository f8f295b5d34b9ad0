package rtmp

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// What Adobe's and Limelight's servers say, of which other servers copy the words.
const (
	needUser  = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : "
	needProof = "[ AccessManager.Reject ] : [ authmod=adobe ] : " +
		"?reason=needauth&user=joe&salt=AAAAAA==&challenge=BBBBBB==&opaque=CCCCCC=="
	needUserLLNW  = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=llnw ] : "
	needProofLLNW = "[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=joe&nonce=NNNN"
)

// The answers of librtmp, for the user joe with the password pw.
const (
	user     = "authmod=adobe&user=joe"
	userLLNW = "authmod=llnw&user=joe"

	proof      = "challenge=rOH4Qw==&response=3+KfKg2X7Q5Pr+wjWwx4WQ==&opaque=CCCCCC=="
	proofPlain = "challenge=rOH4Qw==&response=2aKPdQJhlx8rVJTZCIHN3A==&opaque="
	proofLLNW  = "nonce=NNNN&cnonce=43f8e1ac&nc=00000001&response=7148e674e802f4919045fe0ece05e3bd"
)

func rejected(description string) *session.StatusError {
	return &session.StatusError{
		Call: "connect", Code: "NetConnection.Connect.Rejected", Level: "error", Description: description,
	}
}

// joe is an authentication with a nonce that is known.
func joe(t *testing.T, mode string) *authentication {
	t.Helper()
	decode, nonce := base64.StdEncoding.DecodeString, "rOH4Qw=="
	if mode == "llnw" {
		decode, nonce = hex.DecodeString, "43f8e1ac"
	}
	b, err := decode(nonce)
	if err != nil {
		t.Fatal(err)
	}
	return &authentication{user: "joe", password: "pw", nonce: func() [4]byte { return [4]byte(b) }}
}

func TestAuthentication(t *testing.T) {
	tests := []struct {
		name, mode, app string
		hear, say       []string
		reason          error // of the refusal after the last answer
	}{
		{"adobe", "adobe", "live", []string{needUser, needProof}, []string{user, user + "&" + proof}, nil},
		{"llnw", "llnw", "live", []string{needUserLLNW, needProofLLNW}, []string{userLLNW, userLLNW + "&" + proofLLNW}, nil},

		// Only librtmp's order counts for the hash: opaque, or else the challenge.
		{"no opaque", "adobe", "live", []string{strings.Replace(needProof, "&opaque=CCCCCC==", "", 1)}, []string{user + "&" + proofPlain}, nil},
		{"an empty opaque", "adobe", "live", []string{strings.Replace(needProof, "CCCCCC==", "", 1)}, []string{user + "&" + proofPlain}, nil},
		{"opaque alone", "adobe", "live", []string{strings.Replace(needProof, "challenge=BBBBBB==", "", 1)}, []string{user + "&" + proof}, nil},
		{"llnw hashes the app without its query", "llnw", "live?x=1", []string{needProofLLNW}, []string{userLLNW + "&" + proofLLNW}, nil},
		{"llnw, an instance", "llnw", "live/_definst_", []string{needProofLLNW}, []string{userLLNW + "&" + proofLLNW}, nil},

		// Servers that copy Adobe's words do it from memory.
		{"no spaces", "adobe", "live",
			[]string{"[AccessManager.Reject]:[code=403 need auth;authmod=adobe]:", strings.ReplaceAll(needProof, " ", "")},
			[]string{user, user + "&" + proof}, nil},
		{"more spaces", "adobe", "live", []string{" " + strings.ReplaceAll(needProof, "&", " & ") + " \r\n"}, []string{user + "&" + proof}, nil},
		{"another order", "adobe", "live", []string{"authmod=adobe?reason=needauth&opaque=CCCCCC==&more=1&salt=AAAAAA=="}, []string{user + "&" + proof}, nil},
		{"capitals", "adobe", "live", []string{strings.Replace(needUser, "adobe", "Adobe", 1)}, []string{user}, nil},
		{"no code", "adobe", "live", []string{"authmod=adobe"}, []string{user}, nil},

		// With librtmp people write the first answer into the URL.
		{"the user in the URL", "adobe", "live?authmod=adobe&user=joe", []string{needProof}, []string{proof}, nil},
		{"the user in the URL, refused", "adobe", "live?authmod=adobe&user=joe", []string{needUser}, nil, ErrWrongCredentials},

		// Nothing goes on for ever.
		{"authfailed", "adobe", "live", []string{needUser, needProof, "authmod=adobe ?reason=authfailed&opaque=x"}, []string{user, user + "&" + proof}, ErrWrongCredentials},
		{"authfail", "llnw", "live", []string{needProofLLNW, "[ authmod=llnw ] : ?reason=authfail ]"}, []string{userLLNW + "&" + proofLLNW}, ErrWrongCredentials},
		{"nosuchuser", "adobe", "live", []string{needUser, "authmod=adobe ?reason=nosuchuser&opaque=x"}, []string{user}, ErrNoSuchUser},
		{"the user twice", "adobe", "live", []string{needUser, needUser}, []string{user}, ErrWrongCredentials},
		{"the proof twice", "adobe", "live", []string{needProof, needProof}, []string{user + "&" + proof}, ErrWrongCredentials},
		{"the user after the proof", "adobe", "live", []string{needProof, needUser}, []string{user + "&" + proof}, ErrWrongCredentials},
		{"one mode and then the other", "adobe", "live", []string{needUser, needUserLLNW}, []string{user}, ErrWrongCredentials},

		// Not ours to answer.
		{"unknown mode", "", "live", []string{strings.Replace(needUser, "adobe", "red5", 1)}, nil, ErrAuthMode},
		{"no mode", "", "live", []string{"authmod= "}, nil, ErrAuthMode},
		{"unknown reason", "adobe", "live", []string{"authmod=adobe ?reason=expired"}, nil, errDemand},
		{"control character", "adobe", "live", []string{strings.Replace(needProof, "CCCC", "C\r\nC", 1)}, nil, errDemand},
		{"a space in a value", "adobe", "live", []string{strings.Replace(needProof, "CCCC", "C C", 1)}, nil, errDemand},
		{"a space in the user", "adobe", "live", []string{strings.Replace(needProof, "joe", "joe doe", 1)}, []string{user + "&" + proof}, nil},
		{"not UTF-8", "adobe", "live", []string{strings.Replace(needProof, "CCCC", "C\x9bC", 1)}, nil, errDemand},
		{"too long", "adobe", "live", []string{needProof + strings.Repeat("C", maxDemand)}, nil, errDemand},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := joe(t, test.mode)
			for i, description := range test.hear {
				query, retry, err := a.answer(rejected(description), test.app)
				if i < len(test.say) {
					if query != test.say[i] || !retry || err != nil {
						t.Errorf("to %q it says %q, %v, %v; want %q", description, query, retry, err, test.say[i])
					}
					continue
				}
				if query != "" || retry || !errors.Is(err, test.reason) {
					t.Errorf("to %q it says %q, %v, %v; want %v", description, query, retry, err, test.reason)
				}
			}
		})
	}
}

func TestNoDemandForAuthentication(t *testing.T) {
	for _, description := range []string{"", "no such application", "[ AccessManager.Reject ] : [ code=403 need auth ]"} {
		if query, retry, err := joe(t, "").answer(rejected(description), "live"); query != "" || retry || err != nil {
			t.Errorf("to %q it says %q, %v, %v; want nothing", description, query, retry, err)
		}
	}
}

// A name goes out raw, as librtmp's does, unless it would break the line of a
// server's log.
func TestCredentials(t *testing.T) {
	tests := []struct {
		user, password string
		say            string
		reason         error
	}{
		{"", "", "", ErrNoCredentials},
		{"joe", "", "", ErrNoCredentials},
		{"", "pw", "", ErrNoCredentials},
		{"a&b=c ?d%20", "pw", "authmod=adobe&user=a&b=c ?d%20", nil},
		{"joé", "p\nw\xff", "authmod=adobe&user=joé", nil},
		{"jo\ne", "pw", "", errUserName},
		{"jo\xffe", "pw", "", errUserName},
	}
	for _, test := range tests {
		a := &authentication{user: test.user, password: test.password}
		if query, _, err := a.answer(rejected(needUser), "live"); query != test.say || !errors.Is(err, test.reason) {
			t.Errorf("%q, %q: says %q, %v; want %q, %v", test.user, test.password, query, err, test.say, test.reason)
		}
	}
}

// Each answer has a challenge of its own.
func TestRandomChallenge(t *testing.T) {
	seen := make(map[string]bool)
	for range 8 {
		a := &authentication{user: "joe", password: "pw"}
		query, _, err := a.answer(rejected(needProof), "live")
		if err != nil || seen[query] {
			t.Errorf("got %q, %v", query, err)
		}
		seen[query] = true
	}
}

func TestAuthError(t *testing.T) {
	a := &authentication{user: "joe", password: "secret"}
	query, _, _ := a.answer(rejected(needProof), "live")
	original := rejected(needProof)
	_, _, err := a.answer(original, "live")

	if e, ok := errors.AsType[*AuthError](err); !ok || e.Mode != "adobe" || e.Reason != ErrWrongCredentials {
		t.Errorf("got %#v, want an AuthError of mode adobe", err)
	}
	e, ok := errors.AsType[*session.StatusError](&Error{PhaseConnect, "h:1935", err})
	if !ok || e.Call != "connect" || e.Code != original.Code {
		t.Fatalf("%v wraps %v, want the refusal", err, e)
	}
	if original.Description != needProof {
		t.Errorf("the refusal itself was changed to %q", original.Description)
	}
	_, response, _ := strings.Cut(query, "&challenge=")
	for _, secret := range []string{"secret", response, "AAAAAA", "BBBBBB", "CCCCCC"} {
		if text := err.Error() + e.Error() + e.Description; strings.Contains(text, secret) {
			t.Errorf("%q tells %q", text, secret)
		}
	}
}

func TestWithQuery(t *testing.T) {
	tests := []struct{ s, query, want string }{
		{"live", "a=1", "live?a=1"},
		{"live?x=1", "a=1", "live?x=1&a=1"},
		{"live?", "a=1", "live?a=1"},
		{"live?x=1&", "a=1", "live?x=1&a=1"},
		{"", "a=1", "?a=1"},
		{"rtmp://h/live", "a=1", "rtmp://h/live?a=1"},
		{"rtmp://h/live?x=1", "a=1", "rtmp://h/live?x=1&a=1"},
		{"live?x=1", "", "live?x=1"},
	}
	for _, test := range tests {
		if got := withQuery(test.s, test.query); got != test.want {
			t.Errorf("withQuery(%q, %q) = %q, want %q", test.s, test.query, got, test.want)
		}
	}
}
