package rtmp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// An authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{cert, key, x509.NewCertPool()}
	a.pool.AddCert(cert)
	return a
}

// issue makes a certificate for a name or an address.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	good, wrong, client := ca.issue(t, "127.0.0.1"), ca.issue(t, "elsewhere.example"), ca.issue(t, "me")
	oneFrame := func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, payload)
		complete(p)
		p.Linger()
	}
	serve := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	trust := &tls.Config{RootCAs: ca.pool}
	old := serve(good)
	old.MaxVersion = tls.VersionTLS11
	old.MinVersion = tls.VersionTLS10
	mutual := serve(good)
	mutual.ClientAuth, mutual.ClientCAs = tls.RequireAndVerifyClientCert, ca.pool

	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	tests := []struct {
		name           string
		server, client *tls.Config
		want           any    // target of errors.As, or
		says           string // part of the error's text; neither: it plays
	}{
		{"an unknown authority, by default", serve(good), nil, &unknown, ""},
		{"one's own authority", serve(good), trust, nil, ""},
		{"a wrong name", serve(wrong), trust, &hostname, ""},
		{"a wrong name, said to be right", serve(wrong), &tls.Config{RootCAs: ca.pool, ServerName: "elsewhere.example"}, nil, ""},
		{"not verified, since so asked", serve(wrong), &tls.Config{InsecureSkipVerify: true}, nil, ""},
		{"TLS 1.1", old, &tls.Config{RootCAs: ca.pool, MinVersion: tls.VersionTLS10}, nil, "protocol version"},
		{"a client certificate", mutual, &tls.Config{RootCAs: ca.pool, Certificates: []tls.Certificate{client}}, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := rtmptest.NewTLSServer(t, test.server, oneFrame)
			got, err := pull(t, &rtmp.Client{TLSConfig: test.client}, target(t, s.URL("live/show")))
			if test.want == nil && test.says == "" {
				if err != io.EOF || len(got) != 1 {
					t.Errorf("got %v, %v; want one frame", got, err)
				}
				return
			}
			checkError(t, err, rtmp.PhaseTLS, nil, test.says)
			if test.want != nil && !errors.As(err, test.want) {
				t.Errorf("got %v, want a %T", err, test.want)
			}
		})
	}
	t.Run("no client certificate", func(t *testing.T) {
		// In TLS 1.3 the server's refusal comes after the client's handshake.
		s := rtmptest.NewTLSServer(t, mutual, oneFrame, oneFrame)
		_, err := pull(t, &rtmp.Client{TLSConfig: trust}, target(t, s.URL("live/show")))
		checkError(t, err, rtmp.PhaseHandshake, nil, "certificate required")
	})
}

func TestTLSWherePlainIsAndBack(t *testing.T) {
	t.Run("plain", func(t *testing.T) {
		s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
			_, _ = p.Write(append([]byte{3}, make([]byte, 3072)...))
			silent(p)
		})
		to := target(t, s.URL("live/show"))
		to.Scheme = "rtmps"
		_, err := pull(t, new(rtmp.Client), to)
		checkError(t, err, rtmp.PhaseTLS, nil, "does not speak TLS")
	})
	t.Run("plain, and hangs up", func(t *testing.T) {
		s := rtmptest.NewServer(t, func(p *rtmptest.Peer) { _, _ = p.Read(make([]byte, 1<<16)) })
		to := target(t, s.URL("live/show"))
		to.Scheme = "rtmps"
		_, err := pull(t, new(rtmp.Client), to)
		checkError(t, err, rtmp.PhaseTLS, io.ErrUnexpectedEOF, "")
	})
	t.Run("TLS", func(t *testing.T) {
		s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
			_, _ = p.Read(make([]byte, 1537))
			_, _ = p.Write([]byte{0x15, 3, 1, 0, 2, 2, 10}) // alert: unexpected message
			silent(p)
		})
		_, err := pull(t, new(rtmp.Client), target(t, s.URL("live/show")))
		checkError(t, err, rtmp.PhaseHandshake, nil, "TLS, not RTMP")
	})
}

func TestRefusedPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	_, err = pull(t, new(rtmp.Client), target(t, "rtmp://"+addr+"/live/show"))
	checkError(t, err, rtmp.PhaseDial, nil, addr)
}

func TestRealConnection(t *testing.T) {
	s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, payload)
		p.Audio(20, payload)
		complete(p)
		p.Linger()
	})
	addr := rtmptest.Line{}.Proxy(t, s.Addr)
	got, err := pull(t, new(rtmp.Client), target(t, "rtmp://"+addr+"/live/show"))
	if err != io.EOF || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}
