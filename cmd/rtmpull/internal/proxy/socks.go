package proxy

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/proxy"
)

// What SOCKS4 answers.
const (
	granted4    = 90
	noIdent4    = 92
	wrongIdent4 = 93
)

// socks4 speaks SOCKS4, and 4a for a server's name.
func (p *Proxy) socks4() tunnel {
	return func(_ context.Context, nc net.Conn, addr string) error {
		ask, err := p.request4(addr)
		if err != nil {
			return &Error{p.addr, Denied, err}
		}
		if _, err := nc.Write(ask); err != nil {
			return err
		}
		var answer [8]byte
		if _, err := io.ReadFull(nc, answer[:1]); err != nil {
			return err
		}
		if answer[0] != 0 {
			return errors.New("it does not speak SOCKS4")
		}
		if _, err := io.ReadFull(nc, answer[1:]); err != nil {
			return err
		}
		switch code := answer[1]; code {
		case granted4:
			return nil
		case noIdent4, wrongIdent4:
			return &Error{p.addr, Denied, errors.New("it does not accept the user")}
		case 91: // whichever of the two it was
			return &Error{p.addr, Failed, errors.New("rejected or failed")}
		default:
			return fmt.Errorf("its answer is %d, which SOCKS4 does not know", code)
		}
	}
}

// request4 asks for a connection in the words of SOCKS4, or 4a for a name.
func (p *Proxy) request4(addr string) ([]byte, error) {
	host, port, err := splitAddr(addr)
	if err != nil {
		return nil, err
	}
	ip, name := netip.AddrFrom4([4]byte{0, 0, 0, 1}), ""
	if literal, err := netip.ParseAddr(host); err != nil {
		name = host
	} else if ip = literal.Unmap(); !ip.Is4() {
		return nil, errors.New("SOCKS4 knows no IPv6")
	}
	if len(name) > 255 || strings.Contains(name, "\x00") {
		return nil, errors.New("the server's name has more than 255 bytes or a NUL, which SOCKS4a cannot carry: correct the URL")
	}
	b := []byte{4, 1}
	b = binary.BigEndian.AppendUint16(b, port)
	b = append(b, ip.AsSlice()...)
	b = append(append(b, p.user...), 0)
	if name != "" {
		b = append(append(b, name...), 0)
	}
	return b, nil
}

func splitAddr(addr string) (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return host, uint16(n), err
}

// socks5 speaks SOCKS5.
func (p *Proxy) socks5() tunnel {
	return func(ctx context.Context, nc net.Conn, addr string) error {
		var auth *proxy.Auth
		if p.named {
			auth = &proxy.Auth{User: p.user, Password: p.password}
		}
		d, err := proxy.SOCKS5("tcp", p.addr, auth, given{nc})
		if err != nil {
			return err
		}
		if _, err := d.(proxy.ContextDialer).DialContext(ctx, "tcp", addr); err != nil {
			return p.refusal5(err)
		}
		return nil
	}
}

// given is a dialer for package proxy, whose connection to the proxy exists already.
type given struct{ net.Conn }

func (g given) Dial(string, string) (net.Conn, error) { return g.Conn, nil }

func (g given) DialContext(context.Context, string, string) (net.Conn, error) { return g.Conn, nil }

// refusal5 tells what SOCKS5's answers mean, which there is only in words.
func (p *Proxy) refusal5(err error) error {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Err == nil {
		return err
	}
	words := op.Err.Error()
	denied := func(why error) error { return &Error{p.addr, Denied, why} }
	reply, isReply := strings.CutPrefix(words, "unknown error ")
	switch {
	case reply == "connection not allowed by ruleset", reply == "command not supported":
		return denied(errors.New(reply))
	case isReply:
		return &Error{p.addr, Failed, errors.New(reply)}
	case words == "no acceptable authentication methods" && !p.named:
		return denied(ErrAuth)
	case words == "no acceptable authentication methods":
		return denied(errors.New("it wants another way to log in"))
	case words == "username/password authentication failed":
		return denied(ErrPassword)
	case words == "FQDN too long":
		return denied(errors.New("the server's name is too long"))
	case strings.HasPrefix(words, "unexpected protocol version"), strings.HasPrefix(words, "invalid username/password version"),
		strings.HasPrefix(words, "unsupported authentication method"),
		words == "non-zero reserved field", strings.HasPrefix(words, "unknown address type"):
		return fmt.Errorf("it does not speak SOCKS5 (%s)", words)
	}
	return err
}
