//go:build interop

package rtmp_test

import (
	"encoding/hex"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// TestRtmpdumpVerifies: what we say that a player answers to SWF verification is what
// librtmp answers, by RTMP and by RTMPE.
func TestRtmpdumpVerifies(t *testing.T) {
	player := handshake.SWF{Size: 0x01020304}
	for i := range player.Hash {
		player.Hash[i] = byte(7 * i)
	}
	for _, scheme := range []string{"rtmp", "rtmpe"} {
		var verified atomic.Bool
		s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			p.VerifySWF(player)
			verified.Store(true)
			p.Video(0, payload)
			complete(p)
		})
		cmd := exec.Command("rtmpdump", "--live", "-r", scheme+"://"+s.Addr+"/live/show", "-o", "/dev/null",
			"-w", hex.EncodeToString(player.Hash[:]), "-x", strconv.Itoa(int(player.Size)))
		if said, _ := cmd.CombinedOutput(); !verified.Load() {
			t.Errorf("%s: not verified; rtmpdump says:\n%s", scheme, said)
		}
	}
}
