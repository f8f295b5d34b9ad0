//go:build interop

package differential

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// probed is what ffprobe thinks of files, by what is in them: many rows make the same.
type probed struct {
	mu    sync.Mutex
	files map[[sha256.Size]byte]verdict
}

type verdict struct {
	packets []peertest.Packet
	damaged bool // ffprobe complains
}

func (p *probed) probe(t testing.TB, data []byte) verdict {
	t.Helper()
	key := sha256.Sum256(data)
	p.mu.Lock()
	v, ok := p.files[key]
	p.mu.Unlock()
	if ok {
		return v
	}
	file := filepath.Join(t.TempDir(), "probed.flv")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	var complaints string
	v.packets, complaints = peertest.Probe(t, file)
	v.damaged = complaints != ""
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[key] = v
	return v
}

const flvHeader = 9 + 4

// describe is a recording in lines: what kind of file, what its header says, how many
// packets, and when they begin.
func (g *rig) describe(t testing.TB, data []byte) (lines []string, packets []peertest.Packet) {
	t.Helper()
	switch {
	case data == nil:
		return []string{"no file"}, nil
	case len(data) == 0:
		return []string{"an empty file"}, nil
	case !bytes.HasPrefix(data, []byte("FLV\x01")) || len(data) < flvHeader:
		return []string{"no FLV"}, nil
	}
	lines = append(lines, fmt.Sprintf("an FLV with flags %d", data[4]))
	if len(data) == flvHeader {
		return append(lines, "and nothing in it"), nil
	}
	v := g.probed.probe(t, data)
	for _, p := range v.packets {
		if p.Type == "video" || p.Type == "audio" { // and not what stands before a header that tells of neither
			packets = append(packets, p)
		}
	}
	if v.damaged {
		lines = append(lines, "which is damaged")
	}
	count := map[string]int{}
	for _, p := range packets {
		count[p.Type]++
	}
	if len(packets) > 0 {
		lines = append(lines, fmt.Sprintf("that begins at %d ms", packets[0].DTS))
	}
	return append(lines, fmt.Sprintf("%d pictures", count["video"]), fmt.Sprintf("%d sounds", count["audio"])), packets
}

// same tells how two recordings differ, of which both begin with the stream's first
// packet: in the order of packets, their bytes, and their times since the first.
func same(ours, theirs []peertest.Packet) string {
	for i := range min(len(ours), len(theirs)) {
		o, t := ours[i], theirs[i]
		o.PTS, o.DTS = o.PTS-ours[0].DTS, o.DTS-ours[0].DTS
		t.PTS, t.DTS = t.PTS-theirs[0].DTS, t.DTS-theirs[0].DTS
		if o != t {
			return fmt.Sprintf("packet %d is %v, not %v", i, o, t)
		}
	}
	return ""
}
