//go:build unix

package job

import (
	"context"
	"errors"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestAsk(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for name, test := range map[string]struct {
		command, url, err string
	}{
		"one line":              {"echo rtmp://h/live/a", "rtmp://h/live/a", ""},
		"the first with a text": {`printf '\n  \n rtmp://h/live/a \r\nsecond\n'`, "rtmp://h/live/a", ""},
		"what was given":        {`echo "$MINE/b"`, "rtmp://h/mine/b", ""},
		"no end of line":        {"printf rtmp://h/live/a", "rtmp://h/live/a", ""},
		"nothing":               {"true", "", "it printed nothing"},
		"failed":                {"echo rtmp://h/live/a; exit 3", "", "exit status 3"},
		"without end":           {"sleep 60", "", "no answer within 300ms"},
		"more than is read":     {"echo rtmp://h/live/a; head -c 10000000 /dev/zero", "rtmp://h/live/a", ""},
		"something left behind": {"sleep 60 & echo rtmp://h/live/a", "rtmp://h/live/a", ""},
		"something that writes": {"echo rtmp://h/live/a; yes &", "rtmp://h/live/a", ""},
		"failed, and left":      {"sleep 60 & exit 3", "", "exit status 3"},
	} {
		t.Run(name, func(t *testing.T) {
			a := Asker{Command: test.command, Env: append(os.Environ(), "MINE=rtmp://h/mine")}
			if name == "without end" {
				a.Limit = 300 * time.Millisecond
			}
			url, err := a.Ask(t.Context())
			var failed *CommandError
			if url != test.url || (err == nil) != (test.err == "") || err != nil && (!errors.As(err, &failed) || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %q, %v", url, err)
			}
		})
	}
}

// A signal does not wait for the command.
func TestAskInterrupted(t *testing.T) {
	cause := errors.New("cause")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
	start := time.Now()
	if _, err := (&Asker{Command: "sleep 60"}).Ask(ctx); !errors.Is(err, cause) || time.Since(start) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// What a command leaves running would write to nowhere, and is ended.
func TestAskLeavesNothing(t *testing.T) {
	const id = "echo rtmp://h/live/$!"
	url, err := (&Asker{Command: "sleep 60 & " + id}).Ask(t.Context())
	pid, bad := strconv.Atoi(path.Base(url))
	if err != nil || bad != nil {
		t.Fatalf("%q, %v", url, err)
	}
	for range 1000 {
		stat, _ := os.ReadFile("/proc/" + path.Base(url) + "/stat")
		if syscall.Kill(pid, 0) != nil || strings.Contains(string(stat), ") Z ") { // an orphan, which others reap
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it runs on")
}

// The time that an attempt may take counts for the command as well.
func TestAskDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := (&Asker{Command: "sleep 60"}).Ask(ctx)
	if _, ok := errors.AsType[*CommandError](err); !ok || !strings.Contains(err.Error(), "no answer within ") {
		t.Errorf("got %v", err)
	}
}
