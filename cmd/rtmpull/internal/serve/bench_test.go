//go:build unix

package serve

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// BenchmarkServe measures a stream sent as fast as it is taken, to a client that
// reads and drops. The client is counted in, as both are one process: compare
// with BenchmarkFloor, which has no server.
func BenchmarkServe(b *testing.B) {
	path := bigFile(b)
	for _, size := range []uint32{4096, 128} {
		for _, from := range []string{"image", "file"} {
			b.Run(from+"/"+strconv.Itoa(int(size)), func(b *testing.B) {
				s := &Server{Streams: map[string]string{"live/big": path}, Loop: -1, ChunkSize: size}
				if err := s.Load(); err != nil {
					b.Fatal(err)
				}
				if from == "file" { // as one that is too big for memory
					s.sources["live/big"].image = nil
				}
				drain(b, dialRaw(b, listen(b, s), "live", "big"))
			})
		}
	}
}

// BenchmarkFloor sends the same amount of bytes with nothing but writes.
func BenchmarkFloor(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		for buf := make([]byte, 64<<20); err == nil; {
			for from := 0; err == nil && from < len(buf); from += sliceSize {
				_, err = nc.Write(buf[from : from+sliceSize])
			}
		}
	}()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	drain(b, nc)
}

// drain reads 1 GB for each round, and tells the CPU time of it.
func drain(b *testing.B, nc net.Conn) {
	defer nc.Close()
	const perRound = 1 << 30
	buf := make([]byte, 1<<20)
	b.SetBytes(perRound)
	before := cpuSeconds(b)
	for b.Loop() {
		for left := perRound; left > 0; {
			n, err := nc.Read(buf[:min(left, len(buf))])
			if err != nil {
				b.Fatal(err)
			}
			left -= n
		}
	}
	b.ReportMetric((cpuSeconds(b)-before)/float64(b.N), "cpu-s/GB")
}

func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(u.Utime) + seconds(u.Stime)
}

// bigFile makes an FLV of 64 MB: frames of 20 KB, and audio between them.
func bigFile(tb testing.TB) string {
	path := filepath.Join(tb.TempDir(), "big.flv")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := flvout.NewWriter(f)
	video, audio := make([]byte, 20<<10), make([]byte, 400)
	video[1], audio[0], audio[1] = 1, 0xaf, 1
	for ts := uint32(0); ts < 3200*40; ts += 40 {
		video[0] = 0x27
		if ts%2000 == 0 {
			video[0] = 0x17
		}
		for _, t := range []flvout.Tag{{Type: 9, Timestamp: ts, Body: video}, {Type: 8, Timestamp: ts, Body: audio}} {
			if err := w.WriteTag(t); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}
