// Package rtmpull has no code of its own. The program is in cmd/rtmpull; what it is made
// of can be used without it:
//
//   - [github.com/rtmpull/rtmpull/pkg/rtmp] plays streams from RTMP servers and publishes
//     streams to them, over TLS, HTTP tunnels and RTMPE
//   - [github.com/rtmpull/rtmpull/pkg/flvout] writes what comes as FLV files that can be
//     played at any moment, and inspects and mends such files
//   - [github.com/rtmpull/rtmpull/pkg/amf] reads and writes AMF0 and AMF3
//   - [github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest] is a scripted server for tests
//
// The first two do not know each other, and it takes a line to join them: the payload of an
// audio, video or data message is the body of an FLV tag. See the example.
package rtmpull
