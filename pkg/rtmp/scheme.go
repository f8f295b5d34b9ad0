package rtmp

import (
	"maps"
	"slices"
	"strings"
)

// A transport is what carries RTMP over the network.
type transport struct {
	tls       bool // below all else
	http      bool // RTMP goes through a tunnel of HTTP requests
	encrypted bool // RTMPE: RC4, with keys from RTMP's handshake
	port      int  // when the URL has none
}

// transports are those that a Client speaks, by the scheme of their URLs.
var transports = map[string]transport{
	"rtmp":   {port: 1935},
	"rtmps":  {port: 443, tls: true},
	"rtmpe":  {port: 1935, encrypted: true},
	"rtmpt":  {port: 80, http: true},
	"rtmpts": {port: 443, tls: true, http: true},
	"rtmpte": {port: 80, http: true, encrypted: true},
}

// transport is what t's scheme stands for, the zero transport if it is unknown.
func (t *Target) transport() transport { return transports[t.Scheme] }

// TLS tells whether the connection is made over TLS: rtmps and rtmpts.
func (t *Target) TLS() bool { return t.transport().tls }

// Tunnelled tells whether RTMP goes through HTTP requests: rtmpt, rtmpte and rtmpts.
func (t *Target) Tunnelled() bool { return t.transport().http }

// Encrypted tells whether RTMPE is spoken: rtmpe and rtmpte. RTMPE hides a stream
// from those who only listen on the line. It authenticates nobody, and its cipher is
// broken: where that matters, TLS is what to use.
func (t *Target) Encrypted() bool { return t.transport().encrypted }

// secret tells whether what is said is hidden, by TLS or RTMPE, from those who only
// listen on the line.
func (t transport) secret() bool { return t.tls || t.encrypted }

// spoken lists the known schemes for an error message.
func spoken() string {
	list := slices.Sorted(maps.Keys(transports))
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last]
}
