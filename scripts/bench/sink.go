//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// chunkSize is what the servers announce, and ffmpeg takes over.
const chunkSize = 4096

// A sink is a server that one publisher at a time may publish to. It answers as
// nginx-rtmp does, and from then on drops what comes unseen, so that it costs as
// little as a server can.
type sink struct {
	net.Listener
	took chan taken
}

// taken is what has come over a connection.
type taken struct {
	bytes int64
	err   error
}

func newSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{l, make(chan taken, 1)}
	go func() {
		buf := make([]byte, 256<<10)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			n, err := take(nc, buf)
			_ = nc.Close()
			s.took <- taken{n, err}
		}
	}()
	return s, nil
}

func (s *sink) close() { _ = s.Close() }

// measure has a program publish so many bytes to the sink.
func (s *sink) measure(p program, size int64) (cost, error) {
	c, err := timed(p.args("rtmp://" + s.Addr().String() + "/live/bench"))
	if err != nil {
		return c, err
	}
	got := <-s.took
	if got.err != nil {
		return c, fmt.Errorf("sink: %w", got.err)
	}
	if d := float64(got.bytes)/float64(size) - 1; d < -0.02 || d > 0.02 {
		return c, fmt.Errorf("sink: %d bytes came of a file of %d", got.bytes, size)
	}
	return c, nil
}

// take accepts a publisher, and counts what comes then. The buffer is everybody's:
// what the system tells of a program's memory is never less than what this one had
// when it started it.
func take(nc net.Conn, buf []byte) (n int64, err error) {
	if _, err := handshake.Server(nc, handshake.Config{}); err != nil {
		return 0, err
	}
	out := chunk.NewWriter(nc)
	if err := accept(nc, out); err != nil {
		return 0, err
	}
	const window = 5_000_000 // nginx-rtmp's
	for acked := int64(0); ; {
		got, err := nc.Read(buf)
		if n += int64(got); n-acked >= window {
			acked = n
			if err := say(out, message.Acknowledgement(uint64(n))); err != nil {
				return n, err
			}
		}
		if err != nil {
			return n, nil //nolint:nilerr // the end
		}
	}
}

// accept answers until the client may publish.
func accept(in io.Reader, out *chunk.Writer) error {
	reader := chunk.NewReader(in)
	for {
		m, err := reader.Next()
		if err != nil {
			return err
		}
		if m.Type != message.TypeCommand {
			continue
		}
		cmd, err := message.ParseCommand(m)
		if err != nil {
			return err
		}
		switch cmd.Name {
		case "connect":
			err = say(out, message.WindowAcknowledgementSize(5_000_000),
				message.SetPeerBandwidth(5_000_000, message.LimitDynamic),
				message.SetChunkSize(chunkSize),
				answer("_result", cmd.TransactionID, &amf.Object{}, info("NetConnection.Connect.Success")))
		case "createStream":
			err = say(out, answer("_result", cmd.TransactionID, nil, amf.Number(1)))
		case "publish":
			m := answer("onStatus", 0, nil, info("NetStream.Publish.Start"))
			m.StreamID = 1
			return say(out, m)
		}
		if err != nil {
			return err
		}
	}
}

func say(out *chunk.Writer, list ...message.Message) error {
	for i := range list {
		if err := out.Write(&list[i]); err != nil {
			return err
		}
	}
	return out.Flush()
}

func answer(name string, id float64, object amf.Value, args ...amf.Value) message.Message {
	c := message.Command{Name: name, TransactionID: id, Object: object, Args: args}
	m, err := c.Message(message.CommandChunkStreamID, 0)
	if err != nil {
		panic(err) // of values that are all above
	}
	return m
}

func info(code string) *amf.Object {
	o := &amf.Object{}
	o.Set("level", amf.String("status"))
	o.Set("code", amf.String(code))
	o.Set("description", amf.String(""))
	return o
}

// nginx is an nginx-rtmp of our own.
type nginx struct {
	server
	url string // of an application
}

const nginxConf = `load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {}
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:%d;
    chunk_size %d;
    application live { live on; }
  }
}
`

func startNginx(dir string) (n nginx, err error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return n, err
	}
	addr, port := free.Addr().String(), free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		return n, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return n, err
	}
	conf := fmt.Appendf(nil, nginxConf, port, chunkSize)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), conf, 0o600); err != nil {
		return n, err
	}
	n = nginx{server{exec.Command("nginx", "-p", dir, "-c", "nginx.conf", "-e", "stderr")}, "rtmp://" + addr + "/live/"}
	n.Stderr = os.Stderr
	if err := n.Start(); err != nil {
		return n, err
	}
	for range 100 {
		nc, err := net.Dial("tcp", addr)
		if err == nil {
			return n, nc.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	n.stop()
	return n, fmt.Errorf("nginx does not listen on port %d", port)
}
