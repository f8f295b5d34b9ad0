//go:build interop

package interop

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// TestRecordedNginx records a recorded stream from nginx-rtmp, which is its file, tag
// for tag. Broken off at any byte and taken up it is the same recording, to the byte:
// where nginx-rtmp finds its way by the file's index, and where it has none and begins
// at 0 whatever it is asked for.
func TestRecordedNginx(t *testing.T) {
	film := filepath.Join(t.TempDir(), "film.flv")
	encode := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=120",
		"-f", "lavfi", "-i", "sine=frequency=220:beep_factor=4:duration=120", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50", "-c:a", "aac", film)
	if out, err := encode.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	for name, flags := range map[string]string{"indexed": "add_keyframe_index", "not indexed": "no_metadata"} {
		t.Run(name, func(t *testing.T) {
			s := peertest.Nginx(t)
			file := filepath.Join(s.Dir, "media", "film.flv")
			out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", film, "-c", "copy", "-flvflags", flags, file).CombinedOutput()
			if err != nil {
				t.Fatalf("ffmpeg: %v\n%s", err, out)
			}
			url := s.URL("vod", "film.flv")
			dir := t.TempDir()
			whole := filepath.Join(dir, "whole.flv")
			if status := rtmpull(t, whole, url, "--vod").Wait(peertest.Patience); status != 0 {
				t.Fatalf("got status %d", status)
			}
			want := read(t, whole)
			equalTags(t, frames(t, want), frames(t, read(t, file)))

			for i := range 12 {
				random := rand.New(rand.NewPCG(uint64(i), 3))
				path := filepath.Join(dir, fmt.Sprintf("%d.flv", i))
				after := 4000 + random.Int64N(int64(len(want)*9/10)) // fewer than there are on the wire
				l := breaking(t, s.Addr, after, i%3 > 0)
				broken := rtmpull(t, path, strings.Replace(url, s.Addr, l.addr, 1), "--vod", "--retry", "0")
				if i%3 > 0 {
					select {
					case <-l.reached:
					case <-time.After(peertest.Patience):
						t.Fatalf("nothing came\n%s", broken.Output())
					}
					if i%3 == 1 {
						broken.Kill()
					} else {
						broken.Stop()
					}
				}
				status := broken.Wait(peertest.Patience)
				left := "nothing"
				for _, name := range []string{path, path + ".part"} {
					if b, err := os.ReadFile(name); err == nil {
						left = fmt.Sprintf("%s of %d bytes", filepath.Base(name), len(b))
					}
				}
				again := rtmpull(t, path, url, "--vod", "-e")
				if status := again.Wait(peertest.Patience); status != 0 {
					t.Errorf("%d: taken up, got status %d\n%s", i, status, again.Output())
				}
				if got := read(t, path); !bytes.Equal(got, want) {
					t.Errorf("%d: broken off after %d bytes with status %d, %s was left, and %d bytes came of it, not %d\n%s",
						i, after, status, left, len(got), len(want), again.Output())
				}
			}
		})
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// frames are a file's sound and pictures, without what ends them.
func frames(t *testing.T, b []byte) (list []flvout.Tag) {
	t.Helper()
	for s := flvout.NewScanner(bytes.NewReader(b)); ; {
		tg, err := s.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		if c := flvout.Classify(tg); c.Kind == flvout.KindFrame || c.Kind == flvout.KindConfig {
			tg.Body = bytes.Clone(tg.Body)
			list = append(list, tg)
		}
	}
}

func equalTags(t *testing.T, got, want []flvout.Tag) {
	t.Helper()
	same := func(a, b flvout.Tag) bool {
		return a.Type == b.Type && a.Timestamp == b.Timestamp && bytes.Equal(a.Body, b.Body)
	}
	if slices.EqualFunc(got, want, same) {
		return
	}
	for i := range min(len(got), len(want)) {
		if !same(got[i], want[i]) {
			t.Fatalf("tag %d: got type %d at %d ms of %d bytes, want type %d at %d ms of %d bytes", i,
				got[i].Type, got[i].Timestamp, len(got[i].Body), want[i].Type, want[i].Timestamp, len(want[i].Body))
		}
	}
	t.Fatalf("got %d tags, want %d", len(got), len(want))
}

// A breakingLine is a way to a server on which nothing comes any more after so many
// bytes.
type breakingLine struct {
	addr    string
	reached chan struct{} // closed then
}

// breaking makes one for a single connection. It ends then, or stays open and silent.
func breaking(t *testing.T, to string, after int64, silent bool) *breakingLine {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &breakingLine{l.Addr().String(), make(chan struct{})}
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		defer close(b.reached)
		client, err := l.Accept()
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = client.Close() })
		server, err := net.DialTimeout("tcp", to, time.Second)
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { _ = server.Close() })
		go func() { _, _ = io.Copy(server, client) }()
		_, _ = io.CopyN(client, server, after)
		if !silent {
			_ = client.(*net.TCPConn).CloseWrite()
		}
	}()
	return b
}

// TestResumeRtmpdump goes on with what rtmpdump recorded, cut off anywhere, under the
// same name. What comes of it has the sound and the pictures of a recording of ours.
func TestResumeRtmpdump(t *testing.T) {
	sample := peertest.Sample(t, "minute.flv")
	s := peertest.Nginx(t)
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", sample, "-c", "copy",
		"-flvflags", "add_keyframe_index", filepath.Join(s.Dir, "media", "film.flv")).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	own := &serve.Server{Streams: map[string]string{"vod/film.flv": sample}}
	done := make(chan error, 1)
	go func() { done <- own.Serve(t.Context(), l) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for name, c := range map[string]struct {
		addr  string
		start uint32 // ms
	}{
		"nginx-rtmp":                 {s.Addr, 0},
		"rtmpull serve":              {l.Addr().String(), 0},
		"rtmpull serve, from 4 s on": {l.Addr().String(), 4000}, // nginx-rtmp sends no headers then
	} {
		t.Run(name, func(t *testing.T) {
			to, err := rtmp.ParseTarget("rtmp://" + c.addr + "/vod/film.flv")
			if err != nil {
				t.Fatal(err)
			}
			to.Session.Kind = session.Recorded
			start := c.start
			dir := t.TempDir()
			theirs, ours := filepath.Join(dir, "theirs.flv"), filepath.Join(dir, "ours.flv")
			args := []string{"-q", "-r", "rtmp://" + c.addr + "/vod/film.flv", "-y", "film.flv", "-o", theirs, "-A", fmt.Sprint(start / 1000)}
			if out, err := exec.Command("rtmpdump", args...).CombinedOutput(); err != nil {
				t.Logf("rtmpdump: %v\n%s", err, out) // it may say so of a whole file
			}
			goOn(t, to, ours, start)
			want, was := frames(t, read(t, ours)), read(t, theirs)
			if start > 0 && was[4] != 0 {
				t.Logf("the flags of rtmpdump's file are %#x", was[4])
			}
			for i := range 15 {
				random := rand.New(rand.NewPCG(uint64(i), 4))
				path := filepath.Join(dir, "cut.flv")
				cut := was[:13+random.IntN(len(was)-13)]
				if i == 0 {
					cut = was
				}
				if err := os.WriteFile(path, cut, 0o600); err != nil {
					t.Fatal(err)
				}
				goOn(t, to, path, start)
				got := read(t, path)
				equalTags(t, frames(t, got), want)
				if done, err := flvout.Repair(path, flvout.RepairOptions{DryRun: true}); err != nil || done.Action != flvout.ActionNone {
					t.Errorf("cut off at %d of %d bytes: to be mended: %+v, %v", len(cut), len(was), done, err)
				}
			}
		})
	}
}

// goOn records a recorded stream to a file, or goes on with one, under its own name.
func goOn(t *testing.T, to *rtmp.Target, path string, start uint32) {
	t.Helper()
	o := flvout.FileOptions{InPlace: true}
	files, err := job.OpenFiles(job.FilesOptions{
		Open: func(int) (*flvout.File, error) { return o.Create(path) },
		Resume: func() (*flvout.File, *flvout.ResumePoint, error) {
			from := time.Duration(start) * time.Millisecond
			return flvout.ResumeOptions{FileOptions: o, Recorded: true, From: from, Skip: 1}.Open(path)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	target := *to
	target.Session.Start = start
	if files.Resumed != nil {
		target.Session.Start += uint32(files.Resumed.Start.Milliseconds())
	}
	pull := job.Pull{Client: &rtmp.Client{IdleTimeout: peertest.Patience}, Target: &target, Files: files}
	if r := pull.Run(t.Context()); r.Err != nil || !r.Media {
		t.Fatalf("asked for from %d ms on: %+v", target.Session.Start, r)
	}
}
