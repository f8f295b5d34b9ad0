package rtmp

import (
	"maps"
	"slices"
	"strings"
)

// A transport is what is between RTMP and the network.
type transport struct {
	tls       bool // of the connection as a whole
	http      bool // RTMP goes through a tunnel of HTTP requests
	encrypted bool // RTMPE: by what the handshake agrees on
	port      int  // where servers listen
}

// transports are those that are spoken, by the scheme of their URLs.
var transports = map[string]transport{
	"rtmp":   {port: 1935},
	"rtmps":  {port: 443, tls: true},
	"rtmpe":  {port: 1935, encrypted: true},
	"rtmpt":  {port: 80, http: true},
	"rtmpts": {port: 443, tls: true, http: true},
	"rtmpte": {port: 80, http: true, encrypted: true},
}

// transport is the Target's, the zero one if its scheme is none of ours.
func (t *Target) transport() transport { return transports[t.Scheme] }

// TLS tells whether the connection is one of TLS.
func (t *Target) TLS() bool { return t.transport().tls }

// Tunnelled tells whether RTMP goes through HTTP.
func (t *Target) Tunnelled() bool { return t.transport().http }

// Encrypted tells whether RTMPE is spoken. It keeps a stream from those who only
// look; TLS is what keeps it safe.
func (t *Target) Encrypted() bool { return t.transport().encrypted }

// secret tells whether anything keeps what is said from those who look.
func (t transport) secret() bool { return t.tls || t.encrypted }

// spoken are the schemes of transports, in a list to be read.
func spoken() string {
	list := slices.Sorted(maps.Keys(transports))
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last]
}
