package rtmptest

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Tunnel is an HTTP server that RTMP goes through, for rtmpt, in front of one that
// speaks RTMP itself. It answers as librtmp understands it, unless it is told to do
// otherwise, and holds its clients to what Flash Player's requests are: one that
// asks for something else fails the test.
//
// The zero Tunnel is ready; its fields are set before it is used.
type Tunnel struct {
	TLS *tls.Config // for rtmpts; nil: without

	Hint   byte          // the polling interval of each answer
	Most   int           // bytes of an answer; 0: 32 KiB
	Hold   time.Duration // how long an answer waits for something to say
	Delay  time.Duration // before each answer
	Silent bool          // what is sent gets no bytes in return, only who asks does

	Chunked bool   // answers are in chunks, of three bytes and more
	Lower   bool   // header names are in lower case
	Old     bool   // HTTP/1.0: each connection is for one request
	Brief   bool   // the same, without saying so
	Lasts   int    // requests that a connection is for, the last of which is told; 0: any
	Mum     bool   // it is not told
	Forgets bool   // what has come behind a request, by when that is answered, is forgotten
	Split   int    // bytes of an answer that go out at a time; 0: all
	Session string // what open is answered; empty: a name and a newline

	// Status is asked what to answer; 0: what it should be. Less than that: nothing,
	// and the connection is closed.
	Status func(r TunnelRequest) int

	mu       sync.Mutex
	requests []TunnelRequest
	sessions map[string]*tunnelled
	conns    []net.Conn
	made     int
	ended    bool
	wait     sync.WaitGroup
}

// A TunnelRequest is what a Tunnel was asked.
type TunnelRequest struct {
	Command string // open, send, idle or close
	N       int
	Size    int // of the body
	Conn    int // the number of the connection, from 0
	At      time.Time
}

// Requests are those so far.
func (t *Tunnel) Requests() []TunnelRequest {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]TunnelRequest(nil), t.requests...)
}

// Dial puts the tunnel in front of dial: the connections that it opens speak HTTP. It
// works within testing/synctest bubbles if dial does.
func (t *Tunnel) Dial(tb testing.TB, dial DialFunc) DialFunc {
	tb.Cleanup(t.end)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		client, near := Pipe()
		t.start(tb, near, func() (net.Conn, error) { return dial(context.Background(), network, addr) })
		return client, nil
	}
}

// Proxy is a port of the loopback interface on which the tunnel leads to addr.
func (t *Tunnel) Proxy(tb testing.TB, addr string) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			t.start(tb, nc, func() (net.Conn, error) { return net.Dial("tcp", addr) })
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		accepting.Wait()
		t.end()
	})
	return l.Addr().String()
}

// end closes what is left open.
func (t *Tunnel) end() {
	t.mu.Lock()
	t.ended = true
	for _, s := range t.sessions {
		s.abort()
	}
	for _, nc := range t.conns {
		_ = nc.Close()
	}
	t.mu.Unlock()
	t.wait.Wait()
}

func (t *Tunnel) start(tb testing.TB, nc net.Conn, dial func() (net.Conn, error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		_ = nc.Close()
		return
	}
	t.conns = append(t.conns, nc)
	c := &tunnelConn{t: t, tb: tb, nc: nc, dial: dial, number: t.made}
	t.made++
	if t.TLS != nil {
		c.nc = tls.Server(nc, t.TLS)
	}
	t.wait.Go(c.serve)
}

// A tunnelConn is one connection to a Tunnel.
type tunnelConn struct {
	t      *Tunnel
	tb     testing.TB
	nc     net.Conn
	dial   func() (net.Conn, error)
	number int
	asked  int // requests
}

func (c *tunnelConn) serve() {
	defer c.nc.Close()
	in := bufio.NewReader(c.nc)
	for {
		c.asked++
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		status, answer := c.answer(r, body)
		if c.t.Forgets {
			_ = c.nc.SetReadDeadline(time.Now().Add(time.Millisecond))
			_, _ = in.Peek(in.Size())
			_, _ = in.Discard(in.Buffered())
			_ = c.nc.SetReadDeadline(time.Time{})
		}
		if status < 0 || c.write(status, answer) != nil || c.t.Old || c.t.Brief || c.asked == c.t.Lasts {
			return
		}
	}
}

// answer does what a request asks for.
func (c *tunnelConn) answer(r *http.Request, body []byte) (status int, answer []byte) {
	c.check(r)
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	asked := TunnelRequest{Command: parts[0], Size: len(body), Conn: c.number, At: time.Now()}
	asked.N, _ = strconv.Atoi(parts[len(parts)-1])
	t := c.t
	t.mu.Lock()
	t.requests = append(t.requests, asked)
	t.mu.Unlock()
	time.Sleep(t.Delay)
	if t.Status != nil {
		if status := t.Status(asked); status != 0 {
			return status, []byte("<html></html>\n")
		}
	}
	switch {
	case asked.Command == "open" && len(parts) == 2 && asked.N == 1:
		return c.open()
	case len(parts) != 3:
		return http.StatusNotFound, nil
	}
	t.mu.Lock()
	s := t.sessions[parts[1]]
	t.mu.Unlock()
	if s == nil {
		return http.StatusNotFound, nil
	}
	if n := s.count(asked.N); asked.N != n && !t.Forgets {
		c.tb.Errorf("rtmptest: %s is the client's request %d, not %d", r.URL.Path, n, asked.N)
	}
	hold, took := t.Hold, false
	switch asked.Command {
	case "send":
		if _, err := s.server.Write(body); err != nil {
			break // it may have said why before
		}
		if t.Silent {
			return http.StatusOK, []byte{t.Hint}
		}
		hold, took = 0, true
	case "idle":
		if asked.Size != 1 || body[0] != 0 {
			c.tb.Errorf("rtmptest: the body of idle is %x", body)
		}
	case "close":
		s.close()
		return http.StatusOK, []byte{0}
	default:
		return http.StatusNotFound, nil
	}
	most := t.Most
	if most == 0 {
		most = 32 << 10
	}
	data, over := s.take(most, hold)
	if over && !took {
		return http.StatusNotFound, nil
	}
	return http.StatusOK, append([]byte{t.Hint}, data...)
}

// check holds a request to what Flash Player's are.
func (c *tunnelConn) check(r *http.Request) {
	for name, want := range map[string]string{
		"User-Agent": "Shockwave Flash", "Content-Type": "application/x-fcs", "Accept": "*/*",
		"Cache-Control": "no-cache", "Accept-Encoding": "", "Cookie": "",
	} {
		if got := r.Header.Get(name); got != want {
			c.tb.Errorf("rtmptest: the client's %s is %q, want %q", name, got, want)
		}
	}
	if r.Method != http.MethodPost || r.ProtoMajor != 1 || r.ProtoMinor != 1 || r.ContentLength < 1 || !strings.Contains(r.Host, ":") {
		c.tb.Errorf("rtmptest: the client asks %s %s of %q, %s, and sends %d bytes", r.Method, r.URL, r.Host, r.Proto, r.ContentLength)
	}
}

func (c *tunnelConn) open() (status int, answer []byte) {
	server, err := c.dial()
	if err != nil {
		return http.StatusBadGateway, nil
	}
	s := newTunnelled(server)
	t := c.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		s.abort()
		return -1, nil
	}
	name := t.Session
	if name == "" {
		name = "Tunnel_" + strconv.Itoa(len(t.sessions)) + ".x-\n"
	}
	if t.sessions == nil {
		t.sessions = make(map[string]*tunnelled)
	}
	t.sessions[strings.TrimSpace(name)] = s
	t.wait.Go(s.listen)
	return http.StatusOK, []byte(name)
}

// write writes an answer, in the form that is wanted.
func (c *tunnelConn) write(status int, body []byte) error {
	t := c.t
	proto, connection := "HTTP/1.1", "Keep-Alive"
	switch {
	case t.Old:
		proto, connection = "HTTP/1.0", "close"
	case c.asked == t.Lasts && !t.Mum:
		connection = "close"
	}
	head := proto + " " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n"
	fields := "Content-Type: application/x-fcs\r\nConnection: " + connection + "\r\nCache-Control: no-cache\r\n"
	if t.Chunked && !t.Old {
		fields += "Transfer-Encoding: chunked\r\n"
		body = inChunks(body)
	} else {
		fields += "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
	}
	if t.Lower {
		fields = strings.ToLower(fields)
	}
	whole := append([]byte(head+fields+"\r\n"), body...)
	for t.Split > 0 && len(whole) > t.Split {
		if _, err := c.nc.Write(whole[:t.Split]); err != nil {
			return err
		}
		whole = whole[t.Split:]
		time.Sleep(time.Millisecond) // so that they are not read together
	}
	_, err := c.nc.Write(whole)
	return err
}

// inChunks is a body in chunks, of which the first is small.
func inChunks(body []byte) (coded []byte) {
	for size := 3; len(body) > 0; size *= 10 {
		n := min(size, len(body))
		coded = append(coded, strconv.FormatInt(int64(n), 16)+";of=some\r\n"...)
		coded = append(append(coded, body[:n]...), "\r\n"...)
		body = body[n:]
	}
	return append(coded, "0\r\n\r\n"...)
}
