//go:build interop

package interop

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// TestProxies records through other people's proxies what rtmpdump records without
// one.
func TestProxies(t *testing.T) {
	t.Parallel()
	nginx := peertest.Nginx(t)
	url := nginx.URL("live", "bars")
	peertest.Publish(t, peertest.Sample(t, "bars.flv"), url, true)
	socks, http := peertest.Microsocks(t, "", ""), peertest.Tinyproxy(t, "", "")
	loginSocks, loginHTTP := peertest.Microsocks(t, "joe", "secret"), peertest.Tinyproxy(t, "joe", "secret")
	for name, proxy := range map[string]string{
		"microsocks":            "socks5://" + socks.Addr,
		"microsocks, by name":   "socks5h://" + socks.Addr,
		"microsocks, by login":  "socks5h://joe:secret@" + loginSocks.Addr,
		"tinyproxy":             "http://" + http.Addr,
		"tinyproxy, by login":   "http://joe:secret@" + loginHTTP.Addr,
		"tinyproxy, over rtmps": "http://" + http.Addr,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file, want := filepath.Join(dir, "show.flv"), filepath.Join(dir, "want.flv")
			args, from := []string{"--proxy", proxy}, url
			switch {
			case strings.Contains(name, "rtmps"):
				args, from = append(args, "--ca-file", nginx.CAFile), nginx.TLSURL("live", "bars")
			case strings.Contains(name, "name"):
				from = strings.Replace(url, "127.0.0.1", "localhost", 1)
			}
			dump := peertest.Rtmpdump(t, url, want)
			pull := rtmpull(t, file, from, args...)
			peertest.WaitRecorded(t, pull, file+".part", 3*time.Second)
			pull.Stop()
			peertest.WaitRecorded(t, dump, want, 4*time.Second)
			dump.Stop()
			peertest.ProbeSilently(t, file)
			got, reference := peertest.Packets(t, file), peertest.Packets(t, want)
			if _, _, ok := peertest.Align(got, reference); !ok || len(got) < 100 {
				t.Errorf("%d packets came, and %d to rtmpdump", len(got), len(reference))
			}
		})
	}
	for name, refused := range map[string]struct{ proxy, url, says string }{
		"no login":       {"socks5h://" + loginSocks.Addr, url, "refused: it wants a user and a password"},
		"a wrong one":    {"socks5h://joe:other@" + loginSocks.Addr, url, "refused: it does not accept the user and the password"},
		"no HTTP login":  {"http://" + loginHTTP.Addr, url, "refused: it wants a user and a password"},
		"a wrong one, 2": {"http://joe:other@" + loginHTTP.Addr, url, "refused: "},
		"nobody there":   {"socks5h://" + socks.Addr, "rtmp://127.0.0.1:1/live/bars", "cannot connect to 127.0.0.1:1: connection refused"},
		"nobody there, 2": {
			"http://" + http.Addr, "rtmp://127.0.0.1:1/live/bars", "cannot connect to 127.0.0.1:1: 50",
		},
		"not allowed": {"http://" + http.Addr, "rtmp://forbidden/live/bars", "refused: 403 Forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "show.flv")
			pull := peertest.Start(t, exec.Command(program, "-o", file, "--proxy", refused.proxy, refused.url))
			if status := pull.Wait(peertest.Patience); status != 3 || !strings.Contains(pull.Output(), refused.says) {
				t.Errorf("status %d, want 3 and %q:\n%s", status, refused.says, pull.Output())
			}
		})
	}
}
