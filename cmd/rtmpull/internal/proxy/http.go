package proxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// mostHeader is how long a proxy's answer to CONNECT may be, in bytes.
const mostHeader = 64 << 10

// http speaks HTTP's CONNECT. The user and the password go along unasked: that saves
// a connection, and proxies that ask want Basic.
func (p *Proxy) http() tunnel {
	return func(_ context.Context, nc net.Conn, addr string) error {
		ask := &http.Request{
			Method: http.MethodConnect, Host: addr, URL: &url.URL{Opaque: addr},
			Header: http.Header{"User-Agent": {"rtmpull"}},
		}
		if p.named {
			basic := http.Request{Header: http.Header{}}
			basic.SetBasicAuth(p.user, p.password)
			ask.Header["Proxy-Authorization"] = basic.Header["Authorization"]
		}
		if err := ask.Write(nc); err != nil {
			return err
		}
		var start [len("HTTP/")]byte
		if _, err := io.ReadFull(nc, start[:]); err != nil {
			return err
		}
		if string(start[:]) != "HTTP/" {
			return errNotHTTP
		}
		// A byte at a time: what comes behind the answer is the server's.
		in := &io.LimitedReader{R: single{nc}, N: mostHeader}
		answer, err := http.ReadResponse(bufio.NewReader(io.MultiReader(bytes.NewReader(start[:]), in)), ask)
		if err != nil {
			return notHTTP(err, in)
		}
		return p.judge(answer)
	}
}

var errNotHTTP = errors.New("it does not speak HTTP")

// single reads a byte at a time.
type single struct{ io.Reader }

func (r single) Read(b []byte) (int, error) { return r.Reader.Read(b[:min(1, len(b))]) }

// notHTTP says what is wrong with an answer that could not be read.
func notHTTP(err error, in *io.LimitedReader) error {
	if in.N == 0 {
		return errors.New("the header of its answer has no end")
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return errNotHTTP
}

// judge tells whether an answer grants the connection. Bytes that follow a 2xx are the
// server's, and no body (RFC 9110, 9.3.6).
func (p *Proxy) judge(answer *http.Response) error {
	code := answer.StatusCode
	said := fmt.Sprintf("%03d %s", code, http.StatusText(code))
	denied := func(why error) error { return &Error{p.addr, Denied, why} }
	switch {
	case code/100 == 2:
		return nil
	case code == http.StatusProxyAuthRequired && !p.offers(answer, "basic"):
		return denied(fmt.Errorf("it wants a way to log in that is not spoken here (%s)", said))
	case code == http.StatusProxyAuthRequired && !p.named:
		return denied(ErrAuth)
	case code == http.StatusProxyAuthRequired:
		return denied(ErrPassword)
	case code >= 500 && code != http.StatusNotImplemented:
		return &Error{p.addr, Failed, errors.New(strings.TrimSpace(said))}
	}
	return denied(errors.New(strings.TrimSpace(said)))
}

// offers tells whether a way to log in is among those of an answer. One that names
// none means Basic.
func (p *Proxy) offers(answer *http.Response, way string) bool {
	ways := answer.Header[textproto.CanonicalMIMEHeaderKey("Proxy-Authenticate")]
	return len(ways) == 0 || slices.ContainsFunc(ways, func(text string) bool {
		for part := range strings.SplitSeq(strings.ToLower(text), ",") {
			if name, _, _ := strings.Cut(strings.TrimSpace(part), " "); name == way {
				return true
			}
		}
		return false
	})
}
