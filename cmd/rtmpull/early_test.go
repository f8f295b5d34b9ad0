package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// TestEndsEarly: a recorded stream whose metadata promises more than there is, is
// complete once its server has said that this is all and has no more, and so is its file
// when it is gone on with. A server that only stops may have more.
func TestEndsEarly(t *testing.T) {
	const pictures, group, every = 100, 25, 1000 // ms
	play := func(p *rtmptest.Peer, complete bool) {
		start, _ := amf.AsNumber(p.AcceptPlay().Args[1])
		p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
		meta := &amf.Object{Kind: amf.ECMAArray}
		meta.Set("duration", amf.Number(120))
		p.Data(0, amf.String("onMetaData"), meta)
		first := uint32(start) / every
		for i := first - first%group; i < pictures; i++ {
			body := []byte{0x22}
			if i%group == 0 {
				body[0] = 0x12
			}
			p.Video(every*i, append(binary.BigEndian.AppendUint32(body, i*2654435761), bytes.Repeat([]byte{1}, 100)...))
		}
		if complete {
			p.Data(0, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Complete", ""))
		}
		p.Status("status", "NetStream.Play.Stop")
		p.Linger()
	}
	const told = "the stream ends at 1:40, though its metadata says 2:00"
	for _, complete := range []bool{true, false} {
		status := map[bool]int{true: statusOK, false: statusIncomplete}[complete]
		for program, args := range map[string][]string{"rtmpdump": {"-r"}, "rtmpull": {"--vod"}} {
			dir := t.TempDir()
			file := filepath.Join(dir, "x.flv")
			var was []byte
			for _, again := range []bool{false, true} {
				script := func(p *rtmptest.Peer) { play(p, complete) }
				s := rtmptest.NewServer(t, script, script)
				args := append(slices.Clone(args), s.URL("live/show"), "-o", file)
				if again {
					args = append(args, "-e")
				}
				stderr, err := os.Create(filepath.Join(dir, "stderr"))
				if err != nil {
					t.Fatal(err)
				}
				env := &environment{program: program, args: args, stdout: stderr, stderr: stderr, getenv: func(string) string { return "" }}
				got := execute(t.Context(), env)
				said, _ := os.ReadFile(stderr.Name())
				_ = stderr.Close()
				if got != status || strings.Contains(string(said), told) != complete {
					t.Errorf("%s, complete %t, again %t: status %d, want %d\n%s", program, complete, again, got, status, said)
				}
				b, err := os.ReadFile(file)
				if err != nil || again && !bytes.Equal(b, was) {
					t.Errorf("%s, again: %v, %d bytes, not %d", program, err, len(b), len(was))
				}
				was = b
			}
		}
	}
}
