//go:build linux

package main

import (
	"context"
	_ "embed" // nginx's configuration
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed nginx.conf
var nginxConf string

// A testbed is where one fault happens: a server and its publisher. It belongs to
// one goroutine, but for its publisher.
type testbed struct {
	ctx     context.Context
	dir     string
	app     string
	port    int // publishers'; players' and the proxy's are the next
	samples map[string]string
	nginx   *process
	pub     publisher
	proxy   *proxy
	cut     bool
	struck  time.Time // when the fault happened; what recorders did before is of no interest
}

func newTestbed(ctx context.Context, dir, app string, port int, samples map[string]string) (*testbed, error) {
	b := &testbed{ctx: ctx, dir: dir, app: app, port: port, samples: samples}
	b.pub = publisher{testbed: b, begun: time.Now()}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // or it would become nobody, who may not read dir
	}
	conf := strings.NewReplacer("@user@", user, "@publishers@", strconv.Itoa(port), "@players@", strconv.Itoa(port+1)).Replace(nginxConf)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o600); err != nil {
		return b, err
	}
	return b, b.serve()
}

// serve starts the server.
func (b *testbed) serve() (err error) {
	b.nginx, err = start(b.dir, filepath.Join(b.dir, "nginx.log"), []string{"nginx", "-p", b.dir, "-c", "nginx.conf", "-e", "stderr"}, nil)
	if err != nil {
		return err
	}
	for range 500 {
		conn, err := net.Dial("tcp", loopback(b.port+1))
		if err == nil {
			return conn.Close()
		}
		if !b.nginx.running() {
			break
		}
		if err := b.sleep(10 * time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("nginx does not come up; it says in %s/nginx.log why", b.dir)
}

// url is the address of a stream, for publishers, players, or by the proxy.
func (b *testbed) url(port int, app, stream string) string {
	return "rtmp://" + loopback(port) + "/" + app + "/" + stream
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// strike notes that the fault happens now.
func (b *testbed) strike() { b.struck = time.Now() }

// sleep waits, unless all is over.
func (b *testbed) sleep(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-b.ctx.Done():
		return context.Cause(b.ctx)
	}
}

// drop has the kernel lose every packet between players and the server, as they
// arrive: whoever sent one has no sign of that.
func (b *testbed) drop() error {
	b.cut = true
	table := fmt.Sprintf("ip cut%d", b.port)
	port := b.port + 1
	return nft(fmt.Sprintf("add table %s; add chain %s arriving { type filter hook input priority 0; }; ", table, table) +
		fmt.Sprintf("add rule %s arriving tcp dport %d drop; add rule %s arriving tcp sport %d drop", table, port, table, port))
}

// pass ends drop.
func (b *testbed) pass() error {
	b.cut = false
	return nft(fmt.Sprintf("delete table ip cut%d", b.port))
}

func nft(rules string) error {
	if out, err := exec.Command("nft", rules).CombinedOutput(); err != nil { //nolint:gosec // our own rules
		return fmt.Errorf("nft: %w: %s", err, out)
	}
	return nil
}

// close ends all that runs.
func (b *testbed) close() {
	b.pub.stop()
	if b.nginx != nil {
		b.nginx.kill()
	}
	if b.proxy != nil {
		b.proxy.close()
	}
	if b.cut {
		_ = b.pass() // the namespace goes anyway
	}
}
