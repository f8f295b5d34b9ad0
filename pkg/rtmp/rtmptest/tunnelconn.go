package rtmptest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

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
