//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"text/tabwriter"
	"time"
)

// oneWay is the latency of the line that starts are measured over.
const oneWay = 100 * time.Millisecond

// starts measures how long each program takes from its connection to the first
// byte on standard output, over a long line, and says how many round trips that
// is.
func starts(out io.Writer, bin, source string) error {
	clients := []struct {
		name string
		args func(url string) []string
	}{
		{"rtmpull", func(u string) []string { return []string{bin, "-q", "-o", "-", u} }},
		{"rtmpdump", func(u string) []string { return []string{"rtmpdump", "-q", "-v", "-r", u, "-o", "-"} }},
		{"ffmpeg", func(u string) []string {
			return []string{"ffmpeg", "-nostdin", "-v", "error", "-i", u, "-c", "copy", "-f", "flv", "-"}
		}},
		{"rtmp2src", func(u string) []string {
			return []string{"gst-launch-1.0", "-q", "rtmp2src", "location=" + u, "!", "fdsink"}
		}},
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer func() { _ = w.Flush() }()
	_, _ = fmt.Fprintf(w, "program\tfirst byte ms\tround trips\t\n")
	server, url, err := startServer(bin, "--speed", "1", "--loop", "inf", source)
	if err != nil {
		return err
	}
	defer server.stop()
	addr, path, _ := strings.Cut(strings.TrimPrefix(url, "rtmp://"), "/")
	for _, c := range clients {
		took, err := firstByte(addr, path, c.args)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		_, _ = fmt.Fprintf(w, "%s\t%d\t%.1f\t\n", c.name, took.Milliseconds(), took.Seconds()/(2*oneWay.Seconds()))
	}
	return nil
}

// firstByte runs one program behind a long line.
func firstByte(addr, path string, args func(string) []string) (time.Duration, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	accepted := make(chan time.Time, 1)
	go func() {
		client, err := l.Accept()
		if err != nil {
			return
		}
		accepted <- time.Now()
		server, err := net.Dial("tcp", addr)
		if err != nil {
			_ = client.Close()
			return
		}
		go delay(server, client)
		delay(client, server)
	}()
	argv := args("rtmp://" + l.Addr().String() + "/" + path)
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec // our own table
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if _, err := stdout.Read(make([]byte, 1)); err != nil {
		return 0, err
	}
	return time.Since(<-accepted), nil
}

// delay copies src to dst, each byte oneWay later.
func delay(dst, src net.Conn) {
	type part struct {
		due  time.Time
		data []byte
	}
	parts := make(chan part, 1024)
	go func() {
		defer close(parts)
		for {
			buf := make([]byte, 32<<10)
			n, err := src.Read(buf)
			if n > 0 {
				parts <- part{time.Now().Add(oneWay), buf[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range parts {
		time.Sleep(time.Until(p.due))
		if _, err := dst.Write(p.data); err != nil {
			break
		}
	}
	_ = dst.Close()
	_ = src.Close()
	for range parts { // so that the reader does not block
	}
}
