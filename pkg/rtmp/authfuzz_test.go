package rtmp

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// FuzzAuthentication answers arbitrary demands, over and over: the end comes
// soon, what is sent can stand in a URL, and nobody is told the password.
func FuzzAuthentication(f *testing.F) {
	for _, s := range []string{needUser, needProof, needUserLLNW, needProofLLNW,
		"[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=x",
		"authmod=other", "?reason=needauth", "authmod=adobe ?reason=needauth&salt=\n", ""} {
		f.Add(s, needProof, "live?x=1")
	}
	f.Fuzz(func(t *testing.T, first, second, app string) {
		const password = "the password"
		a := authentication{user: "joe", password: password}
		for i, said := range []string{first, second, first, second} {
			query, again, err := a.answer(rejected(said), app)
			if err != nil {
				if e, ok := errors.AsType[*AuthError](err); !ok || e.Reason == nil {
					t.Fatalf("error %T %v", err, err)
				}
				if _, ok := errors.AsType[*session.StatusError](err); !ok {
					t.Fatalf("%v is no refusal", err)
				}
			}
			if strings.Contains(query, password) || len(query) > 3*maxDemand {
				t.Fatalf("%q is answered with %q", said, query)
			}
			if strings.IndexFunc(query, func(r rune) bool { return unicode.IsControl(r) || r == ' ' }) >= 0 {
				t.Fatalf("%q is answered with %q, which is no part of a URL", said, query)
			}
			if !again {
				if query != "" {
					t.Fatalf("no answer, but %q", query)
				}
				return
			}
			if i == 2 {
				t.Fatalf("a third demand is met: %q, %q", first, second)
			}
		}
	})
}
