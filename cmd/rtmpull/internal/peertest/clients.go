package peertest

import (
	"os"
	"os/exec"
	"regexp"
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

// recorded is the time from the first to the last picture or sound in an FLV
// file, -1 before there is any. What is torn at the end is not counted.
func recorded(file string) time.Duration {
	data, err := os.ReadFile(file)
	if err != nil {
		return -1
	}
	const fileHeader, tagHeader, backPointer = 13, 11, 4 // fileHeader with the first back pointer
	first, last := int64(-1), int64(0)
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
	if first < 0 {
		return -1
	}
	return time.Duration(last-first) * time.Millisecond
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
