// Package rtmptest is for RTMP what net/http/httptest is for HTTP: servers that
// do as a test says, without a network or on a real one, and lines with faults
// between them and the client under test.
//
//	func TestPlay(t *testing.T) {
//		client := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
//			p.AcceptPlay()
//			p.Video(0, []byte{0x17, 1, 0, 0, 0})
//			p.Status("status", "NetStream.Play.Stop")
//		})}
//		...
//
// Pipe, Dial and Listener work within testing/synctest bubbles, where time-outs pass
// in no time. A Line adds latency, cuts and drips; a Cutter breaks one connection
// after the other, a Tap knows what has passed, and a Tunnel is a way through HTTP.
package rtmptest
