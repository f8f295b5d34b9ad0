package rtmp

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A place is an address that a server may have.
type place string

func (place) Network() string  { return "tcp" }
func (p place) String() string { return string(p) }

const publicly, privately = place("203.0.113.7:1935"), place("192.168.1.7:1935")

func TestRedirect(t *testing.T) {
	tests := []struct {
		from, to, want string // as String has it
		tcURL          string // empty: as from the fields
	}{
		{"rtmp://h/live/s", "", "rtmp://h/live/s", ""},
		{"rtmp://h/live/s", "rtmp://g/live", "rtmp://g/live/s", "rtmp://g/live"},
		{"rtmp://h/live/s", "rtmp://g/live/", "rtmp://g/live/s", "rtmp://g/live"},
		{"rtmp://h/live/s", "RTMP://g:1936/a/b", "rtmp://g:1936/a/b/s", "rtmp://g:1936/a/b"},
		{"rtmp://h:1936/live/s", "rtmp://g/live", "rtmp://g/live/s", "rtmp://g/live"},
		{"rtmp://h/live/s", "rtmp://[2001:db8::1]:80/live", "rtmp://[2001:db8::1]:80/live/s", ""},
		{"rtmp://h/live/s", "rtmps://h/live", "rtmps://h/live/s", "rtmps://h/live"},
		{"rtmp://h/live/s", "rtmp://g/live?vhost=v&k=1", "rtmp://g/live?vhost=v&k=1/s", "rtmp://g/live?vhost=v&k=1"},
		// The stream's name stays, whatever it looks like.
		{"rtmp://h/live/s?sign=a/b", "rtmp://g/other", "rtmp://g/other/s?sign=a/b", ""},
		{"rtmp://h/vod/mp4:a/b", "rtmp://g/other/x", "rtmp://g/other/x/mp4:a/b", ""},
		// The application does where none is named.
		{"rtmp://h/a/b/s", "rtmp://g", "rtmp://g/a/b/s", "rtmp://g/a/b"},
		{"rtmp://h/a/b/s", "rtmp://g:99/", "rtmp://g:99/a/b/s", ""},
		{"rtmp://h/a/b/s", "/", "rtmp://h/a/b/s", ""},
		// Parts of a URL.
		{"rtmp://h/live/s", "rtmpe://h/live", "rtmpe://h/live/s", "rtmpe://h/live"},
		{"rtmpe://h/live/s", "rtmps://h/live", "rtmps://h/live/s", "rtmps://h/live"},
		{"rtmpe://h/live/s", "rtmpe://g/live", "rtmpe://g/live/s", "rtmpe://g/live"},
		{"rtmpe://h/live/s", "//g/app", "rtmpe://g/app/s", "rtmpe://g/app"},
		{"rtmps://h:444/live/s", "//g/app", "rtmps://g/app/s", "rtmps://g/app"},
		{"rtmps://h:444/live/s", "//g:444", "rtmps://g:444/live/s", ""},
		{"rtmps://h:444/live/s", "/other/app", "rtmps://h:444/other/app/s", "rtmps://h:444/other/app"},
		{"rtmp://h/live/s", "other", "rtmp://h/other/s", ""},
		{"rtmp://h/a/b/s", "c/d", "rtmp://h/a/c/d/s", ""},
		{"rtmp://h/live?x=/s", "other?y=/z", "rtmp://h/other?y=/z/s", "rtmp://h/other?y=/z"},
		// A user who is named is the other server's, ours stays with ours.
		{"rtmp://joe:pw@h/live/s", "rtmp://H/other", "rtmp://joe:pw@H/other/s", "rtmp://H/other"},
		{"rtmp://joe:pw@h/live/s", "/other", "rtmp://joe:pw@h/other/s", ""},
		{"rtmp://joe:pw@h/live/s", "rtmp://g/live", "rtmp://g/live/s", ""},
		{"rtmp://joe:pw@h/live/s", "rtmp://ann:x@g/live", "rtmp://ann:x@g/live/s", "rtmp://g/live"},
	}
	for _, test := range tests {
		from, err := ParseTarget(test.from)
		if err != nil {
			t.Fatal(err)
		}
		before := *from
		got, err := from.Redirect(test.to, publicly)
		if err != nil {
			t.Errorf("%s, %q: %v", test.from, test.to, err)
			continue
		}
		if got.String() != test.want || test.tcURL != "" && got.TcURL() != test.tcURL {
			t.Errorf("%s, %q: got %s and tcUrl %s, want %s and %s", test.from, test.to, got, got.TcURL(), test.want, test.tcURL)
		}
		if got == from || !reflect.DeepEqual(before, *from) {
			t.Errorf("%s, %q: the Target itself was changed", test.from, test.to)
		}
	}
}

// What is said to this server alone is not said to another, and an explicit tcUrl
// is the present one.
func TestRedirectKeeps(t *testing.T) {
	from := &Target{
		Scheme: "rtmp", Host: "10.0.0.1", User: "joe", Password: "pw",
		Session: session.Config{
			App: "live", TcURL: "rtmp://vhost:99/live", PlayPath: "s?k=1", Subscribe: "sub", SWFURL: "http://x/y.swf",
			Auth: "auth", Token: "token", UsherToken: "usher", Extra: []amf.Value{amf.String("extra")}, Reconnect: true,
		},
	}
	same, err := from.Redirect("/other", privately)
	if err != nil {
		t.Fatal(err)
	}
	want := *from
	want.Session.App, want.Session.TcURL = "other", "rtmp://vhost:99/other"
	if !reflect.DeepEqual(*same, want) {
		t.Errorf("on the same server:\ngot  %+v\nwant %+v", *same, want)
	}
	other, err := from.Redirect("rtmp://h2/live", privately)
	if err != nil {
		t.Fatal(err)
	}
	want = Target{Scheme: "rtmp", Host: "h2", Session: session.Config{
		App: "live", PlayPath: "s?k=1", Subscribe: "sub", SWFURL: "http://x/y.swf", Reconnect: true,
	}}
	if !reflect.DeepEqual(*other, want) {
		t.Errorf("on another server:\ngot  %+v\nwant %+v", *other, want)
	}
}

func TestRedirectRefuses(t *testing.T) {
	for _, test := range []struct {
		from, to string
		at       net.Addr
		want     string
	}{
		{"rtmps://h/live/s", "rtmp://h/live", publicly, "rtmps must not become rtmp"},
		{"rtmps://h/live/s", "rtmp://h/live", privately, "rtmps must not become rtmp"},
		{"rtmps://h/live/s", "rtmpe://h/live", publicly, "rtmps must not become rtmpe"},
		{"rtmpe://h/live/s", "rtmp://h/live", privately, "rtmpe must not become rtmp"},
		{"rtmpe://h/live/s", "rtmpt://h/live", privately, "rtmpe must not become rtmpt"},
		{"rtmpte://h/live/s", "rtmpt://h/live", privately, "rtmpte must not become rtmpt"},
		{"rtmpts://h/live/s", "rtmpte://h/live", publicly, "rtmpts must not become rtmpte"},
		{"rtmp://h/live/s", "rtmfp://g/live", publicly, "rtmfp is not spoken"},
		{"rtmp://h/live/s", "http://g/live", publicly, `unknown scheme "http"`},
		{"rtmp://h/live/s", "file:///etc/passwd", publicly, "unknown scheme"},
		{"rtmp://h/live/s", "g:1935/live", publicly, "not understood"},
		{"rtmp://h/live/s", "mailto:joe", publicly, "not understood"},
		{"rtmp://h/live/s", "?x", publicly, "not understood"},
		{"rtmp://h/live/s", "../x", publicly, "not understood"},
		{"rtmp://h/live/s", "///x", publicly, "no host"},
		{"rtmp://h/live/s", "rtmp://g:99999/live", publicly, "no port"},
		{"rtmp://h/live/s", "rtmp://g/li ve", publicly, "white space"},
		{"rtmp://h/live/s", "/li\x1b[31mve", publicly, "control characters"},
		{"rtmp://h/live/s", "rtmp://localhost/live", publicly, "private address"},
		{"rtmp://h/live/s", "rtmp://a.LocalHost.:80/live", publicly, "private address"},
		{"rtmp://h/live/s", "//127.0.0.1/live", publicly, "private address"},
		{"rtmp://h/live/s", "rtmp://joe:secret@10.1.2.3/live", publicly, "private address"},
		{"rtmp://h/live/s", "rtmp://[::1]/live", publicly, "private address"},
		{"rtmp://h/live/s", "rtmp://[fe80::1%25eth0]/live", publicly, "private address"},
		{"rtmp://h.tv/live/s", "rtmp://169.254.169.254/live", nil, "private address"}, // nothing is known but the name
		{"rtmp://h/live/s", "rtmp://127.1/live", publicly, "private address"},         // for which there are resolvers
		{"rtmp://h/live/s", "rtmp://0x7F000001/live", publicly, "private address"},
		{"rtmp://h/live/s", "rtmp://127.0.0.1./live", publicly, "private address"},
		{"rtmp://8.8.8.8/live/s", "rtmp://10.1.2.3/live", place("pipe"), "private address"},
	} {
		from, err := ParseTarget(test.from)
		if err != nil {
			t.Fatal(err)
		}
		got, err := from.Redirect(test.to, test.at)
		refusal, ok := errors.AsType[*RedirectError](err)
		if !ok || refusal.To != test.to || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s, %q: got %v, %v; want a RedirectError with %q", test.from, test.to, got, err, test.want)
		} else if strings.ContainsAny(err.Error(), "\x1b\n") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s, %q: the error is not fit to be shown: %v", test.from, test.to, err)
		}
	}
}

// Public is set for names that are led to from the public internet, and stays.
func TestRedirectPublic(t *testing.T) {
	first, _ := ParseTarget("rtmp://h/live/s")
	for _, test := range []struct {
		to   string
		at   net.Addr
		want bool
	}{
		{"rtmp://g/live", publicly, true},
		{"rtmp://g/live", nil, false}, // h is no name of the public internet
		{"rtmp://g/live", privately, false},
		{"rtmp://127.0.0.1/live", privately, false},
		{"rtmp://h/other", publicly, false}, // it was asked for
		{"/other", publicly, false},
		{"rtmp://H:8080/live", publicly, true}, // its owner may have had another address put there
		{"rtmps://h/live", publicly, true},
		{"rtmp://h:8080/live", privately, false},
	} {
		got, err := first.Redirect(test.to, test.at)
		if err != nil || got.Public != test.want {
			t.Errorf("%s from %v: %v, public %v; want %v", test.to, test.at, err, got != nil && got.Public, test.want)
		}
	}
	second, err := first.Redirect("rtmp://g/live", publicly)
	if err != nil {
		t.Fatal(err)
	}
	if third, err := second.Redirect("/a", privately); err != nil || !third.Public {
		t.Errorf("the second move: %v, %v; want it to stay public", third, err)
	}
	if _, err := second.Redirect("rtmp://localhost/a", privately); err == nil {
		t.Error("the second move may lead inside")
	}
}

func TestIsLocalIP(t *testing.T) {
	for _, s := range []string{
		"127.0.0.1", "127.8.9.1", "10.0.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "0.0.0.0", "0.1.2.3",
		"100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "fe80::1", "fc00::1",
		"fd12::1", "fec0::1", "ff02::1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "::7f00:1", "2002:a00:1::", "fe80::1%eth0",
	} {
		if !isLocalIP(netip.MustParseAddr(s)) {
			t.Errorf("%s is not local", s)
		}
	}
	for _, s := range []string{
		"8.8.8.8", "172.32.0.1", "100.128.0.1", "203.0.113.7", "2001:4860::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
	} {
		if isLocalIP(netip.MustParseAddr(s)) {
			t.Errorf("%s is local", s)
		}
	}
}

// What must not be connected to is not: nobody hears of it.
func TestPublicIsNotDialled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to, err := ParseTarget("rtmp://" + l.Addr().String() + "/live/s")
	if err != nil {
		t.Fatal(err)
	}
	to.Public = true
	_, err = new(Client).Play(t.Context(), to)
	refusal, ok := errors.AsType[*RedirectError](err)
	if e, isError := errors.AsType[*Error](err); !ok || !isError || e.Phase != PhaseDial || !errors.Is(refusal, errLeadsInside) {
		t.Errorf("got %v, want a RedirectError when dialling", err)
	}
	ours, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if first.RemoteAddr().String() != ours.LocalAddr().String() {
		t.Error("the private address was connected to")
	}
}

func TestCheckAddress(t *testing.T) {
	only := PublicOnly(t.Context(), true)
	for addr, want := range map[string]bool{
		"203.0.113.7:1935": true, "[2001:db8::1]:80": true, "edge.example.com:1935": true, "edge.example.com.:1935": true, "7.example:80": true,
		"127.0.0.1:1935": false, "[::1]:80": false, "[fe80::1%eth0]:80": false, "10.1:80": false, "2130706433:80": false, "0x7f.1:80": false,
		"localhost:80": false, "router:80": false, "printer.local:80": false, "db.internal.:80": false, "NAS.lan:80": false, "203.0.113.7": false,
		"localhost..:80": false, "127.0.0.1..:80": false, "[2001:0:7f00:1::1]:80": false, "[::ffff:0:127.0.0.1]:80": false,
		"[64:ff9b::10.0.0.1]:80": false, "[2002:a00:1::]:80": false, "[::ffff:10.0.0.1]:80": false, "[64:ff9b::203.0.113.7]:80": true,
		"１２７.０.０.１:80": false, "127。0。0。1:80": false, "127.0.0.1#.example.com:80": false, "127%2e0%2e0%2e1.example:80": false,
		"xn--bcher-kva.example:80": true, "a_b-c.example:80": true,
	} {
		if err := CheckAddress(only, addr); (err == nil) != want {
			t.Errorf("%s: %v", addr, err)
		}
		for _, ctx := range []context.Context{t.Context(), PublicOnly(only, false)} {
			if err := CheckAddress(ctx, addr); err != nil {
				t.Errorf("%s, any: %v", addr, err)
			}
		}
	}
}

// FuzzRedirect: no place that a server names panics, gets a secret of another
// server's, leads from the public internet to what is known to be inside, or
// gives up encryption.
func FuzzRedirect(f *testing.F) {
	for _, to := range []string{
		"", "rtmp://g/live", "rtmps://g:444/a/b?c=d/e", "//g/app", "//g", "/app", "app", "rtmp://u:p@[::1%25eth0]:80/x",
		"rtmp://127.0.0.1/live", "rtmp://localhost./live", "g:1935/live", "?x", "http://g/", "rtmp:///", "rtmp://h", "RTMP://H/?",
	} {
		f.Add("rtmp://joe:s3cr3t@h/live/name", to, false)
		f.Add("rtmps://joe:s3cr3t@h:99/a/b?c/name", to, true)
		f.Add("rtmpe://joe:s3cr3t@h/live/name", to, false)
	}
	f.Fuzz(func(t *testing.T, url, to string, public bool) {
		from, err := ParseTarget(url)
		if err != nil {
			return
		}
		from.Password, from.Session.Auth = "s3cr3t", "s3cr3t"
		at := privately
		if public {
			at = publicly
		}
		got, err := from.Redirect(to, at)
		if err != nil {
			if _, ok := errors.AsType[*RedirectError](err); !ok || got != nil {
				t.Fatalf("%q, %q: %v, %T %v", url, to, got, err, err)
			}
			return
		}
		moved := !strings.EqualFold(got.Host, from.Host)
		switch {
		case transports[got.Scheme].port == 0, got.Host == "", from.TLS() && !got.TLS(),
			from.Encrypted() && !got.Encrypted() && !got.TLS():
			t.Fatalf("%q, %q: leads to %s", url, to, got)
		case got.Session.PlayPath != from.Session.PlayPath:
			t.Fatalf("%q, %q: the name becomes %q", url, to, got.Session.PlayPath)
		case moved && (got.Session.Auth != "" || got.Password == "s3cr3t" && !strings.Contains(to, "s3cr3t")):
			t.Fatalf("%q, %q: the secret goes to %s", url, to, got)
		case moved && public && (isLocalHost(got.Host) || !got.Public):
			t.Fatalf("%q, %q: leads inside, to %s", url, to, got)
		}
		if strings.Contains(got.Host, "%") {
			return // no tcUrl has a zone
		}
		again, err := got.Redirect(got.TcURL(), at)
		if err != nil || again.Host != got.Host || again.TcURL() != got.TcURL() {
			t.Fatalf("%q, %q: is %s, which leads to %v: %v", url, to, got.TcURL(), again, err)
		}
	})
}

// A name that stands for a private address is found out by the connection, before
// anything is said on it.
func TestPublicTarget(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan int, 1)
	go func() {
		nc, err := l.Accept()
		if err != nil {
			close(heard)
			return
		}
		n, _ := io.Copy(io.Discard, nc)
		_ = nc.Close()
		heard <- int(n)
	}()
	defer l.Close()
	for _, scheme := range []string{"rtmp", "rtmps"} {
		first, _ := ParseTarget("rtmp://h/live/s")
		to, err := first.Redirect(scheme+"://edge.example/live", publicly)
		if err != nil {
			t.Fatal(err)
		}
		c := Client{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, l.Addr().String())
		}}
		_, err = c.Play(t.Context(), to)
		refusal, ok := errors.AsType[*RedirectError](err)
		if e, isError := errors.AsType[*Error](err); !ok || !isError || e.Phase != PhaseDial || !errors.Is(refusal, errLeadsInside) {
			t.Errorf("%s: got %v, want a RedirectError when dialling", scheme, err)
		}
		if scheme == "rtmps" {
			break
		}
		if n := <-heard; n != 0 {
			t.Errorf("the private address heard %d bytes", n)
		}
	}
}
