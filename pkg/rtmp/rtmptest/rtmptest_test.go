package rtmptest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The two sides of a handshake write before they read.
func TestPipeDoesNotHangInTheHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := rtmptest.Pipe()
		go func() {
			if _, err := handshake.Server(server, handshake.Config{}); err != nil {
				t.Error(err)
			}
		}()
		if err := handshake.NewClient(handshake.Config{}).Do(client); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

func TestPipeEnds(t *testing.T) {
	tests := []struct {
		name      string
		end       func(*rtmptest.Conn) error
		readWhole bool // what was written before
		readErr   error
		writeErr  error
	}{
		{"Close", (*rtmptest.Conn).Close, true, io.EOF, syscall.EPIPE},
		{"CloseWrite", (*rtmptest.Conn).CloseWrite, true, io.EOF, nil},
		{"CloseRead", (*rtmptest.Conn).CloseRead, true, os.ErrDeadlineExceeded, syscall.EPIPE},
		{"Abort", (*rtmptest.Conn).Abort, false, syscall.ECONNRESET, syscall.ECONNRESET},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := rtmptest.Pipe()
				defer a.Close()
				defer b.Close()
				_ = a.SetReadDeadline(time.Now().Add(time.Second))
				if _, err := b.Write([]byte("before")); err != nil {
					t.Fatal(err)
				}
				if err := test.end(b); err != nil {
					t.Error(err)
				}
				got, err := io.ReadAll(a)
				if err == nil {
					err = io.EOF
				}
				if whole := string(got) == "before"; whole != test.readWhole || !errors.Is(err, test.readErr) {
					t.Errorf("read %q, %v; want the whole: %v, and %v", got, err, test.readWhole, test.readErr)
				}
				if _, err := a.Write([]byte("after")); !errors.Is(err, test.writeErr) {
					t.Errorf("write: %v, want %v", err, test.writeErr)
				}
			})
		})
	}
}

func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := rtmptest.Pipe()
		defer a.Close()
		defer b.Close()
		start := time.Now()
		_ = a.SetDeadline(start.Add(3 * time.Second))
		_, err := a.Read(make([]byte, 1))
		var ne net.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("read: %v, want a timeout", err)
		}
		if got := time.Since(start); got != 3*time.Second {
			t.Errorf("waited %v", got)
		}
		_ = a.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := a.Write(make([]byte, 1<<20))
		if n != 64<<10 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %d, %v; want 64 KiB and a timeout", n, err)
		}
		_ = a.SetDeadline(time.Time{})
		go func() { _, _ = b.Write([]byte("x")) }()
		if _, err := a.Read(make([]byte, 1)); err != nil {
			t.Errorf("read after the deadline was taken back: %v", err)
		}
	})
}

// echo sends back what it gets.
func echo(p *rtmptest.Peer) { _, _ = io.Copy(p.Conn, p.Conn) }

func TestLine(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), 100)
	tests := []struct {
		name string
		line rtmptest.Line
		got  int
		err  error
		took time.Duration
	}{
		{"clear", rtmptest.Line{}, 1000, nil, 0},
		{"latency", rtmptest.Line{
			Up: rtmptest.Fault{Latency: 100 * time.Millisecond}, Down: rtmptest.Fault{Latency: 50 * time.Millisecond},
		}, 1000, nil, 150 * time.Millisecond},
		{"cut down", rtmptest.Line{Down: rtmptest.Fault{CutAfter: 7}}, 7, io.ErrUnexpectedEOF, 0},
		{"cut up", rtmptest.Line{Up: rtmptest.Fault{CutAfter: 1, Reset: true}}, 0, syscall.ECONNRESET, 0},
		{"drip", rtmptest.Line{Down: rtmptest.Fault{Drip: 10, Every: time.Second}}, 1000, nil, 99 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				nc, err := test.line.Dial(t, rtmptest.Dial(t, echo))(t.Context(), "tcp", "host:1935")
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				start := time.Now()
				if _, err := nc.Write(text); err != nil {
					t.Fatal(err)
				}
				got := make([]byte, len(text))
				n, err := io.ReadFull(nc, got)
				if n != test.got || !bytes.Equal(got[:n], text[:n]) || !errors.Is(err, test.err) {
					t.Errorf("got %d bytes, %v; want %d, %v", n, err, test.got, test.err)
				}
				if d := time.Since(start); d != test.took {
					t.Errorf("took %v, want %v", d, test.took)
				}
			})
		})
	}
}

func TestServerAndProxy(t *testing.T) {
	s := rtmptest.NewServer(t, echo)
	addr := rtmptest.Line{}.Proxy(t, s.Addr)
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(nc, got); err != nil || string(got) != "hello" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestDialAfterTheLastScript(t *testing.T) {
	dial := rtmptest.Dial(t, echo)
	nc, err := dial(context.Background(), "tcp", "host:1935")
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	if _, err := dial(context.Background(), "tcp", "host:1935"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
}
