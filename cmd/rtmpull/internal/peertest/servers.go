package peertest

import (
	_ "embed" // the configurations
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var (
	//go:embed conf/nginx.conf
	nginxConf string
	//go:embed conf/nms4.json
	nms4Conf string
	//go:embed conf/nms2.cjs
	nms2Script string
	//go:embed conf/lal.json
	lalConf string
)

// Nginx starts nginx with nginx-rtmp 1.2. Its applications are live,
// livenotify and liveclose, which differ in what a player sees when the
// publisher leaves; vod, which plays the files in Dir/media; record, which
// writes to Dir/rec; noplay and nopublish. RTMPS leads to the same ones.
//
// A late player gets audio at once and video from the next key frame on. There
// may be one publisher a stream: the next is told Publish.BadName.
func Nginx(t testing.TB) *Server {
	t.Helper()
	nginx := program(t, "nginx")
	for _, module := range []string{"rtmp", "stream"} {
		if _, err := os.Stat("/usr/lib/nginx/modules/ngx_" + module + "_module.so"); err != nil {
			t.Fatalf("peertest: nginx's %s module is missing; run scripts/test-deps.sh", module)
		}
	}
	// Without it nginx run by root would become nobody, who may not read Dir;
	// run by somebody else it would complain.
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	return serve(t, 2, func(s *Server, ports []string) func() *exec.Cmd {
		for _, dir := range []string{"media", "rec"} {
			if err := os.Mkdir(filepath.Join(s.Dir, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		s.Addr, s.TLSAddr = loopback(ports[0]), loopback(ports[1])
		s.CAFile = writeCertificate(t, s.Dir)
		s.writeFile(t, "nginx.conf", nginxConf, "@user@", user, "@rtmp@", ports[0], "@rtmps@", ports[1])
		return func() *exec.Cmd {
			// play's directory is relative to where nginx runs, not to -p.
			return s.in(exec.Command(nginx, "-p", s.Dir, "-c", "nginx.conf", "-e", "stderr"))
		}
	})
}

// NodeMediaServer4 starts node-media-server 4.4.3. It takes any application.
// It puts media and metadata on message stream 0, sends players the
// publisher's @setDataFrame, and begins with the cached group of pictures.
// When the publisher leaves, a player hears nothing.
func NodeMediaServer4(t testing.TB) *Server {
	t.Helper()
	node := program(t, "node")
	app := peer(t, "nms4", "node_modules", "node-media-server", "bin", "app.js")
	return serve(t, 2, func(s *Server, ports []string) func() *exec.Cmd {
		s.Addr = loopback(ports[0])
		conf := s.writeFile(t, "config.json", nms4Conf, "@rtmp@", ports[0], "@http@", ports[1])
		return func() *exec.Cmd { return s.in(exec.Command(node, app, "-c", conf)) }
	})
}

// NodeMediaServer2 starts node-media-server 2.7.4, which has little but its
// name in common with 4. It takes any application, and begins with the cached
// group of pictures; media is on message stream 1, |RtmpSampleAccess on 0.
// When the publisher leaves, a player hears UnpublishNotify and StreamEOF.
func NodeMediaServer2(t testing.TB) *Server {
	t.Helper()
	node := program(t, "node")
	module := peer(t, "nms2", "node_modules", "node-media-server")
	return serve(t, 2, func(s *Server, ports []string) func() *exec.Cmd {
		s.Addr = loopback(ports[0])
		script := s.writeFile(t, "nms2.cjs", nms2Script)
		return func() *exec.Cmd { return s.in(exec.Command(node, script, module, ports[0], ports[1])) }
	})
}

// Lal starts lal v0.37.4. It takes any application. Its headers carry time 0,
// media the publisher's time; a late player begins at the next key frame.
// When the publisher leaves, the connection is closed after some 14 seconds.
func Lal(t testing.TB) *Server {
	t.Helper()
	lal := peer(t, "lal", "lalserver")
	return serve(t, 2, func(s *Server, ports []string) func() *exec.Cmd {
		s.Addr = loopback(ports[0])
		conf := s.writeFile(t, "lal.json", lalConf, "@rtmp@", ports[0], "@http@", ports[1])
		return func() *exec.Cmd { return s.in(exec.Command(lal, "-c", conf, "-p", s.Dir)) }
	})
}

// in has cmd run in the server's directory, where it may leave files.
func (s *Server) in(cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = s.Dir
	return cmd
}
