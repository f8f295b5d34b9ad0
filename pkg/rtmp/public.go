package rtmp

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

type publicKey struct{}

// PublicOnly makes a context for dialling, and says whether that may lead to none but
// addresses of the public internet. Client.DialContext is given such a context for a Target
// that is Public, so that what must not be connected to is not.
func PublicOnly(ctx context.Context, only bool) context.Context {
	return context.WithValue(ctx, publicKey{}, only)
}

// CheckAddress refuses a host:port that is about to be dialled, if ctx is for the public
// internet only and that is none of it. A name is judged by itself, and is for a proxy to
// resolve: one with no dot, of a local network's, or with more in it than the letters,
// digits, hyphens and underscores of the DNS, is refused as well.
func CheckAddress(ctx context.Context, addr string) error {
	if only, _ := ctx.Value(publicKey{}).(bool); !only {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if _, err := netip.ParseAddr(host); isLocalHost(host) || err != nil && (isInside(host) || strings.ContainsFunc(host, unnamed)) {
		return errLeadsInside
	}
	return nil
}

// CheckControl is CheckAddress for the ControlContext of a net.Dialer, which is asked when
// the name is resolved and nothing was sent yet.
func CheckControl(ctx context.Context, _, addr string, _ syscall.RawConn) error {
	return CheckAddress(ctx, addr)
}

// insideNames are those of local networks.
var insideNames = [...]string{".local", ".localdomain", ".internal", ".intranet", ".lan", ".home.arpa"}

// isInside tells whether a name is one that the public internet does not have.
func isInside(name string) bool {
	name = strings.TrimRight(strings.ToLower(name), ".")
	for _, end := range insideNames {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return !strings.Contains(name, ".")
}

// unnamed tells what no name on the wire has. There are proxies that make 127.0.0.1 of
// such digits as IDNA folds, or that take what is behind a # for no part of the name.
func unnamed(r rune) bool {
	return r != '-' && r != '.' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}
