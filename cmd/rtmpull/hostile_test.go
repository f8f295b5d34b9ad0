//go:build unix

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// hostiles are peers that are no good. They are given each connection.
var hostiles = map[string]func(nc net.Conn){
	// http answers as a web server does to what is no HTTP.
	"http": func(nc net.Conn) {
		_, _ = nc.Read(make([]byte, 64))
		_, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
		_, _ = io.Copy(io.Discard, nc)
	},
	// silent listens and says nothing.
	"silent": func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) },
	// drip begins to shake hands, a byte at a time.
	"drip": func(nc net.Conn) {
		for b := byte(3); ; b = 0 {
			if _, err := nc.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	},
	// closes hangs up at once.
	"closes": func(net.Conn) {},
	// tls answers in TLS to what is no TLS, as servers do: with an alert.
	"tls": func(nc net.Conn) {
		_, _ = nc.Read(make([]byte, 64))
		_, _ = nc.Write([]byte{21, 3, 3, 0, 2, 2, 10})
		_, _ = io.Copy(io.Discard, nc)
	},
	// plain-only speaks RTMP without encryption, whatever it is asked for.
	"plain-only": func(nc net.Conn) {
		b := make([]byte, 1+handshake.Size)
		if _, err := io.ReadFull(nc, b); err == nil {
			_, _ = nc.Write(append(append([]byte{3}, make([]byte, handshake.Size)...), b[1:]...))
		}
		_, _ = io.Copy(io.Discard, nc)
	},
	// rtmpe-only speaks RTMPE, whatever it is asked for.
	"rtmpe-only": func(nc net.Conn) {
		_, _ = nc.Write(append([]byte{8}, make([]byte, 2*handshake.Size)...))
		_, _ = io.Copy(io.Discard, nc)
	},
	// garbage answers at length with what is nothing at all.
	"garbage": func(nc net.Conn) {
		_, _ = nc.Write(make([]byte, 1<<16))
		_, _ = io.Copy(io.Discard, nc)
	},
}

// scripted are servers that speak RTMP and mean no good.
var scripted = map[string]rtmptest.Script{
	// after-connect hangs up when it hears what is asked for.
	"after-connect": func(p *rtmptest.Peer) {
		p.AcceptConnect()
		p.Await("createStream")
	},
	// after-play hangs up instead of playing.
	"after-play": func(p *rtmptest.Peer) {
		p.AcceptConnect()
		p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
		p.Await("play")
	},
	// no-connect never answers connect.
	"no-connect": func(p *rtmptest.Peer) {
		p.Handshake()
		p.Linger()
	},
	// never grants the stream and sends nothing.
	"never": func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Linger()
	},
	// over grants the stream and ends it.
	"over": func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	},
	// quiet sends one picture and falls silent.
	"quiet": func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, []byte{0x12, 0, 1, 2, 3})
		p.Linger()
	},
	// chunk announces a chunk size of 0 in the middle of the stream.
	"chunk": func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, []byte{0x12, 0, 1, 2, 3})
		_, _ = p.Write([]byte{2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0})
		p.Linger()
	},
	// no-app refuses the application.
	"no-app": func(p *rtmptest.Peer) {
		p.Handshake()
		p.Error(p.Expect("connect"), "NetConnection.Connect.InvalidApp", "There is no application live.")
		p.Linger()
	},
	// name-taken refuses the stream, and does not say why.
	"name-taken": func(p *rtmptest.Peer) {
		p.AcceptConnect()
		p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
		p.Await("publish")
		p.Status("error", "NetStream.Publish.BadName")
		p.Linger()
	},
	// after-publish hangs up instead of taking the stream.
	"after-publish": func(p *rtmptest.Peer) {
		p.AcceptConnect()
		p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
		p.Await("publish")
	},
	// no-publish never answers publish.
	"no-publish": func(p *rtmptest.Peer) {
		p.AcceptConnect()
		p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
		p.Linger()
	},
	// drops grants the stream and hangs up, as lal does if the name is taken.
	"drops": func(p *rtmptest.Peer) {
		p.AcceptPublish()
		p.ReadMedia()
	},
	// forbids grants the stream and then refuses it.
	"forbids": func(p *rtmptest.Peer) {
		p.AcceptPublish()
		p.ReadMedia()
		p.Status("error", "NetStream.Publish.Denied")
		p.Linger()
	},
	// throws-out grants the stream and ends it in good order.
	"throws-out": func(p *rtmptest.Peer) {
		p.AcceptPublish()
		p.ReadMedia()
		p.Status("status", "NetStream.Unpublish.Success")
		p.Linger()
	},
	// odd-password wants authentication of a kind that there is not.
	"odd-password": func(p *rtmptest.Peer) {
		p.Handshake()
		p.Error(p.Expect("connect"), "NetConnection.Connect.Rejected",
			"[ AccessManager.Reject ] : [ authmod=magic ] : ?reason=needauth&user=joe&salt=saltvalue&challenge=challengevalue&opaque=opaquevalue")
		p.Linger()
	},
	// escape refuses with words that are not fit for a terminal.
	"escape": func(p *rtmptest.Peer) {
		p.Handshake()
		p.Error(p.Expect("connect"), "NetConnection.Connect.Rejected", "\x1b[2Jgone\r\nrtmpull: all is well")
	},
}

// cmdHostile starts a peer in hostiles or scripted and sets $ADDR and $URL.
func cmdHostile(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 1, "hostile KIND")
	t := scriptT(ts)
	if script := scripted[args[0]]; script != nil {
		// The client may come again, with a simpler opening, or since it waits.
		s := rtmptest.NewServer(t, script, slices.Repeat([]rtmptest.Script{script}, 40)...)
		setAddr(ts, "rtmp", s.Addr)
		return
	}
	handle := hostiles[args[0]]
	need(ts, handle != nil, "hostile KIND, of hostiles or scripted")
	setAddr(ts, "rtmp", listen(ts, handle))
}

// cmdForgetful starts a server that sends a file from its beginning, whatever it is
// asked for, with so many ms added to the timestamps.
func cmdForgetful(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 2, "forgetful FILE MS")
	shift, err := strconv.ParseUint(args[1], 10, 32)
	ts.Check(err)
	var ms []message.Message
	for _, t := range readTags(ts, args[0]) {
		ms = append(ms, message.Message{
			ChunkStreamID: uint32(t.kind), Type: message.Type(t.kind), StreamID: rtmptest.StreamID,
			Timestamp: uint32(t.ts) + uint32(shift), Payload: []byte(t.body),
		})
	}
	script := func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Send(ms...)
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	}
	s := rtmptest.NewServer(scriptT(ts), script, slices.Repeat([]rtmptest.Script{script}, 20)...)
	setAddr(ts, "rtmp", s.Addr)
}

func setAddr(ts *testscript.TestScript, scheme, addr string) {
	ts.Setenv("ADDR", addr)
	ts.Setenv("URL", scheme+"://"+addr+"/live/bars")
}

// listen gives each connection to handle, and closes it after that.
func listen(ts *testscript.TestScript, handle func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				handle(nc)
			}()
		}
	}()
	return l.Addr().String()
}

// cmdTLS puts TLS in front of $ADDR, with the server certificate of that name
// from the certificates command, and sets $ADDR and $URL. With "client" it wants
// a certificate from the client.
func cmdTLS(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && (len(args) == 1 || len(args) == 2 && args[1] == "client"), "tls NAME [client]")
	pair, err := tls.LoadX509KeyPair(ts.MkAbs(args[0]+".pem"), ts.MkAbs(args[0]+".key"))
	ts.Check(err)
	cfg := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if len(args) == 2 {
		cfg.ClientAuth = tls.RequireAndVerifyClientCert
		cfg.ClientCAs = x509.NewCertPool()
		cfg.ClientCAs.AppendCertsFromPEM([]byte(ts.ReadFile("ca.pem")))
	}
	behind := ts.Getenv("ADDR")
	setAddr(ts, "rtmps", listen(ts, func(nc net.Conn) {
		client := tls.Server(nc, cfg)
		defer client.Close()
		if client.Handshake() != nil {
			return
		}
		server, err := net.Dial("tcp", behind)
		if err != nil {
			return
		}
		go func() {
			defer server.Close()
			_, _ = io.Copy(server, client)
		}()
		_, _ = io.Copy(client, server)
	}))
}

// cmdTunnel starts an HTTP server in front of the server at $ADDR, in the place of
// which it goes; with tls and a certificate of cmdCertificates it is for rtmpts. Other
// words are the form of its answers.
func cmdTunnel(ts *testscript.TestScript, neg bool, args []string) {
	const usage = "tunnel [chunked] [brief] [old] [closed] [404] [tls NAME]"
	need(ts, !neg, usage)
	scheme := "rtmpt"
	var via rtmptest.Tunnel
	for len(args) > 0 {
		switch word := args[0]; word {
		case "chunked":
			via.Chunked = true
		case "brief":
			via.Brief = true
		case "old":
			via.Old = true
		case "closed", "404":
			status := map[string]int{"closed": -1, "404": 404}[word]
			via.Status = func(rtmptest.TunnelRequest) int { return status }
		case "tls":
			need(ts, len(args) >= 2, usage)
			args = args[1:]
			scheme = "rtmpts"
			pair, err := tls.LoadX509KeyPair(ts.MkAbs(args[0]+".pem"), ts.MkAbs(args[0]+".key"))
			ts.Check(err)
			via.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		default:
			need(ts, false, usage)
		}
		args = args[1:]
	}
	setAddr(ts, scheme, via.Proxy(scriptT(ts), ts.Getenv("ADDR")))
}

// cmdCertificates writes ca.pem, an authority, and from it server.pem for
// 127.0.0.1, other.pem for another server, old.pem that is out of date, and
// client.pem; with keys in .key.
func cmdCertificates(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 0, "certificates")
	now := time.Now()
	authority := &x509.Certificate{
		Subject: pkix.Name{CommonName: "rtmpull test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotAfter: now.Add(time.Hour),
	}
	local := []net.IP{net.IPv4(127, 0, 0, 1)}
	caKey := writeCertificate(ts, "ca", authority, authority, nil)
	writeCertificate(ts, "server", &x509.Certificate{IPAddresses: local, NotAfter: now.Add(time.Hour)}, authority, caKey)
	writeCertificate(ts, "other", &x509.Certificate{DNSNames: []string{"other.example"}, NotAfter: now.Add(time.Hour)}, authority, caKey)
	writeCertificate(ts, "old", &x509.Certificate{IPAddresses: local, NotAfter: now.Add(-time.Minute)}, authority, caKey)
	writeCertificate(ts, "client", &x509.Certificate{
		NotAfter: now.Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, authority, caKey)
}

// writeCertificate writes NAME.pem and NAME.key. Without a key of the parent the
// certificate signs itself.
func writeCertificate(ts *testscript.TestScript, name string, c, parent *x509.Certificate, by *ecdsa.PrivateKey) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	if by == nil {
		by = key
	}
	c.SerialNumber, c.NotBefore = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
	ts.Check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	for file, block := range map[string]*pem.Block{
		name + ".pem": {Type: "CERTIFICATE", Bytes: der},
		name + ".key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		ts.Check(os.WriteFile(ts.MkAbs(file), pem.EncodeToMemory(block), 0o600))
	}
	return key
}
