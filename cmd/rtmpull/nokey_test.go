package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// A stream that has nothing to begin with is neither one that is not live nor one
// that is refused.
func TestNoKeyFrame(t *testing.T) {
	inter := append([]byte{0x22}, bytes.Repeat([]byte{7}, 100)...)
	for name, test := range map[string]struct {
		ends   func(*rtmptest.Peer)
		status int
		why    string
	}{
		"ends": {func(p *rtmptest.Peer) {
			p.Status("status", "NetStream.Play.Complete")
			p.Linger()
		}, 1, "^no key frame came$"},
		"lost": {func(*rtmptest.Peer) {}, 2, "^no key frame came; the connection to h:1935 was lost$"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := record(t, rtmptest.Dial(t, func(p *rtmptest.Peer) {
					p.AcceptPlay()
					for i := range uint32(50) {
						p.Video(40*i, inter)
						time.Sleep(40 * time.Millisecond)
					}
					test.ends(p)
				}), "--retry", "0")
				o.wants(t, test.status, 2*time.Second, 10*time.Second, test.why)
			})
		})
	}
}
