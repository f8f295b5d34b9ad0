package rtmp

// A transport is what is between RTMP and the network.
type transport struct {
	tls  bool // of the connection as a whole
	port int  // where servers listen
}

// transports are those that are spoken, by the scheme of their URLs.
var transports = map[string]transport{
	"rtmp":  {port: 1935},
	"rtmps": {port: 443, tls: true},
}

// transport is the Target's, the zero one if its scheme is none of ours.
func (t *Target) transport() transport { return transports[t.Scheme] }

// TLS tells whether the connection is one of TLS.
func (t *Target) TLS() bool { return t.transport().tls }
