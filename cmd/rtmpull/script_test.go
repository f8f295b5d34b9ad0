//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/proxy/proxytest"
)

// patience is how long a script waits for what should come at once.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	if isRtmpdump(os.Args[0]) { // a link of a script's; in PATH that name is Debian's
		main()
	}
	testscript.Main(m, map[string]func(){"rtmpull": main})
}

// TestScript runs the scripts in testdata/script against the built command.
// Besides testscript's own commands they have those in scriptCommands.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Cmds:                scriptCommands,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root": // whom no permission stops
				return os.Getuid() == 0, nil
			case "mount": // who may have a file system of his own
				return exec.Command("unshare", "-m", "true").Run() == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Setup: func(e *testscript.Env) error {
			samples, err := filepath.Abs("../../testdata/flv")
			if err != nil {
				return err
			}
			e.Setenv("SAMPLES", samples)
			e.Setenv("GORACE", "atexit_sleep_ms=0") // or each command takes a second to end
			e.Values[testKey{}] = e.T()
			e.Values[logKey{}] = new(serverLog)
			e.Values[webKey{}] = new(webServer)
			e.Values[proxyKey{}] = new(*proxytest.Server)
			return nil
		},
	})
}

// testKey is where a script's *testing.T is found.
type testKey struct{}

func scriptT(ts *testscript.TestScript) testing.TB { return ts.Value(testKey{}).(testing.TB) }

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

var scriptCommands = map[string]scriptCommand{
	"exits":        cmdExits,
	"signal":       cmdSignal,
	"prompt":       cmdPrompt,
	"server":       cmdServer,
	"hostile":      cmdHostile,
	"forgetful":    cmdForgetful,
	"taker":        cmdTaker,
	"nobody":       cmdNobody,
	"logs":         cmdLogs,
	"halt":         cmdHalt,
	"spoil":        cmdSpoil,
	"certificates": cmdCertificates,
	"tls":          cmdTLS,
	"tunnel":       cmdTunnel,
	"probe":        cmdProbe,
	"tags":         cmdTags,
	"joined":       cmdJoined,
	"sample":       cmdSample,
	"json":         cmdJSON,
	"smaller":      cmdSmaller,
	"proxy":        cmdProxy,
	"asked":        cmdAsked,
	"web":          cmdWeb,
	"fetched":      cmdFetched,
}

// need fails the script unless it has used a command as it is meant.
func need(ts *testscript.TestScript, ok bool, usage string) {
	if !ok {
		ts.Fatalf("usage: %s", usage)
	}
}

// cmdExits runs a program, which has to end with this status.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) >= 2, "exits STATUS PROGRAM [ARG...]")
	err := ts.Exec(args[1], args[2:]...)
	checkExit(ts, args[0], err, ts.ReadFile("stderr"))
}

func checkExit(ts *testscript.TestScript, want string, err error, stderr string) {
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode() // -1: killed by a signal
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != want {
		ts.Fatalf("exit status %d, want %s", got, want)
	}
	if strings.Contains(stderr, "panic:") || strings.Contains(stderr, "goroutine ") {
		ts.Fatalf("it panicked")
	}
}

// cmdSignal runs a program and sends it signals when something has happened: a file
// has begun to grow, or FILE~TEXT has that text. The file - is what the program says on
// stderr, and log what the last server does. Between the signals there may be more of
// that to be waited for, and pauses.
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) >= 4, "signal SIG[,PAUSE][,FILE][,SIG] FILE[,FILE] STATUS PROGRAM [ARG...]")
	signalled(ts, args, patience)
}

// cmdPrompt is cmdSignal for a program that has to end soon, within a second if the
// machine is not busy, and has something to wait for that would take it 20 s or more.
func cmdPrompt(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) >= 4, "prompt SIG[,PAUSE][,FILE][,SIG] FILE[,FILE] STATUS PROGRAM [ARG...]")
	signalled(ts, args, 10*time.Second)
}

func signalled(ts *testscript.TestScript, args []string, limit time.Duration) {
	// What we start ignores what we ignore, as under nohup. What we catch it
	// takes by default, as the script means it.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	cmd := exec.Command(args[3], args[4:]...)
	cmd.Dir = ts.MkAbs(".")
	// Files, not pipes: the program's death must not wait for readers.
	stdout, stderr := tempFile(ts), tempFile(ts)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	ts.Check(cmd.Start())
	var ended error
	done := make(chan struct{})
	go func() {
		defer close(done)
		ended = cmd.Wait()
	}()
	defer func() { _ = cmd.Process.Kill() }()
	for what := range strings.SplitSeq(args[1]+","+args[0], ",") {
		if pause, err := time.ParseDuration(what); err == nil {
			select {
			case <-done: // the other signals may be too late
			case <-time.After(pause):
			}
			continue
		}
		sig, ok := scriptSignals[what]
		if !ok {
			await(ts, what, stderr.Name(), done)
			continue
		}
		err := cmd.Process.Signal(sig)
		if !errors.Is(err, os.ErrProcessDone) { // the first of several may do
			ts.Check(err)
		}
	}
	select {
	case <-done:
		for w, f := range map[io.Writer]*os.File{ts.Stdout(): stdout, ts.Stderr(): stderr} {
			b, e := os.ReadFile(f.Name())
			ts.Check(e)
			_, _ = w.Write(b)
		}
		said, _ := os.ReadFile(stderr.Name())
		checkExit(ts, args[2], ended, string(said))
	case <-time.After(limit):
		ts.Fatalf("still running")
	}
}

// await waits for what cmdSignal is to wait for, or until done.
func await(ts *testscript.TestScript, what, stderr string, done <-chan struct{}) {
	file, text, _ := strings.Cut(what, "~")
	read := func() string {
		if file == "log" {
			return ts.Value(logKey{}).(*serverLog).String()
		}
		b, _ := os.ReadFile(ts.MkAbs(file))
		return string(b)
	}
	if file == "-" {
		file = stderr
	}
	if !poll(func() bool {
		select {
		case <-done:
			return true
		default:
		}
		has := read()
		return has != "" && strings.Contains(has, text)
	}) {
		said, _ := os.ReadFile(stderr)
		ts.Fatalf("waited in vain for %s:\n%s", what, said)
	}
}

var scriptSignals = map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}

func tempFile(ts *testscript.TestScript) *os.File {
	f, err := os.CreateTemp(scriptT(ts).TempDir(), "")
	ts.Check(err)
	ts.Defer(func() { _ = f.Close() })
	return f
}

func size(file string) int64 {
	fi, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return fi.Size()
}

// poll waits for something to become true.
func poll(ok func() bool) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return ok()
}

// cmdServer starts rtmpull serve on a free port and sets $ADDR to its address
// and $URL to the stream of the first file. In the end it has to stop in good order.
func cmdServer(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) > 0, "server [ARG...] FILE...")
	cmd := exec.Command("rtmpull", append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	said := new(safeBuffer)
	lines := bufio.NewReader(stderr)
	stop := func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_, _ = io.Copy(said, lines)
		return cmd.Wait()
	}
	line, err := lines.ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "serving ")
	if err != nil || !ok {
		_ = stop()
		ts.Fatalf("the server says: %s%s", line, said)
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(said, lines)
	}()
	end := func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-drained
	}
	*ts.Value(logKey{}).(*serverLog) = serverLog{said, end}
	t := scriptT(ts)
	ts.Defer(func() {
		end()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ends with %v:\n%s", err, said)
		}
	})
	addr := strings.Split(url, "/")[2]
	ts.Setenv("ADDR", addr)
	_, port, _ := strings.Cut(addr, ":")
	ts.Setenv("PORT", port)
	first := slices.IndexFunc(args, func(s string) bool { return strings.HasSuffix(s, ".flv") })
	name, _ := streamName(args[first])
	ts.Setenv("URL", "rtmp://"+addr+"/"+name)
}

// cmdJSON fails unless a file, or stdout or stderr, is made of JSON lines of
// these types in this order. A type may end in * for any number of it.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) > 1, "json FILE TYPE...")
	want := args[1:]
	last := -1.0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var event struct {
			Type    string    `json:"message_type"`
			Time    time.Time `json:"time"`
			Elapsed float64   `json:"elapsed"`
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			ts.Fatalf("%v: %s", err, line)
		}
		if event.Type != "log" { // which has no clock of its own
			if event.Elapsed < last {
				ts.Fatalf("a line out of order: %s", line)
			}
			last = event.Elapsed
		}
		if event.Time.IsZero() {
			ts.Fatalf("a line without a time: %s", line)
		}
		for len(want) > 0 && strings.HasSuffix(want[0], "*") && strings.TrimSuffix(want[0], "*") != event.Type {
			want = want[1:]
		}
		if len(want) == 0 {
			ts.Fatalf("one line too many: %s", line)
		}
		if strings.TrimSuffix(want[0], "*") != event.Type {
			ts.Fatalf("want %s, got %s", want[0], line)
		}
		if !strings.HasSuffix(want[0], "*") {
			want = want[1:]
		}
	}
	if len(want) > 0 {
		ts.Fatalf("no line of type %v", want)
	}
}

// cmdSmaller fails unless a file has at most so many bytes, and some.
func cmdSmaller(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 2, "smaller FILE BYTES")
	limit, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	if n := size(ts.MkAbs(args[0])); n == 0 || n > limit {
		ts.Fatalf("%s has %d bytes, want at most %d", args[0], n, limit)
	}
}

// startServer starts rtmpull serve until the test ends, and returns the URL of its
// first stream.
func startServer(t *testing.T, args ...string) string {
	t.Helper()
	server := exec.Command("rtmpull", append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	said, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	line, _ := bufio.NewReader(said).ReadString('\n')
	return strings.TrimPrefix(strings.TrimSpace(line), "serving ")
}

// safeBuffer is a bytes.Buffer for two goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
