// Package peertest starts the real programs that rtmpull is tested against,
// servers and clients, and compares what was recorded from them.
//
//	server := peertest.Nginx(t)
//	url := server.URL("live", "bars")
//	peertest.Publish(t, peertest.Sample(t, "bars.flv"), url, true)
//	other := peertest.Rtmpdump(t, url, filepath.Join(t.TempDir(), "want.flv"))
//
// Everything runs on 127.0.0.1, on ports and in directories of its own, and
// ends with its test, so that tests may run in parallel. A program that is
// missing fails the test and names scripts/test-deps.sh; it never skips it.
//
// The functions take the test's TB and must be called from its goroutine. What
// they wait for is polled, and is given Patience.
package peertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Patience is how long a peer may take for what takes it a fraction of a
// second: to begin, to end. Busy machines need it.
const Patience = 20 * time.Second

const pollInterval = 10 * time.Millisecond

// poll calls done until it is true. It is false when that took too long, or
// when p ended meanwhile.
func poll(p *Process, done func() bool) bool {
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); {
		if done() {
			return true
		}
		select {
		case <-p.done:
			return done()
		case <-time.After(pollInterval):
		}
	}
	return false
}

// Root is the directory of go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("peertest: no go.mod above the working directory")
		}
		dir = parent
	}
}

// Sample is the path of a file in testdata/flv.
func Sample(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Root(t), "testdata", "flv", name)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// program finds a program of the system.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	// nginx is not in the PATH of ordinary users.
	if path, err := exec.LookPath(filepath.Join("/usr/sbin", name)); err == nil {
		return path
	}
	t.Fatalf("peertest: %s is missing; run scripts/test-deps.sh", name)
	return ""
}

// peer finds a file of build/peers.
func peer(t testing.TB, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Root(t), "build", "peers"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("peertest: %s is missing; run scripts/test-deps.sh", path)
	}
	return path
}
