//go:build interop

package differential

import (
	"bytes"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// A row is one command line, what it is run against, and what happens meanwhile.
// In args {R} is rtmp://HOST:PORT of the server, {H} the host, {P} the port,
// {W} a web server's URL, {D} a directory of the run's own and {O} the file out.flv in it.
type row struct {
	name   string
	server func(*rig, testing.TB) string // HOST:PORT
	args   []string
	ours   []string // more, for rtmpull alone

	direct  bool                                 // nothing is recorded of what is sent
	cut     int64                                // bytes of the first connection that arrive; 0: all
	prepare func(g *rig, t testing.TB, d string) // makes what is there before
	bare    bool                                 // HOME is not set
	during  func(t testing.TB, r *run)
	stdout  string   // where to instead
	closed  bool     // nobody reads stdout, but for the FLV header
	patient bool     // it takes seconds
	live    bool     // the two come at different moments of a stream, or leave at some
	expect  []string // the differences that are meant to be
}

// A run is one program's way through a row.
type run struct {
	*peertest.Process
	tap      *tap // nil: there is none
	dir, out string
	args     []string
	said     *kept // on stderr
	got      *kept // on stdout
	piped    bool  // which is where it records to
	own      *strings.Replacer
}

// An outcome is what is compared.
type outcome struct {
	Sent   []string
	torn   bool // the last connection: the end of what was sent may be lost
	Status int
	Said   []string // in its shape
	File   []byte   // out.flv, or stdout; nil: there is none
	Others []string // what else there is, by name
	text   string   // what was said
}

// kept is what a process writes to a pipe. It is all there once the process has ended,
// however busy the machine.
type kept struct {
	bytes.Buffer
	wait sync.WaitGroup
}

// keep reads at most n bytes of what is written to the file that it returns, which is
// for a process and is to be closed when that has it.
func (k *kept) keep(t testing.TB, n int64) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	k.wait.Go(func() {
		defer r.Close()
		_, _ = io.CopyN(k, r, n)
	})
	return w
}

// both runs both programs, side by side.
func (r *row) both(t testing.TB, g *rig) (theirs, ours outcome) {
	t.Helper()
	a, b := r.start(t, g, g.theirs), r.start(t, g, g.ours)
	if r.during != nil {
		r.during(t, a)
		r.during(t, b)
	}
	return a.end(t), b.end(t)
}

// start starts a program.
func (r *row) start(t testing.TB, g *rig, program string) *run {
	t.Helper()
	run := &run{dir: t.TempDir(), said: new(kept), got: new(kept)}
	run.out = filepath.Join(run.dir, "out.flv")
	addr := r.server(g, t)
	if !r.direct {
		run.tap = newTap(t, addr, r.cut)
		addr = run.tap.Addr
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	if r.prepare != nil {
		r.prepare(g, t, run.dir)
	}
	run.own = strings.NewReplacer(addr, "HOST:PORT", run.dir, "{D}", g.web, "{W}", program, "rtmpdump")
	fill := strings.NewReplacer("{R}", "rtmp://"+addr, "{H}", host, "{P}", port, "{D}", run.dir, "{W}", g.web, "{O}", run.out)
	cmd := exec.Command(program)
	for _, a := range r.args {
		cmd.Args = append(cmd.Args, fill.Replace(a))
	}
	run.args, run.piped = cmd.Args[1:], toStdout(cmd.Args)
	if program == g.ours {
		cmd.Args = append(cmd.Args, r.ours...)
	}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + run.dir}
	if !r.bare {
		cmd.Env = append(cmd.Env, "HOME="+run.dir)
	}
	cmd.Dir = run.dir
	said, got := run.said.keep(t, math.MaxInt64), run.got.keep(t, r.readers())
	cmd.Stderr, cmd.Stdout = said, got
	if r.stdout != "" {
		f, err := os.OpenFile(r.stdout, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.Stdout = f
	}
	run.Process = peertest.Start(t, cmd)
	_, _ = said.Close(), got.Close()
	return run
}

// end waits for the program's end, and gathers what it has done.
func (r *run) end(t testing.TB) outcome {
	t.Helper()
	o := outcome{Status: r.Wait(peertest.Patience)}
	r.said.wait.Wait()
	r.got.wait.Wait()
	o.text = r.said.String()
	o.Said = shape(o.text, r.own)
	if r.tap != nil {
		o.Sent, o.torn = r.tap.sent(r.own)
	}
	if r.piped {
		o.File = r.got.Bytes()
	}
	names, err := os.ReadDir(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if n.Name() != filepath.Base(r.out) {
			o.Others = append(o.Others, "beside it "+n.Name())
			continue
		}
		data, err := os.ReadFile(r.out)
		if err != nil {
			t.Fatal(err)
		}
		o.File = append([]byte{}, data...) // not nil
	}
	return o
}

// readers is how many bytes somebody reads of standard output.
func (r *row) readers() int64 {
	if r.closed {
		return flvHeader
	}
	return math.MaxInt64
}

// toStdout tells whether a command line records to standard output.
func toStdout(args []string) bool {
	if slices.ContainsFunc(args, func(a string) bool { return strings.HasSuffix(a, "/out.flv") }) {
		return false
	}
	if i := slices.Index(args, "--flv"); i >= 0 {
		return args[i+1] == "/dev/fd/1"
	}
	i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "-o") })
	return i < 0 || args[i] == "-o" && args[i+1] == "-"
}
