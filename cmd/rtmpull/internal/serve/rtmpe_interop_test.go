//go:build interop

package serve

import (
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// A firstByte listener keeps the version with which each client opens.
type firstByte struct {
	net.Listener
	mu   sync.Mutex
	seen []byte
}

func (l *firstByte) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	return &firstByteConn{Conn: nc, l: l}, err
}

type firstByteConn struct {
	net.Conn
	l    *firstByte
	once sync.Once
}

func (c *firstByteConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.once.Do(func() {
			c.l.mu.Lock()
			defer c.l.mu.Unlock()
			c.l.seen = append(c.l.seen, b[0])
		})
	}
	return n, err
}

// onlyRTMPE serves, and fails the test if a client opens with anything else.
func onlyRTMPE(t *testing.T, s *Server) string {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &firstByte{Listener: inner}
	t.Cleanup(func() {
		if len(l.seen) == 0 || strings.Trim(string(l.seen), "\x06") != "" {
			t.Errorf("clients opened with % x, want 6", l.seen)
		}
	})
	serveOn(t, s, l)
	return inner.Addr().String()
}

// TestRtmpdumpPlaysRTMPE by way of librtmp, which Debian builds with GnuTLS.
func TestRtmpdumpPlaysRTMPE(t *testing.T) {
	t.Parallel()
	addr := onlyRTMPE(t, &Server{Streams: samples})
	for name, path := range samples {
		out := filepath.Join(t.TempDir(), "out.flv")
		said, err := exec.Command("rtmpdump", "-r", "rtmpe://"+addr+"/"+name, "-o", out).CombinedOutput()
		if err != nil && !strings.Contains(string(said), "(downloaded about 9") {
			t.Errorf("%s: rtmpdump: %v\n%s", name, err, said)
		}
		sameFile(t, out, path, endOfSequence)
	}
}

// TestGStreamerPublishesRTMPE by way of rtmpsink, which is librtmp.
func TestGStreamerPublishesRTMPE(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, reference := filepath.Join(dir, "we.flv"), filepath.Join(dir, "gst.flv")
	url := "rtmpe://" + onlyRTMPE(t, &Server{}) + "/live/x"
	p := gstreamer(t, "rtmpsink", "sync=true", "location="+url+" live=1")
	waitPublished(t, url)
	writeFile(t, file, wePull(t, url))
	for _, p := range []*peertest.Process{p, gstreamer(t, "filesink", "location="+reference)} {
		if status := p.Wait(peertest.Patience); status != 0 {
			t.Errorf("gst-launch ends with %d", status)
		}
	}
	peertest.EqualFromFirstKey(t, peertest.Packets(t, file), peertest.Packets(t, reference), 300)
}
