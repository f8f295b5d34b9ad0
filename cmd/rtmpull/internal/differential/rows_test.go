//go:build interop

package differential

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// recorded waits until there are d in the file.
func recorded(t testing.TB, r *run, d time.Duration) {
	t.Helper()
	peertest.WaitRecorded(t, r.Process, r.out, d)
}

func signalled(s syscall.Signal) func(testing.TB, *run) {
	return func(t testing.TB, r *run) {
		recorded(t, r, 500*time.Millisecond)
		if err := syscall.Kill(r.PID(), s); err != nil {
			t.Error(err)
		}
	}
}

// watched is interrupted when it has seen enough to have something in common.
func watched(t testing.TB, r *run) {
	recorded(t, r, 2500*time.Millisecond)
	if err := syscall.Kill(r.PID(), syscall.SIGINT); err != nil {
		t.Error(err)
	}
}

// half is a file that rtmpdump has begun, and that is torn.
func half(g *rig, t testing.TB, d string) { part(t, g.partial, d) }

func complete(g *rig, t testing.TB, d string) { part(t, g.complete, d) }

func part(t testing.TB, from, d string) {
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(filepath.Join(d, "out.flv"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// torn is what whole has sent in 1.2 s.
func torn(g *rig, t testing.TB, d string) { part(t, g.torn, d) }

// begun is what has but one key frame.
func begun(g *rig, t testing.TB, d string) { part(t, g.begun, d) }

// broken is torn without its last bytes.
func broken(g *rig, t testing.TB, d string) {
	torn(g, t, d)
	file := filepath.Join(d, "out.flv")
	info, err := os.Stat(file)
	if err == nil {
		err = os.Truncate(file, info.Size()-100)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func emptyFile(_ *rig, t testing.TB, d string) {
	if err := os.WriteFile(filepath.Join(d, "out.flv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// once is for rtmpull, which would take up a stream again that is lost.
var once = []string{"--retry", "0"}

var rows = []row{
	{name: "vod", expect: []string{"R4"}, server: film, args: []string{"-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "vod nginx", expect: []string{"R4"}, server: nginx, args: []string{"-r", "{R}/vod/bars.flv", "-y", "bars.flv", "-o", "{O}"}},
	{name: "live nginx -v", expect: []string{"interrupted", "profile"}, live: true, server: nginx, args: []string{"-v", "-r", "{R}/live/show", "-o", "{O}"}, during: watched},
	{name: "live nginx without -v", expect: []string{"interrupted", "profile"}, live: true, server: nginx, args: []string{"-r", "{R}/live/show", "-o", "{O}"}, during: watched},
	{name: "live serve -v", expect: []string{"interrupted", "live percent"}, live: true, server: paced, args: []string{"-v", "-r", "{R}/live/bars", "-o", "{O}"}, during: signalled(syscall.SIGINT)},
	{name: "scripted", server: scripted(whole), args: []string{"-r", "{R}/app/show", "-o", "{O}"}},
	{name: "many options", server: scripted(whole), args: []string{
		"-r", "{R}/app/show", "-a", "other/app", "-y", "mp4:path?x=1", "-t", "rtmp://example.com/tc", "-p", "http://example.com/page", "-s", "http://example.com/p.swf",
		"-f", "WIN 10,1,2,3", "-u", "secret auth", "-o", "{O}",
	}},
	{name: "conn", server: scripted(whole), args: []string{
		"-r", "{R}/app/show", "-C", "B:1", "-C", "S:authMe", "-C", "O:1", "-C", "NN:code:1.23", "-C", "NS:flag:ok", "-C", "NB:yes:0", "-C", "NO:in:1", "-C", "NS:x:y", "-C", "O:0", "-C", "O:0", "-C", "N:5", "-C", "Z:", "-C", "S:", "-o", "{O}",
	}},
	{name: "conn member outside", server: scripted(whole), args: []string{
		"-r", "{R}/app/show", "-C", "NN:b:2", "-o", "{O}",
	}},
	{name: "conn numbers", expect: []string{"R31"}, server: scripted(whole), args: []string{
		"-r", "{R}/app/show", "-C", "N:1e3", "-C", "N:junk", "-C", "B:junk", "-C", "B:true", "-C", "B:2", "-o", "{O}",
	}},
	{name: "conn bad", server: scripted(whole), args: []string{"-r", "{R}/app/show", "-C", "Q:1", "-o", "{O}"}},
	{name: "conn O:0 alone", expect: []string{"R30"}, server: scripted(whole), args: []string{"-r", "{R}/app/show", "-C", "O:0", "-o", "{O}"}},
	{name: "conn O:1 open", expect: []string{"-C open"}, server: scripted(whole), args: []string{"-r", "{R}/app/show", "-C", "O:1", "-C", "NS:a:b", "-o", "{O}"}},
	{name: "playlist", expect: []string{"set_playlist"}, server: scripted(whole), args: []string{"-r", "{R}/app/show", "-Y", "-o", "{O}"}},
	{name: "playlist live", expect: []string{"live percent", "set_playlist"}, server: scripted(whole), args: []string{"-r", "{R}/app/show", "-Y", "-v", "-o", "{O}"}},
	{name: "live scripted", expect: []string{"live percent"}, server: scripted(whole), args: []string{"-r", "{R}/app/show", "-v", "-o", "{O}"}},
	{name: "subscribe", server: scripted(whole), args: []string{"-r", "{R}/app/show", "-d", "sub", "-o", "{O}"}},
	{name: "subscribe live", expect: []string{"live percent"}, server: scripted(whole), args: []string{"-r", "{R}/app/show", "-d", "sub", "-v", "-o", "{O}"}},
	{name: "resume that works", expect: []string{"resume line", "further back"}, server: scripted(resumable(0)), prepare: torn, args: []string{"-e", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "resume, absolute times", expect: []string{"resume line", "R10"}, server: scripted(resumable(1)), prepare: torn, args: []string{"-e", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "long names", expect: []string{"live percent", "set_playlist"}, server: scripted(whole), args: []string{
		"--rtmp", "{R}/app/show", "--app=mine", "--playpath", "p", "--tcUrl", "rtmp://t/", "--pageUrl", "http://p/", "--swfUrl", "http://s/", "--flashVer", "F",
		"--auth", "a", "--conn", "S:x", "--live", "--subscribe", "q", "--buffer", "5000", "--timeout", "9", "--playlist", "--flv", "{O}",
	}},
	{name: "start", expect: []string{"R5", "R26"}, server: film, args: []string{"-r", "{R}/vod/bars", "-A", "5", "-o", "{O}"}},
	{name: "stop", expect: []string{"R4"}, server: film, args: []string{"-r", "{R}/vod/bars", "-B", "5", "-o", "{O}"}},
	{name: "start stop", expect: []string{"R4", "R5", "R26"}, server: film, args: []string{"-r", "{R}/vod/bars", "-A", "2.5", "-B", "5.5", "-o", "{O}"}},
	{name: "stop before start", expect: []string{"already"}, server: film, args: []string{"-r", "{R}/vod/bars", "-A", "5", "-B", "5", "-o", "{O}"}},
	{name: "start live", expect: []string{"R4", "live percent"}, server: film, args: []string{"-r", "{R}/vod/bars", "-A", "5", "-v", "-o", "{O}"}},
	{name: "start beyond the end", expect: []string{"nothing came", "beyond"}, server: film, args: []string{"-r", "{R}/vod/bars", "-A", "50", "-o", "{O}"}},
	{name: "buffer", expect: []string{"R4"}, server: film, args: []string{"-r", "{R}/vod/bars", "-b", "600000", "-o", "{O}"}},
	{name: "buffer small", expect: []string{"R4"}, server: film, args: []string{"-r", "{R}/vod/bars", "-b", "1000", "-o", "{O}"}, patient: true},
	{name: "buffer negative", expect: []string{"R31"}, server: film, args: []string{"-r", "{R}/vod/bars", "-b", "-5", "-o", "{O}"}},
	{name: "token", server: scripted(tokened), args: []string{"-r", "{R}/app/show", "-T", "#ed%h0#w@1", "-o", "{O}"}},
	{name: "token asked for and not given", server: scripted(tokened), args: []string{"-r", "{R}/app/show", "-o", "{O}"}},
	{name: "jtv", server: scripted(whole), args: []string{"-r", "{R}/app/show", "-j", `{"token":"x"}`, "-o", "{O}"}},
	{name: "host port protocol", server: scripted(whole), args: []string{"-n", "{H}", "-c", "{P}", "-l", "0", "-a", "app", "-y", "show", "-o", "{O}"}},
	{name: "host before url", server: scripted(whole), args: []string{"-n", "{H}", "-c", "{P}", "-a", "mine", "-r", "rtmp://example.com:1/app/show", "-o", "{O}"}},
	{name: "host after url", server: scripted(whole), args: []string{"-r", "rtmp://example.com:1/app/show", "-n", "{H}", "-c", "{P}", "-a", "mine", "-o", "{O}"}},
	{name: "protocol 9", expect: []string{"help with it"}, server: scripted(whole), args: []string{"-l", "9", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "url string", expect: []string{"live percent", "R21 live"}, server: scripted(whole), args: []string{"-i", `{R}/app/show app=other playpath=my\20path tcUrl=rtmp://x/y pageUrl=http://p swfUrl=http://s flashver=WIN\2010 conn=S:a conn=O:1 conn=NN:b:2 conn=O:0 live=1 subscribe=sub`, "-o", "{O}"}},
	{name: "url string plain", expect: []string{"R21 flashVer"}, server: scripted(whole), args: []string{"-i", `{R}/app/show`, "-o", "{O}"}},
	{name: "url string start stop", expect: []string{"R4", "R5", "R26", "R21 flashVer", "R21 buffer"}, server: film, args: []string{"-i", `{R}/vod/bars start=2000 stop=4000 buffer=1000`, "-o", "{O}"}},
	{name: "url string playlist token jtv", expect: []string{"set_playlist", "R21 flashVer"}, server: scripted(tokened), args: []string{"-i", `{R}/app/show playlist=yes jtv=x token=#ed%h0#w@1`, "-o", "{O}"}},
	{name: "url string unknown key", server: scripted(whole), args: []string{"-i", `{R}/app/show foo=1`, "-o", "{O}"}},
	{name: "url string bad escape", server: scripted(whole), args: []string{"-i", `{R}/app/show app=x\2`, "-o", "{O}"}},
	{name: "url string no equals", expect: []string{"-i words"}, server: scripted(whole), args: []string{"-i", `{R}/app/show foo`, "-o", "{O}"}},
	{name: "url string and others", expect: []string{"live percent", "R21"}, server: scripted(whole), args: []string{"-i", `{R}/app/show`, "-a", "mine", "-y", "path", "-f", "X", "-v", "-A", "1", "-C", "S:q", "-o", "{O}"}},
	{name: "quiet", expect: []string{"R4"}, server: film, args: []string{"-q", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "quiet long", server: film, args: []string{"--quiet", "-r", "{R}/vod/none", "-o", "{O}"}},
	{name: "verbose", expect: []string{"R4"}, server: film, args: []string{"-V", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "verbose live", expect: []string{"live percent"}, server: scripted(whole), args: []string{"-V", "-v", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "debug", server: scripted(whole), args: []string{"-z", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "hashes", expect: []string{"R4"}, server: film, args: []string{"-#", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "hashes unknown", expect: []string{"R2"}, server: scripted(cutUnknown), ours: once, args: []string{"-#", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "to stdout", expect: []string{"R4"}, server: film, args: []string{"-r", "{R}/vod/bars", "-o", "-"}},
	{name: "no -o", expect: []string{"R4"}, server: film, args: []string{"-r", "{R}/vod/bars"}},
	{name: "no -o quiet", expect: []string{"R4"}, server: film, args: []string{"-q", "-r", "{R}/vod/bars"}},
	{name: "resume half", expect: []string{"resume line", "R10"}, server: film, prepare: half, args: []string{"-e", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "resume half nginx", expect: []string{"resume line", "R10"}, server: nginx, prepare: half, args: []string{"-e", "-r", "{R}/vod/bars.flv", "-y", "bars.flv", "-o", "{O}"}},
	{name: "resume half skip", expect: []string{"resume line", "R10"}, server: film, prepare: half, args: []string{"-e", "-k", "1", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "resume complete", expect: []string{"resume all", "resume line", "R10"}, server: film, prepare: complete, args: []string{"-e", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "resume no file", expect: []string{"R4"}, server: film, args: []string{"-e", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "resume empty file", expect: []string{"R9"}, server: film, prepare: emptyFile, args: []string{"-e", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "resume to stdout", expect: []string{"R4"}, server: film, args: []string{"-e", "-r", "{R}/vod/bars", "-o", "-"}},
	{name: "resume live", expect: []string{"live percent"}, server: scripted(whole), prepare: half, args: []string{"-e", "-v", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "resume not FLV", server: film, prepare: func(_ *rig, t testing.TB, d string) {
		if err := os.WriteFile(filepath.Join(d, "out.flv"), []byte("This is no FLV file at all, but it is long enough.\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}, args: []string{"-e", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "skip without resume", expect: []string{"R4"}, server: film, args: []string{"-k", "1", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "overwrites", expect: []string{"R4"}, server: film, prepare: half, args: []string{"-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "realtime", expect: []string{"R4", "realtime line"}, server: film, args: []string{"-R", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "a silent server", server: scripted(silent), args: []string{"-m", "3", "-r", "{R}/app/show", "-o", "{O}"}, patient: true},
	{name: "no media comes", expect: []string{"nothing came", "R1"}, server: scripted(waits, waits), ours: once, args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}, patient: true},
	{name: "media stops", expect: []string{"R1"}, server: scripted(stalls, stalls), ours: once, args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}, patient: true},
	{name: "media stops, live", expect: []string{"live percent", "last progress"}, server: scripted(stalls, stalls), ours: once, args: []string{"-v", "-m", "2", "-r", "{R}/app/show", "-o", "{O}"}, patient: true},
	{name: "unknown option", expect: []string{"wrong usage"}, server: film, direct: true, args: []string{"--nosuch"}},
	{name: "unknown letter", expect: []string{"wrong usage"}, server: film, direct: true, args: []string{"-Q"}},
	{name: "missing argument", expect: []string{"wrong usage"}, server: film, direct: true, args: []string{"-r"}},
	{name: "help", server: film, direct: true, args: []string{"-h"}},
	{name: "no arguments", expect: []string{"bare words"}, server: film, direct: true, args: nil},
	{name: "a bare word", expect: []string{"R4", "bare words"}, server: film, args: []string{"-r", "{R}/vod/bars", "-o", "{O}", "word"}},
	{name: "abbreviated option", expect: []string{"wrong usage"}, server: film, args: []string{"--rtm", "{R}/vod/bars", "--fl", "{O}"}},
	{name: "ambiguous option", expect: []string{"wrong usage"}, server: film, args: []string{"--s", "{R}/vod/bars", "-o", "{O}"}},
	{name: "junk numbers", expect: []string{"R31"}, server: film, args: []string{"-m", "abc", "-A", "x", "-B", "", "-b", "q", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "port junk", expect: []string{"R31 port"}, server: film, args: []string{"-c", "junk", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "no host", server: film, direct: true, args: []string{"-a", "x", "-y", "z", "-o", "{O}"}},
	{name: "no playpath", server: film, direct: true, args: []string{"-r", "{R}/vod", "-o", "{O}"}},
	{name: "not a URL", expect: []string{"one complaint"}, server: film, direct: true, args: []string{"-r", "vod/bars", "-o", "{O}"}},
	{name: "unknown scheme", expect: []string{"R29"}, server: scripted(whole), args: []string{"-r", "foo://{H}:{P}/app/show", "-o", "{O}"}},
	{name: "stream not found", server: film, args: []string{"-r", "{R}/vod/none", "-o", "{O}"}},
	{name: "stream not found nginx", server: nginx, args: []string{"-m", "2", "-r", "{R}/vod/none", "-o", "{O}"}},
	{name: "stream not found scripted", server: scripted(notFound, notFound), args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "connect rejected", server: scripted(rejected), args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "connect rejected, open", server: scripted(rejectedOpen), args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}, patient: true},
	{name: "unknown app nginx", expect: []string{"openings"}, server: nginx, args: []string{"-m", "2", "-r", "{R}/nope/show", "-o", "{O}"}},
	{name: "refused port", server: refusing, direct: true, args: []string{"-r", "{R}/app/show", "-o", "{O}"}},
	{name: "no such host", server: unknown, direct: true, args: []string{"-r", "{R}/app/show", "-o", "{O}"}},
	{name: "no RTMP", expect: []string{"no RTMP"}, server: scripted(garbage), args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "hangs up", expect: []string{"openings"}, server: scripted(hangsUp, hangsUp, hangsUp, hangsUp), args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "lost in the middle", expect: []string{"last progress"}, server: scripted(cutMid), ours: once, args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "lost in the middle, live", expect: []string{"live percent", "last progress"}, server: scripted(cutMid), ours: once, args: []string{"-v", "-m", "2", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "lost in the middle of unknown length", expect: []string{"last progress", "R2"}, server: scripted(cutUnknown), ours: once, args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "lost within a message", expect: []string{"last progress"}, server: film, cut: 110000, ours: once, args: []string{"-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "fails in the middle", expect: []string{"last progress"}, server: scripted(failed), ours: once, args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "empty stream", expect: []string{"nothing came"}, server: scripted(empty), ours: once, args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "asked for a ping", server: scripted(pings), args: []string{"-r", "{R}/app/show", "-o", "{O}"}},
	{name: "SIGINT", expect: []string{"interrupted"}, live: true, server: paced, args: []string{"-r", "{R}/vod/bars", "-b", "100", "-o", "{O}"}, during: signalled(syscall.SIGINT)},
	{name: "SIGTERM", expect: []string{"interrupted"}, live: true, server: paced, args: []string{"-r", "{R}/vod/bars", "-o", "{O}"}, during: signalled(syscall.SIGTERM)},
	{name: "SIGHUP", expect: []string{"interrupted"}, live: true, server: paced, args: []string{"-r", "{R}/vod/bars", "-o", "{O}"}, during: signalled(syscall.SIGHUP)},
	{name: "SIGINT before play", expect: []string{"interrupted"}, server: scripted(silent), args: []string{"-r", "{R}/vod/bars", "-o", "{O}"}, during: func(t testing.TB, r *run) {
		time.Sleep(300 * time.Millisecond)
		_ = syscall.Kill(r.PID(), syscall.SIGINT)
	}},
	{name: "stdout closed", expect: []string{"broken pipe"}, server: film, args: []string{"-r", "{R}/vod/bars", "-o", "-"}, closed: true},
	{name: "stdout full", server: film, args: []string{"-r", "{R}/vod/bars", "-o", "-"}, stdout: "/dev/full"},
	{name: "disk full", server: film, args: []string{"-r", "{R}/vod/bars", "-o", "/dev/full"}},
	{name: "no folder", expect: []string{"cannot open"}, server: film, args: []string{"-r", "{R}/vod/bars", "-o", "{D}/none/out.flv"}},
	{name: "folder", expect: []string{"cannot open"}, server: film, args: []string{"-r", "{R}/vod/bars", "-o", "{D}"}},
	{name: "swf", server: scripted(asksSWF), args: []string{"-w", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "-x", "4711", "-s", "http://example.com/p.swf", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "swf hash alone", expect: []string{"SWF not asked"}, server: scripted(asksSWF), args: []string{"-w", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "swf size alone", expect: []string{"SWF not asked"}, server: scripted(asksSWF), args: []string{"-x", "4711", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "swfVfy", expect: []string{"R27"}, server: scripted(asksSWF), args: []string{"-W", "{W}/player.swf", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "swfVfy no home", expect: []string{"R27"}, server: scripted(asksSWF), bare: true, args: []string{"-W", "{W}/player.swf", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "swfVfy missing", expect: []string{"SWF missing", "SWF not asked"}, server: scripted(asksSWF), args: []string{"-W", "{W}/none.swf", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "swf asked for and not given", expect: []string{"SWF not asked"}, server: scripted(asksSWF), args: []string{"-r", "{R}/app/show", "-o", "{O}"}},
	{name: "socks refused", server: film, direct: true, args: []string{"-S", "127.0.0.1:1", "-r", "{R}/vod/bars", "-o", "{O}"}},

	{name: "url a/b", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/b", "-o", "{O}"}},
	{name: "url a/b/c", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/b/c", "-o", "{O}"}},
	{name: "url a/b/c/d", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/b/c/d", "-o", "{O}"}},
	{name: "url a/b/c/d/e", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/b/c/d/e", "-o", "{O}"}},
	{name: "url ondemand/x/y/z.mp4", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/ondemand/x/y/z.mp4", "-o", "{O}"}},
	{name: "url app?auth=abc&slist=foo/bar.mp4", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/app?auth=abc&slist=foo/bar.mp4", "-o", "{O}"}},
	{name: "url app/x?slist=mp4:foo/bar&z=1", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/app/x?slist=mp4:foo/bar&z=1", "-o", "{O}"}},
	{name: "url a/v.mp3", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/v.mp3", "-o", "{O}"}},
	{name: "url a/mp4:v.mp4", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/mp4:v.mp4", "-o", "{O}"}},
	{name: "url a/flv:v.flv", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/flv:v.flv", "-o", "{O}"}},
	{name: "url a/v.flv?t=1", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/v.flv?t=1", "-o", "{O}"}},
	{name: "url a/v.mp4?t=a/b", expect: []string{"query"}, server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/v.mp4?t=a/b", "-o", "{O}"}},
	{name: "url a/v%20w.flv", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/v%20w.flv", "-o", "{O}"}},
	{name: "url /a/b", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}//a/b", "-o", "{O}"}},
	{name: "url a/V.MP4", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/V.MP4", "-o", "{O}"}},
	{name: "url a/b/", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/b/", "-o", "{O}"}},
	{name: "url a//b", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a//b", "-o", "{O}"}},
	{name: "url a/v.f4v", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/v.f4v", "-o", "{O}"}},
	{name: "url a/.mp4", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/a/.mp4", "-o", "{O}"}},
	{name: "url app/ondemand/x.flv", server: scripted(notFound), args: []string{"-m", "2", "-r", "{R}/app/ondemand/x.flv", "-o", "{O}"}},
	{name: "url of a host", server: film, direct: true, args: []string{"-r", "{R}/", "-o", "{O}"}},
	{name: "url of a host and slashes", server: film, direct: true, args: []string{"-r", "{R}//", "-o", "{O}"}},
	{name: "url of an application", server: film, direct: true, args: []string{"-r", "{R}/app", "-o", "{O}"}},
	{name: "url of an application and a slash", server: film, direct: true, args: []string{"-r", "{R}/app/", "-o", "{O}"}},
	{name: "url of another port", expect: []string{"R31 port"}, server: film, direct: true, args: []string{"-r", "rtmp://{H}:99999/app/show", "-o", "{O}"}},
	{name: "url in capitals", server: scripted(notFound), args: []string{"-m", "2", "-r", "RTMP://{H}:{P}/app/show", "-o", "{O}"}},
	{name: "url of rtmfp", expect: []string{"rtmfp"}, server: scripted(notFound), args: []string{"-m", "2", "-r", "rtmfp://{H}:{P}/app/show", "-o", "{O}"}},
	{name: "url with a user", expect: []string{"R18"}, server: film, direct: true, args: []string{"-r", "rtmp://user:secret@{H}:{P}/app/show", "-o", "{O}"}},
	{name: "url of IPv6", server: film, direct: true, args: []string{"-r", "rtmp://[::1]:{P}/app/show", "-o", "{O}"}},
	{name: "a bare URL", expect: []string{"bare words"}, server: film, args: []string{"{R}/vod/bars", "-o", "{O}"}},
	{name: "as yt-dlp does", expect: []string{"R4"}, server: film, args: []string{"--verbose", "-r", "{R}/vod/bars", "-o", "{O}", "--resume", "--skip", "1"}},
	{name: "as yt-dlp does again", expect: []string{"R8"}, server: scripted(resumable(0)), prepare: torn, args: []string{"--verbose", "-r", "{R}/app/show", "-o", "{O}", "--resume", "--skip", "1", "--resume", "--skip", "1"}},
	{name: "as get_iplayer does", expect: []string{"R4"}, server: film, args: []string{
		"--port", "{P}", "--protocol", "0", "--playpath", "bars", "--host", "{H}", "--swfUrl", "http://example.com/p.swf", "--tcUrl", "rtmp://{H}:{P}/vod",
		"--app", "vod", "--resume", "-o", "{O}", "--timeout", "10",
	}},
	{name: "as get-flash-videos does", expect: []string{"R4", "live percent"}, server: film, args: []string{"--live", "--rtmp", "{R}/vod/bars", "--flv", "/dev/fd/1"}},
	{name: "attached values", expect: []string{"R4", "live percent"}, server: film, args: []string{"-vr{R}/vod/bars", "-o{O}", "-m9"}},
	{name: "a value with =", server: scripted(whole), args: []string{"-y=x", "-f=", "--app=a=b", "-r{R}/app/show", "-o", "{O}"}},
	{name: "a value where there is none", expect: []string{"wrong usage"}, server: film, direct: true, args: []string{"--live=0", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "help before what is wrong", server: film, direct: true, args: []string{"-h", "--nosuch"}},
	{name: "help behind what is wrong", expect: []string{"wrong usage"}, server: film, direct: true, args: []string{"--nosuch", "-h"}},
	{name: "options twice", expect: []string{"R4"}, server: film, args: []string{"-r", "{R}/vod/bars", "-o", "{D}/first", "-o", "{O}", "-f", "a", "-f", "b"}},
	{name: "end of options", expect: []string{"R4", "bare words", "-q behind --"}, server: film, args: []string{"-r", "{R}/vod/bars", "-o", "{O}", "--", "-q"}},
	{name: "abbreviated", expect: []string{"R4"}, server: film, args: []string{"--rtm", "{R}/vod/bars", "--fla", "X", "--verb", "-o", "{O}"}},
	{name: "quiet and verbose", expect: []string{"R4"}, server: film, args: []string{"-q", "-V", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "verbose and quiet", expect: []string{"R4"}, server: film, args: []string{"-Vzq", "-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "a URL that leaves something open", server: scripted(whole), args: []string{"-r", "{R}/app", "-r", "rtmps://127.0.0.1:1/other/show", "-o", "{O}"}},
	{name: "an option without a value", server: scripted(whole), args: []string{"-y", "", "-r", "{R}/app/show", "-a", "", "-f", "", "-t", "", "-u", "", "-o", "{O}"}},
	{name: "no playpath any more", server: film, direct: true, args: []string{"-r", "{R}/vod/bars", "-y", "", "-o", "{O}"}},
	{name: "no host any more", server: film, direct: true, args: []string{"-r", "{R}/vod/bars", "-n", "", "-o", "{O}"}},
	{name: "start nginx", expect: []string{"R5", "R26", "where it begins"}, server: nginx, args: []string{"-r", "{R}/vod/bars.flv", "-y", "bars.flv", "-A", "5", "-o", "{O}"}},
	{name: "start where times begin at 0", expect: []string{"R5", "R26", "where it begins"}, server: scripted(resumable(0)), args: []string{"-r", "{R}/app/show", "-A", "1", "-o", "{O}"}},
	{name: "resume where the last key frame is the first", expect: []string{"R8"}, server: scripted(resumable(0)), prepare: begun, args: []string{"-e", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "resume with a torn tag", expect: []string{"R9"}, server: scripted(resumable(0)), prepare: broken, args: []string{"-e", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "resume skip more than there are", expect: []string{"R9"}, server: scripted(resumable(0)), prepare: torn, args: []string{"-e", "-k", "9", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "media stops twice", expect: []string{"R1", "R1 answered"}, server: scripted(stallsTwice), patient: true, ours: once, args: []string{"-m", "1", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "one kind of media at time 0", expect: []string{"R7"}, server: scripted(oneKind), args: []string{"-m", "2", "-r", "{R}/app/show", "-o", "{O}"}},
	{name: "a long playpath", expect: []string{"R22"}, server: scripted(whole), args: []string{"-m", "2", "-r", "{R}/app/show", "-y", strings.Repeat("long", 300), "-o", "{O}"}},
	{name: "a token of another kind", expect: []string{"S6"}, server: scripted(numbered), args: []string{"-m", "2", "-r", "{R}/app/show", "-T", "key", "-o", "{O}"}},
	{name: "rtmpe from who has it not", expect: []string{"S2"}, server: scripted(plain), args: []string{"-m", "2", "-r", "rtmpe://{H}:{P}/app/show", "-o", "{O}"}},
	{name: "rtmps from anybody", expect: []string{"S1"}, server: secure, direct: true, args: []string{"-r", "rtmps://{H}:{P}/vod/bars.flv", "-y", "bars.flv", "-o", "{O}"}},
	{name: "lost and taken up again", expect: []string{"taken up"}, server: film, cut: 110000, args: []string{"-r", "{R}/vod/bars", "-o", "{O}"}},
	{name: "two URLs", expect: []string{"R4"}, server: film, args: []string{"-r", "{R}/vod/bars", "-r", "rtmp://127.0.0.1:1/app/show", "-o", "{O}"}},
	{name: "stop nginx", expect: []string{"R4", "stop"}, server: nginx, args: []string{"-r", "{R}/vod/bars.flv", "-y", "bars.flv", "-B", "5", "-o", "{O}"}},
	{name: "stop live", expect: []string{"R4", "live percent", "stop live"}, server: paced, args: []string{"-v", "-r", "{R}/live/bars", "-B", "1", "-o", "{O}"}},
	{name: "skip below 0", expect: []string{"R31"}, server: film, args: []string{"-r", "{R}/vod/bars", "-k", "-2", "-o", "{O}"}},
	{name: "no time limit", expect: []string{"R4"}, server: film, args: []string{"-r", "{R}/vod/bars", "-m", "0", "-o", "{O}"}},
}
