//go:build interop

package differential

import (
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// A rig is what the rows share.
type rig struct {
	theirs, ours string // the programs
	native       string // ours under its own name
	film         string // HOST:PORT of rtmpull serve at full speed
	paced        string // and in real time
	nginx        *peertest.Server
	web          string // URL of a web server that has player.swf

	complete, partial, torn, begun string // recordings of rtmpdump

	probed probed
}

// newPrograms has the programs, and a web server.
func newPrograms(t *testing.T) *rig {
	g := &rig{probed: probed{files: make(map[[sha256.Size]byte]verdict)}}
	var err error
	if g.theirs, err = exec.LookPath("rtmpdump"); err != nil {
		t.Fatalf("%v; run scripts/test-deps.sh", err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "rtmpull")
	g.native, g.ours = program, filepath.Join(dir, "rtmpdump")
	build := exec.Command("go", "build", "-o", program, "github.com/rtmpull/rtmpull/cmd/rtmpull")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.Symlink(program, g.ours); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("DIFFERENTIAL_SELF") != "" { // rtmpdump beside itself
		g.ours = g.theirs
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/player.swf" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
		fmt.Fprint(w, "FWS\x09\x60\x02\x00\x00"+strings.Repeat("player", 100))
	}))
	t.Cleanup(web.Close)
	g.web = web.URL
	return g
}

// newRig has servers as well.
func newRig(t *testing.T) *rig {
	g := newPrograms(t)
	bars := peertest.Sample(t, "bars.flv")
	streams := map[string]string{"vod/bars": bars, "live/bars": bars}
	g.film = serving(t, &serve.Server{Streams: streams})
	g.paced = serving(t, &serve.Server{Streams: streams, Speed: 1})
	g.nginx = peertest.Nginx(t)
	data, err := os.ReadFile(bars)
	if err == nil {
		err = os.WriteFile(filepath.Join(g.nginx.Dir, "media", "bars.flv"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	peertest.Publish(t, bars, g.nginx.URL("live", "show"), true)
	return g
}

// serving serves until the test ends.
func serving(t *testing.T, s *serve.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(t.Context(), l) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func film(g *rig, _ testing.TB) string  { return g.film }
func paced(g *rig, _ testing.TB) string { return g.paced }
func nginx(g *rig, _ testing.TB) string { return g.nginx.Addr }

// secure is nginx with a certificate that nobody knows.
func secure(g *rig, _ testing.TB) string { return g.nginx.TLSAddr }

// scripted is a server of each run's own.
func scripted(s rtmptest.Script, more ...rtmptest.Script) func(*rig, testing.TB) string {
	return func(_ *rig, t testing.TB) string { return rtmptest.NewServer(t, s, more...).Addr }
}

// refusing is an address where nobody listens.
func refusing(_ *rig, t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// unknown is a host that nobody has (RFC 2606).
func unknown(*rig, testing.TB) string { return "host.invalid:1935" }
