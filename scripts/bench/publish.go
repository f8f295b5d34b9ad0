//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// publishing measures what it costs to send a file as fast as the server reads:
// to a sink that drops what comes, and to nginx-rtmp.
func publishing(out io.Writer, bin, source string, total int64, rounds int) error {
	dir, err := os.MkdirTemp(filepath.Dir(source), "publish")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "long.flv")
	size, err := lengthen(bin, source, file, total)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	sink, err := newSink()
	if err != nil {
		return err
	}
	defer sink.close()
	nginx, err := startNginx(dir)
	if err != nil {
		return err
	}
	defer nginx.stop()

	floor := program{"floor", func(u string) []string { return []string{self, "floor", u, file} }}
	publishers := []program{
		{"rtmpull", func(u string) []string { return []string{bin, "publish", "-q", "--speed", "max", file, u} }},
		{"ffmpeg", func(u string) []string {
			return []string{"ffmpeg", "-nostdin", "-v", "error", "-i", file, "-c", "copy", "-f", "flv", u}
		}},
		{"GStreamer", func(u string) []string {
			return []string{
				"gst-launch-1.0", "-q", "flvmux", "name=m", "streamable=true", "!",
				"rtmp2sink", "sync=false", "chunk-size=" + strconv.Itoa(chunkSize), "location=" + u,
				"filesrc", "location=" + file, "!", "flvdemux", "name=d",
				"d.video", "!", "queue", "!", "m.video", "d.audio", "!", "queue", "!", "m.audio",
			}
		}},
	}
	servers := []struct {
		name     string
		programs []program
		once     func(program) (cost, error)
	}{
		{"sink", append([]program{floor}, publishers...), func(p program) (cost, error) { return sink.measure(p, size) }},
		{"nginx", publishers, func(p program) (cost, error) { return timed(p.args(nginx.url + p.name)) }},
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer func() { _ = w.Flush() }()
	_, _ = fmt.Fprintf(w, "server\tprogram\tCPU s/GB\tof ffmpeg\tof floor\twall s/GB\tpeak RSS MB\t\n")
	for _, s := range servers {
		costs, err := compare(s.programs, rounds, s.once)
		if err != nil {
			return err
		}
		rows(w, s.name, s.programs, costs, float64(size)/1e9, "ffmpeg", "floor")
	}
	return nil
}

// lengthen makes of source one file of about so many bytes, which not every
// program could by itself, and returns its size.
func lengthen(bin, source, file string, total int64) (int64, error) {
	loops, _, err := loopsOf(source, total)
	if err != nil {
		return 0, err
	}
	if _, err = measure(bin, source, chunkSize, loops, func(url string) []string {
		return []string{bin, "-q", "-o", file, url}
	}); err != nil {
		return 0, err
	}
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	if err := f.Sync(); err != nil { // nobody is to pay for it later
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// sendingFloor sends the file as it is, where a publisher would send chunks.
func sendingFloor(url, file string) error {
	t, err := rtmp.ParseTarget(url)
	if err != nil {
		return err
	}
	var nc net.Conn
	client := clientOn(&nc)
	p, err := client.Publish(context.Background(), t)
	if err != nil {
		return err
	}
	if err := nc.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := f.Read(buf)
		if errors.Is(err, io.EOF) {
			return p.Close()
		}
		if err == nil {
			_, err = nc.Write(buf[:n])
		}
		if err != nil {
			return err
		}
	}
}
