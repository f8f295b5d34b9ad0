package peertest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// progress watches what ffmpeg -progress writes, apart from its Output, which
// it would flood.
type progress struct {
	sent atomic.Bool // bytes have gone out
}

func (w *progress) Write(p []byte) (int, error) {
	// ffmpeg writes each report at once, so it is not torn.
	if sent.Match(p) {
		w.sent.Store(true)
	}
	return len(p), nil
}

var sent = regexp.MustCompile(`(?m)^total_size=[1-9]`)

// Publish publishes an FLV file in real time with ffmpeg, over and over if
// loop, and returns when the server has agreed and media has been sent. Its
// packets are copied: the same bytes and, in the first round, the same times.
// At the end, or by Stop, ffmpeg unpublishes in due form.
func Publish(t testing.TB, file, url string, loop bool) *Process {
	t.Helper()
	args := []string{"-nostdin", "-hide_banner", "-v", "warning", "-progress", "pipe:1", "-stats_period", "0.1", "-re"}
	if loop {
		args = append(args, "-stream_loop", "-1")
	}
	args = append(args, "-i", file, "-map", "0", "-c", "copy",
		// A stream cannot be sought to write its length.
		"-flvflags", "no_duration_filesize", "-f", "flv", url)
	cmd := exec.Command(program(t, "ffmpeg"), args...)
	w := new(progress)
	cmd.Stdout = w
	p := Start(t, cmd)
	if !poll(p, w.sent.Load) {
		t.Fatalf("peertest: ffmpeg did not publish %s:\n%s", url, p.Output())
	}
	return p
}

// Rtmpdump records a live stream with rtmpdump and returns when it has begun to
// write. It goes on until it is told to Stop or the server ends the stream: its
// --stop only asks the server to, and no server obeys for live streams.
func Rtmpdump(t testing.TB, url, file string, args ...string) *Process {
	t.Helper()
	args = append([]string{"--live", "--rtmp", url, "--flv", file}, args...)
	p := Start(t, exec.Command(program(t, "rtmpdump"), args...))
	if !poll(p, func() bool { return recorded(file) >= 0 }) {
		t.Fatalf("peertest: rtmpdump got nothing from %s:\n%s", url, p.Output())
	}
	return p
}

// RtmpdumpAhead is Rtmpdump for a stream that nobody publishes yet: it returns
// when the server has agreed, and misses nothing if the server has players wait.
// It writes what it gets at once.
func RtmpdumpAhead(t testing.TB, url, file string) *Process {
	t.Helper()
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }() // rtmpdump has its own
	// Of files rtmpdump leaves the last 4 KiB in its buffer.
	cmd := exec.Command(program(t, "stdbuf"), "-o0", program(t, "rtmpdump"), "--live", "--rtmp", url, "--flv", "-")
	cmd.Stdout = out
	p := Start(t, cmd)
	WaitOutput(t, p, "Starting Live Stream")
	return p
}

// FFmpegPull records a stream with ffmpeg. Its packets are copied: the same
// bytes at the same times. It goes on until it is told to Stop or the server
// ends the stream, and holds back the last of one track until the other gets on.
// It returns at once: there need not be a publisher yet.
func FFmpegPull(t testing.TB, url, file string) *Process {
	t.Helper()
	p := Start(t, exec.Command(program(t, "ffmpeg"), recorder(url, file)...))
	p.deaf = true
	return p
}

// FFmpegListen starts ffmpeg as a server for one publisher, whose stream it
// records until the publisher leaves, and then ends.
func FFmpegListen(t testing.TB, file string) (p *Process, url string) {
	t.Helper()
	for range 5 {
		port := freePorts(t, 1)[0]
		url := "rtmp://" + loopback(port) + "/live/show"
		p := Start(t, exec.Command(program(t, "ffmpeg"), append([]string{"-listen", "1"}, recorder(url, file)...)...))
		// It would take a connection that only knocks for its publisher.
		if poll(p, func() bool { return listens(t, port) }) {
			return p, url
		}
	}
	t.Fatal("peertest: ffmpeg does not listen")
	return nil, ""
}

// recorder is how ffmpeg is told to record url: each packet at once, with its
// time, after a look at the first second.
func recorder(url, file string) []string {
	return []string{
		"-nostdin", "-hide_banner", "-v", "warning", "-analyzeduration", "1000000", "-copyts", "-i", url,
		"-map", "0", "-c", "copy", "-flush_packets", "1", "-f", "flv", "-y", file,
	}
}

// listens tells whether somebody listens on a port of 127.0.0.1.
func listens(t testing.TB, port string) bool {
	t.Helper()
	sockets, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(port)
	return bytes.Contains(sockets, fmt.Appendf(nil, " 0100007F:%04X 00000000:0000 0A ", n))
}

// WaitOutput waits until p has said text.
func WaitOutput(t testing.TB, p *Process, text string) {
	t.Helper()
	if !poll(p, func() bool { return strings.Contains(p.Output(), text) }) {
		t.Fatalf("peertest: %s did not say %q:\n%s", p.name, text, p.Output())
	}
}

// WaitRecorded waits until file, an FLV that p is writing, holds d of media.
func WaitRecorded(t testing.TB, p *Process, file string, d time.Duration) {
	t.Helper()
	deadline := time.Now().Add(d)
	for time.Now().Before(deadline) && p.Running() {
		if recorded(file) >= d {
			return
		}
		time.Sleep(pollInterval)
	}
	if !poll(p, func() bool { return recorded(file) >= d }) {
		t.Fatalf("peertest: %s recorded only %v, want %v:\n%s", p.name, recorded(file), d, p.Output())
	}
}

// WaitTimestamp waits until file, an FLV that p is writing, has come to a
// picture or sound of that time.
func WaitTimestamp(t testing.TB, p *Process, file string, ms int64) {
	t.Helper()
	if !poll(p, func() bool { _, last := times(file); return last >= ms }) {
		_, last := times(file)
		t.Fatalf("peertest: %s recorded only until %d ms, want %d:\n%s", p.name, last, ms, p.Output())
	}
}

// recorded is the time from the first to the last picture or sound in an FLV
// file, -1 before there is any. What is torn at the end is not counted.
func recorded(file string) time.Duration {
	first, last := times(file)
	if first < 0 {
		return -1
	}
	return time.Duration(last-first) * time.Millisecond
}

// times are those of the first and the last picture or sound in an FLV file in
// milliseconds, -1 before there is any. What is torn at the end is not counted.
func times(file string) (first, last int64) {
	data, err := os.ReadFile(file)
	if err != nil {
		return -1, -1
	}
	const fileHeader, tagHeader, backPointer = 13, 11, 4 // fileHeader with the first back pointer
	first, last = -1, -1
	for data = data[min(fileHeader, len(data)):]; len(data) >= tagHeader; {
		size := int(data[1])<<16 | int(data[2])<<8 | int(data[3])
		ts := int64(data[7])<<24 | int64(data[4])<<16 | int64(data[5])<<8 | int64(data[6])
		if len(data) < tagHeader+size+backPointer {
			break
		}
		if isMedia(data[0], data[tagHeader:tagHeader+size]) {
			if first < 0 {
				first = ts
			}
			last = ts
		}
		data = data[tagHeader+size+backPointer:]
	}
	return first, last
}

// isMedia leaves out the sequence headers of H.264 and AAC: lal gives them time
// 0 in the middle of a stream.
func isMedia(tagType byte, body []byte) bool {
	if len(body) < 2 {
		return false
	}
	switch tagType {
	case 8:
		return body[0]>>4 != 10 || body[1] != 0
	case 9:
		return body[0]&0x0f != 7 || body[1] != 0
	}
	return false
}
