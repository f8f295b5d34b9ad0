package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// Windows knows no capitals in names.
func TestIsRtmpdump(t *testing.T) {
	for name, want := range map[string]bool{
		"rtmpdump": true, "/usr/bin/rtmpdump": true, "RTMPDump": true, "rtmpdump.exe": true, "RTMPDUMP.EXE": true,
		"rtmpull": false, "rtmpdump.sh": false, "": false,
	} {
		if got := isRtmpdump(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// dumped runs rtmpdump's command line until it has done or ctx ends, and returns its
// status and what it said.
func dumped(ctx context.Context, t *testing.T, stdout *os.File, args ...string) (status int, said string) {
	t.Helper()
	return dumpedBy(ctx, t, &environment{args: args, stdout: stdout})
}

// dumpedBy is dumped with more of an environment.
func dumpedBy(ctx context.Context, t *testing.T, env *environment) (status int, said string) {
	t.Helper()
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	env.program, env.stderr, env.getenv = "rtmpdump", stderr, func(string) string { return "" }
	status = execute(ctx, env)
	b, err := os.ReadFile(stderr.Name())
	if err != nil {
		t.Fatal(err)
	}
	return status, string(b)
}

// A signal is told also where the reader of standard output is looked after, while
// that begins.
func TestRtmpdumpIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, []byte{0x12, 0, 1, 2, 3})
		p.Settle()
		cancel(&signalError{syscall.SIGTERM})
		p.Linger()
	})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	defer w.Close()
	status, said := dumped(ctx, t, w, "-v", "-r", s.URL("live/show"))
	if status != statusIncomplete || !strings.Contains(said, "\nCaught signal: 15, ") {
		t.Errorf("status %d: %s", status, said)
	}
}

// understands reads a command line, and returns what there is to be warned of.
func understands(t *testing.T, args ...string) (d *dump, warned string, err error) {
	t.Helper()
	d = newDump(&environment{getenv: func(string) string { return "" }})
	d.warn = func(format string, args ...any) { warned += fmt.Sprintf(format, args...) + "\n" }
	if err := d.flags.parse(args); err != nil {
		t.Fatal(err)
	}
	_, err = d.understood()
	return d, warned, err
}

// A name that begins with @ is one: nothing is read from there.
func TestRtmpdumpReadsNoFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("rtmp://h/a/b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, option := range []string{"-r", "-i"} {
		if _, _, err := understands(t, option, "@"+file, "-o", "x"); err == nil || !strings.Contains(err.Error(), "no scheme") {
			t.Errorf("%s: %v", option, err)
		}
	}
	if d, _, err := understands(t, "-i", "rtmp://h/a/b token=@"+file, "-o", "x"); err != nil || d.source.token != "@"+file {
		t.Errorf("the token is %q: %v", d.source.token, err)
	}
}

// What -i is given is in a file at most, and not what is in that.
func TestURLOptionsNameNoFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("@"+file+" live=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &sourceFlags{options: "@" + file}
	if err := f.unfold(new(networkFlags), func(string) bool { return false }); err == nil || !strings.Contains(err.Error(), "no scheme") {
		t.Errorf("%v", err)
	}
}

// A word that is no option may be one behind a URL that was not quoted, with a secret.
func TestRtmpdumpPassesOver(t *testing.T) {
	_, warned, err := understands(t, "-r", "rtmp://h/a/b", "token=secret", "rtmp://u:secret@h/?key=secret", "word", "-o", "x")
	if err != nil || strings.Contains(warned, "secret") || !strings.Contains(warned, "token=") || !strings.Contains(warned, "word is no option") {
		t.Errorf("%v, %s", err, warned)
	}
}

// A signal that comes before anything is connected to is one, too.
func TestRtmpdumpIsInterruptedAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(&signalError{syscall.SIGINT})
	status, said := dumped(ctx, t, nil, "-r", "rtmp://127.0.0.1:1/a/b", "-o", filepath.Join(t.TempDir(), "x"))
	if status != statusConnect || !strings.Contains(said, "\nCaught signal: 2, ") {
		t.Errorf("status %d: %s", status, said)
	}
}

// What it ends with is told honestly: 2 is for what has come in part, and 1 for nothing.
func TestRtmpdumpStatuses(t *testing.T) {
	frame := []byte{0x12, 0, 1, 2, 3}
	done := func(p *rtmptest.Peer) {
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	}
	for name, test := range map[string]struct {
		args   string
		server rtmptest.Script
		status int
		says   string
	}{
		"complete": {"", func(p *rtmptest.Peer) { p.AcceptPlay(); p.Video(0, frame); done(p) }, statusOK, "Download complete"},
		"cut":      {"--retry 0", func(p *rtmptest.Peer) { p.AcceptPlay(); p.Video(0, frame) }, statusIncomplete, "try resuming"},
		"cut live": {"-v --retry 0", func(p *rtmptest.Peer) { p.AcceptPlay(); p.Video(0, frame) }, statusIncomplete, "try resuming"},
		"silent":   {"-m 0.2 --retry 0", func(p *rtmptest.Peer) { p.AcceptPlay(); p.Video(0, frame); p.Linger() }, statusIncomplete, "try resuming"},
		"nothing":  {"-m 0.2 --retry 0", func(p *rtmptest.Peer) { p.AcceptPlay(); p.Linger() }, statusFailed, "ERROR: h:1935: no media within "},
		"not live": {"-v -m 0.2", func(p *rtmptest.Peer) { p.AcceptPlay(); p.Linger() }, statusFailed, "\nStarting Live Stream\n"},
		"hung up":  {"", func(p *rtmptest.Peer) { p.Handshake(); p.Expect("connect") }, statusFailed, "ERROR: "},
		"refused": {"", func(p *rtmptest.Peer) {
			p.Handshake()
			p.Error(p.Expect("connect"), "NetConnection.Connect.Rejected", "no")
		}, statusFailed, "ERROR: "},
		"refused in the middle": {"--retry 0", func(p *rtmptest.Peer) {
			p.AcceptPlay()
			p.Video(0, frame)
			p.Status("error", "NetStream.Play.Failed")
			p.Linger()
		}, statusIncomplete, "try resuming"},
		"no handshake": {"", func(*rtmptest.Peer) {}, statusConnect, "ERROR: "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				name := filepath.Join(t.TempDir(), "x")
				env := &environment{
					args: append(strings.Fields(test.args), "-r", "rtmp://h/live/show", "-o", name),
					dial: rtmptest.Dial(t, test.server, test.server, test.server),
				}
				status, said := dumpedBy(t.Context(), t, env)
				if status != test.status || !strings.Contains(said, test.says) {
					t.Errorf("status %d, want %d: %s", status, test.status, said)
				}
				if complete := strings.Contains(said, "Download complete"); complete != (status == statusOK) {
					t.Errorf("status %d: %s", status, said)
				}
				if fi, err := os.Stat(name); status == statusFailed && (err != nil || fi.Size() > 0) {
					t.Errorf("what nothing came of is %v, %v", fi, err)
				}
			})
		})
	}
}

// A signal is 3 before there is a connection, 1 before there is a stream, and 2 then.
func TestRtmpdumpSignals(t *testing.T) {
	for name, test := range map[string]struct {
		reach  func(p *rtmptest.Peer)
		status int
	}{
		"handshake": {func(*rtmptest.Peer) {}, statusConnect},
		"connect":   {func(p *rtmptest.Peer) { p.Handshake(); p.Expect("connect"); p.Settle() }, statusFailed},
		"media":     {func(p *rtmptest.Peer) { p.AcceptPlay(); p.Video(0, []byte{0x12, 0, 1, 2, 3}); p.Settle() }, statusIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
				test.reach(p)
				cancel(&signalError{syscall.SIGTERM})
				_, _ = io.Copy(io.Discard, p.Conn)
			})
			status, said := dumped(ctx, t, nil, "-r", s.URL("live/show"), "-o", filepath.Join(t.TempDir(), "x"))
			if status != test.status || !strings.Contains(said, "\nCaught signal: 15, ") {
				t.Errorf("status %d, want %d: %s", status, test.status, said)
			}
		})
	}
}

// What is told in the end is how large the file is.
func TestRtmpdumpTellsTheSize(t *testing.T) {
	s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
		p.AcceptPlay()
		for i := range uint32(50) {
			p.Video(i*40, []byte{0x12, 0, 1, 2, 3})
		}
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	})
	file := filepath.Join(t.TempDir(), "x")
	_, said := dumped(context.Background(), t, nil, "-r", s.URL("live/show"), "-o", file)
	fi, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if last := said[strings.LastIndexByte(said, '\r')+1:]; !strings.HasPrefix(last, fmt.Sprintf("%.3f kB / ", float64(fi.Size())/1024)) {
		t.Errorf("of %d bytes it says %s", fi.Size(), last)
	}
}

// Metadata is an encoder's, which may have put into it where it sends to.
func TestRtmpdumpMasksMetadata(t *testing.T) {
	s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
		p.AcceptPlay()
		o := &amf.Object{Kind: amf.ECMAArray}
		o.Set("encoder", amf.String("rtmp://h/live/show?key=opensesame"))
		o.Set("title", amf.String("a\x1b[31m\nb"))
		p.Data(0, amf.String("onMetaData"), o)
		p.Video(0, []byte{0x12, 0, 1, 2, 3})
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	})
	status, said := dumped(context.Background(), t, nil, "-r", s.URL("live/show?key=opensesame"), "-o", filepath.Join(t.TempDir(), "x"))
	if status != statusOK || !strings.Contains(said, "\nINFO:   encoder               rtmp://h/live/show?key=***\n") ||
		!strings.Contains(said, "\nINFO:   title                 a [31m b\n") {
		t.Errorf("status %d: %s", status, said)
	}
}
