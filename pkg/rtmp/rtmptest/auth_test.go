package rtmptest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// The proofs of joe's password pw for an Authenticator's first challenge, worked
// out with Python's hashlib, and those of the password px.
const (
	proofAdobe = "&challenge=rOH4Qw==&response=WNWxPyhs2DGxgN6XPNwdZQ==&opaque=+//+AA=="
	proofLLNW  = "&nonce=+//+AA==&cnonce=43f8e1ac&nc=00000001&response=0c3adc251cd8a35669e243a913aa4cf8"
	wrongAdobe = "&challenge=rOH4Qw==&response=rEIP521OrvuoutB5rlCA5Q==&opaque=+//+AA=="
	wrongLLNW  = "&nonce=+//+AA==&cnonce=43f8e1ac&nc=00000001&response=567a1705014dff68b14920043521b475"

	// As wrong clients do, over the challenge although there is an opaque.
	proofChallenge = "&challenge=rOH4Qw==&response=BeiF2Ztyf7DMTyku5nOvUw==&opaque=+//+AA=="
)

// Parts of what an Authenticator says, and what it admits.
const (
	admitted   = "NetConnection.Connect.Success"
	needAdobe  = "[ code=403 need auth; authmod=adobe ]"
	needLLNW   = "[ code=403 need auth; authmod=llnw ]"
	proveAdobe = "[ authmod=adobe ] : ?reason=needauth&user=joe&salt=++//AA==&challenge=//6+AA==&opaque=+//+AA=="
	proveLLNW  = "[ authmod=llnw ] : ?reason=needauth&user=joe&nonce=+//+AA=="
)

// A witness is a test that may fail. The scripts need no more of it.
type witness struct {
	testing.TB
	mu     sync.Mutex
	failed []string
}

func (w *witness) Helper() {}

func (w *witness) Errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = append(w.failed, fmt.Sprintf(format, args...))
}

// connect says connect on a connection of its own and returns the code and the
// description of the answer.
func connect(t *testing.T, dial rtmptest.DialFunc, app, tcURL string) string {
	t.Helper()
	nc, err := dial(t.Context(), "tcp", "host:1935")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := handshake.NewClient(handshake.Config{}).Do(nc); err != nil {
		t.Fatal(err)
	}
	object := &amf.Object{}
	object.Set("app", amf.String(app))
	object.Set("tcUrl", amf.String(tcURL))
	c := message.Command{Name: "connect", TransactionID: 1, Object: object}
	m, err := c.Message(message.CommandChunkStreamID, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := chunk.NewWriter(nc)
	if err := w.Write(&m); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	for r := chunk.NewReader(nc); ; {
		m, err := r.Next()
		if err != nil {
			return "hung up"
		}
		if m.Type != message.TypeCommand {
			continue
		}
		answer, err := message.ParseCommand(m)
		if err != nil {
			t.Fatal(err)
		}
		code, _ := amf.AsString(answer.Info().Get("code"))
		description, _ := amf.AsString(answer.Info().Get("description"))
		return code + " " + description
	}
}

func TestAuthenticator(t *testing.T) {
	const adobe, llnw = "?authmod=adobe&user=joe", "?authmod=llnw&user=joe"
	tests := []struct {
		name, mode string
		atOnce     bool
		strict     bool     // Demand, not Judge
		queries    []string // of the app live and its tcUrl; before a space, of app alone
		answers    []string
		fails      string // the test, with these words
	}{
		{"adobe", "adobe", false, true, []string{"", adobe, adobe + proofAdobe}, []string{needAdobe, proveAdobe, admitted}, ""},
		{"llnw", "llnw", false, true, []string{"", llnw, llnw + proofLLNW}, []string{needLLNW, proveLLNW, admitted}, ""},
		{"app with a query", "adobe", false, true,
			[]string{"?x=1", "?x=1&authmod=adobe&user=joe", "?x=1&authmod=adobe&user=joe" + proofAdobe},
			[]string{needAdobe, proveAdobe, admitted}, ""},
		{"at once", "adobe", true, true, []string{"", adobe + proofAdobe}, []string{strings.Replace(proveAdobe, "joe", "", 1), admitted}, ""},

		{"second query mark", "adobe", false, true, []string{"?x=1", "?x=1?authmod=adobe&user=joe"}, []string{needAdobe, "hung up"}, "app is"},
		{"another user", "adobe", false, true, []string{"", "?authmod=adobe&user=myuser"}, []string{needAdobe, "hung up"}, "app is"},
		{"user encoded", "adobe", false, true, []string{"", adobe + "%20"}, []string{needAdobe, "hung up"}, "app is"},
		{"app alone", "adobe", false, true, []string{"", adobe + " "}, []string{needAdobe, "hung up"}, "tcUrl is"},
		{"proof without the user", "adobe", false, true, []string{"", adobe, "?" + proofAdobe[1:]}, []string{needAdobe, proveAdobe, "hung up"}, "app is"},
		{"opaque encoded", "adobe", false, true, []string{"", adobe, adobe + strings.ReplaceAll(proofAdobe, "+", "%2B")}, []string{needAdobe, proveAdobe, "hung up"}, "app is"},
		{"wrong order", "llnw", false, true, []string{"", llnw, "?user=joe&authmod=llnw" + proofLLNW}, []string{needLLNW, proveLLNW, "hung up"}, "app is"},
		{"wrong proof", "adobe", false, true, []string{"", adobe, adobe + wrongAdobe}, []string{needAdobe, proveAdobe, "hung up"}, "does not prove"},
		{"the challenge hashed", "adobe", false, true, []string{"", adobe, adobe + proofChallenge}, []string{needAdobe, proveAdobe, "hung up"}, "does not prove"},

		// As a real server, it is not impressed.
		{"judged", "adobe", false, false, []string{"", adobe, adobe + proofAdobe, ""}, []string{needAdobe, proveAdobe, admitted, needAdobe}, ""},
		{"judged, no first connection", "llnw", false, false, []string{llnw, llnw + proofLLNW}, []string{proveLLNW, admitted}, ""},
		{"judged, no challenge", "adobe", false, false, []string{adobe + proofAdobe}, []string{"reason=authfailed"}, ""},
		{"judged, wrong proof", "adobe", false, false, []string{adobe, adobe + wrongAdobe}, []string{proveAdobe, "reason=authfailed"}, ""},
		{"judged, wrong proof of llnw's", "llnw", false, false, []string{llnw, llnw + wrongLLNW}, []string{proveLLNW, "reason=authfail&"}, ""},
		{"judged, said again", "adobe", false, false, []string{adobe, adobe + proofAdobe, adobe + proofAdobe}, []string{proveAdobe, admitted, "reason=authfailed"}, ""},
		{"judged, unknown user", "adobe", false, false, []string{"?authmod=adobe&user=jim"}, []string{"reason=nosuchuser"}, ""},
		{"judged, other mode", "adobe", false, false, []string{llnw}, []string{needAdobe}, ""},
		{"judged, app alone", "adobe", false, false, []string{adobe + " "}, []string{"hung up"}, "tcUrl is"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := &witness{TB: t}
			a := &rtmptest.Authenticator{Mode: test.mode, User: "joe", Password: "pw", AtOnce: test.atOnce}
			then := func(*rtmptest.Peer) {}
			scripts := a.Demand(then)
			if !test.strict {
				judge := a.Judge(then)
				scripts = []rtmptest.Script{judge, judge, judge, judge}
			}
			dial := rtmptest.Dial(w, scripts[0], scripts[1:]...)
			for i, query := range test.queries {
				inApp, inURL := query, query
				if alone, ok := strings.CutSuffix(query, " "); ok {
					inApp, inURL = alone, ""
				}
				if got := connect(t, dial, "live"+inApp, "rtmp://host/live"+inURL); !strings.Contains(got, test.answers[i]) {
					t.Errorf("to %q it says %q, want %q", query, got, test.answers[i])
				}
			}
			if got := strings.Join(w.failed, "\n"); (got == "") != (test.fails == "") || !strings.Contains(got, test.fails) {
				t.Errorf("it fails the test with %q, want %q", got, test.fails)
			}
		})
	}
}
