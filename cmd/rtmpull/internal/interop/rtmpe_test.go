//go:build interop

package interop

import (
	"bytes"
	"os"
	"testing"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// TestRTMPEAtRtmpsrv: a server of librtmp's own hears what we ask for by RTMPE, and
// we its answers.
func TestRTMPEAtRtmpsrv(t *testing.T) {
	t.Parallel()
	p, log := atRtmpsrv(t, "rtmpe://127.0.0.1/live/showplace", "--swfUrl", "http://page/player.swf")
	if status := p.Wait(peertest.Patience); status != 6 {
		t.Errorf("status %d, want 6:\n%s", status, p.Output())
	}
	heard, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Type Requested : 06", "Genuine Adobe Flash Player", "STRING:\tconnect>", "STRING:\trtmpe://127.0.0.1/live>",
		"STRING:\thttp://page/player.swf>", "STRING:\tplay>", "STRING:\tshowplace>",
	} {
		if !bytes.Contains(heard, []byte(want)) {
			t.Errorf("rtmpsrv has not heard %q", want)
		}
	}
	if said := p.Output(); !bytes.Contains([]byte(said), []byte("NetStream.Play.Start")) {
		t.Errorf("we have not heard Play.Start:\n%s", said)
	}
}
