package obs

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

func target(t *testing.T, url string) *rtmp.Target {
	t.Helper()
	target, err := rtmp.ParseTarget(url)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func TestMask(t *testing.T) {
	tg := target(t, "rtmp://joe:pass%21word@host/live?vhost=v&bare/show?token=abcdef&key=abcd&e=1&empty=&seven777")
	tg.Session.Auth, tg.Session.Token, tg.Session.UsherToken = "authentic", "tokentoken", "usherusher"
	tg.Session.PageURL, tg.Session.SWFURL = "http://page?id=pagesecret", "http://swf?id=swfsecret"
	tg.Session.Subscribe = "show?sub=subsecret"
	o := &amf.Object{}
	o.Set("name", amf.String("membersecret"))
	tg.Session.Extra = []amf.Value{amf.String("extrasecret"), amf.Number(7), o}
	mask := MaskOf(tg)
	for text, want := range map[string]string{
		"":                                    "",
		"show me host and live":               "show me host and live",
		"pass!word":                           "***",
		"authentic usherusher":                "*** ***",
		"tokentoken":                          "***",
		"token=abcdef&key=abcd":               "token=***&key=***",
		"abcdef abcd abc":                     "*** *** abc", // the longer one first
		"x?e=1&empty=&f=1":                    "x?e=***&empty=&f=1",
		"vhost=v":                             "vhost=***",
		"bare seven777":                       "*** ***",
		"http://page?id=pagesecret swfsecret": "http://page?id=*** ***",
		"subsecret extrasecret membersecret":  "*** *** ***",
		"cut at tokent...":                    "cut at ***...",
		"cut at tok...":                       "cut at tok...",
		"tokent... abcde... end":              "***... ***... end",
		"......":                              "......",
	} {
		if got := mask.Text(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := (*Mask)(nil).Text("tokentoken"); got != "tokentoken" {
		t.Errorf("no Mask makes %q", got)
	}
	if got := MaskOf(target(t, "rtmp://h/a/b")).Text("h a b ..."); got != "h a b ..." {
		t.Errorf("no secrets make %q", got)
	}
}

// What a server and a client say to prove that one knows the password is hidden,
// whatever the password is.
func TestMaskProofs(t *testing.T) {
	mask := MaskOf(target(t, "rtmp://joe:opensesame@h/live/show"))
	for text, want := range map[string]string{
		"[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=joe&salt=kX0/+A==&challenge=a+/b==&opaque=vgoA==": "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=joe&salt=***&challenge=***&opaque=***",
		"live?authmod=adobe&user=joe&challenge=YQ==&response=Yg==&opaque=":                                                      "live?authmod=adobe&user=joe&challenge=***&response=***&opaque=",
		"live?authmod=llnw&user=joe&nonce=n0&cnonce=c0ffee&nc=00000001&response=d41d8cd9":                                       "live?authmod=llnw&user=joe&nonce=***&cnonce=***&nc=00000001&response=***",
		"Salt=abc CHALLENGE=def":                               "Salt=*** CHALLENGE=***",
		"salt=opensesame":                                      "salt=***",
		"salt=cut in the middl...":                             "salt=*** in the middl...",
		"a salt, a challenge and a response":                   "a salt, a challenge and a response",
		"no response within 10s; bisalt=1":                     "no response within 10s; bisalt=1",
		"code=403 need auth; authmod=adobe; reason=authfailed": "code=403 need auth; authmod=adobe; reason=authfailed",
	} {
		if got := mask.Text(text); got != want {
			t.Errorf("%q becomes\n%q, want\n%q", text, got, want)
		}
	}
	o := &amf.Object{}
	o.Set("app", amf.String("live?authmod=adobe&challenge=YQ==&response=Yg==&opaque=x"))
	if got, want := mask.Format(o), `{app: "live?authmod=adobe&challenge=***&response=***&opaque=***"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A secret of any length is hidden where it stands alone, and in its place.
func TestMaskShort(t *testing.T) {
	tg := target(t, "rtmp://h/live/show&token=abc&bare")
	tg.Session.Auth, tg.Session.Extra = "pw", []amf.Value{amf.String("x"), amf.String("")}
	tg.Session.PageURL, tg.Session.SWFURL = "http://joe:p1@page/x@y", "http://joe:longer@swf"
	mask := MaskOf(tg)
	list := amf.StrictArray{amf.String("pw"), amf.String("x"), amf.String(""), amf.String("xpw")}
	if got, want := mask.Format(list), `["***", "***", "", "xpw"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for text, want := range map[string]string{
		"show&token=abc&bare":    "show&token=***&bare",
		"http://joe:p1@page/x@y": "http://joe:***@page/x@y",
		"http://joe:longer@swf":  "http://joe:***@swf",
		"it is longer":           "it is ***",
	} {
		if got := mask.Text(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// amf.Format cuts long texts and escapes others; a secret is hidden before that.
func TestMaskFormat(t *testing.T) {
	long := strings.Repeat("0123456789", 100)
	tg := target(t, "rtmp://h/live/show?token="+long)
	tg.Session.Auth = "quo\"te\\d\n"
	o := &amf.Object{Kind: amf.Typed, Class: "Class"}
	o.Set("name", amf.String("show?token="+long))
	o.Set("list", amf.StrictArray{amf.String(tg.Session.Auth), amf.Null{}, amf.XML(long)})
	mask := MaskOf(tg)
	const want = `Class{name: "show?token=***", list: ["***", null, xml("***")]}`
	if got := mask.Format(o); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if s, _ := amf.AsString(o.Get("name")); s != "show?token="+long {
		t.Errorf("the value itself was changed: %s", s)
	}
	if got := mask.Format((*amf.Object)(nil)); got != amf.Format((*amf.Object)(nil)) {
		t.Errorf("nil is %s", got)
	}
}

func FuzzMask(f *testing.F) {
	f.Add("secret", "a secret of mine secr... and sec")
	f.Add("....", "........")
	f.Add("aaaa", "aaaaaaaaa...aaaaa...")
	f.Add("***s", "***secret...")
	f.Fuzz(func(t *testing.T, secret, text string) {
		mask := MaskOf(&rtmp.Target{Password: secret})
		got := mask.Text(text)
		if len(secret) >= shortest && strings.Trim(secret, "* ") != "" && strings.Contains(text, secret) && !strings.Contains(got, "***") {
			t.Errorf("%q in %q is shown: %q", secret, text, got)
		}
	})
}

// What is learned later is hidden from then on, by all who use the Mask.
func TestMaskAdd(t *testing.T) {
	mask := MaskOf(target(t, "rtmp://h/live/a?token=first0"), target(t, "rtmp://h/live/b?token=second0"))
	const text = "first0 second0 third0"
	if got, want := mask.Text(text), "*** *** third0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				if got := mask.Text("first0 second0"); got != "*** ***" {
					t.Errorf("got %q", got)
				}
			}
		})
	}
	all.Go(func() { mask.Add(target(t, "rtmp://h/live/a?token=third0")) })
	all.Wait()
	if got, want := mask.Text(text), "*** *** ***"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// A stream with a new URL each time is no leak: what it had first and last counts.
	for n := range maxLearned {
		mask.Add(target(t, fmt.Sprintf("rtmp://h/live/a?token=fresh-%06d", n)))
	}
	if got, want := mask.Text("first0 third0 fresh-000999"), "*** third0 ***"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n, most := len(mask.now().secrets), mask.first+maxLearned; n > most {
		t.Errorf("%d secrets are remembered, want %d at most", n, most)
	}
}
