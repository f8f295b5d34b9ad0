//go:build interop

package handshake

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// insideEnv is set for the half of TestRtmpsrv that has a network of its own.
const insideEnv = "HANDSHAKE_TEST_INSIDE"

// TestRtmpsrv: Debian's rtmpsrv, which is librtmp's, checks our signature and we
// its own. It answers RTMPE by version 8, whose signatures are transformed. It
// listens on port 1935 of all interfaces, and runs rtmpdump if it finds one: so it
// has a network of its own, and no PATH.
func TestRtmpsrv(t *testing.T) {
	if os.Getenv(insideEnv) != "" {
		for _, version := range []byte{versionRTMPE, versionXTEA} {
			shakeWithRtmpsrv(t, version)
		}
		return
	}
	const rtmpsrv = "/usr/sbin/rtmpsrv"
	if _, err := os.Stat(rtmpsrv); err != nil {
		t.Fatalf("rtmpsrv is missing; run scripts/test-deps.sh: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-rn", "sh", "-c", `
		ip link set lo up
		mkfifo stdin && sleep 60 > stdin & holder=$!
		until [ -p stdin ]; do sleep 0.01; done
		PATH=/nonexistent `+rtmpsrv+` -z < stdin > rtmpsrv.log 2>&1 & server=$!
		`+insideEnv+`=1 "$0" -test.run '^TestRtmpsrv$' -test.v; status=$?
		kill $server $holder; exit $status`, self)
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	log, err := os.ReadFile(cmd.Dir + "/rtmpsrv.log")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Type Requested : 06", "Type Requested : 08"} {
		_, after, ok := strings.Cut(string(log), want)
		if mine, _, _ := strings.Cut(after, "Type Requested"); !ok || !strings.Contains(mine, "Genuine Adobe Flash Player") {
			t.Errorf("behind %q rtmpsrv is not content with us", want)
		}
	}
}

func shakeWithRtmpsrv(t *testing.T, version byte) {
	var conn net.Conn
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var err error
		if conn, err = net.Dial("tcp", "127.0.0.1:1935"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	c := NewClient(Config{Encrypted: true})
	var hello bytes.Buffer
	if err := c.Hello(&hello); err != nil {
		t.Fatal(err)
	}
	hello.Bytes()[0] = version
	if _, err := hello.WriteTo(conn); err != nil {
		t.Fatal(err)
	}
	if err := c.Reply(conn, conn); err != nil {
		t.Fatalf("version %d: %v", version, err)
	}
	if err := c.Finish(conn); err != nil {
		t.Errorf("version %d: %v", version, err)
	}
	if c.version != versionXTEA {
		t.Errorf("version %d was answered with %d, want %d", version, c.version, versionXTEA)
	}
}
