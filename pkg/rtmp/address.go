package rtmp

import (
	"net"
	"net/netip"
	"strings"
)

// localPrefixes are addresses that netip takes for global and that no server on
// the public internet has: those of this network, of carriers' networks behind
// NAT, of benchmarks, and what came before unique local addresses.
var localPrefixes = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("fec0::/10"),
}

// isLocalIP tells whether an address is one of the loopback, of a link, of a
// private network, or none of a server's at all.
func isLocalIP(ip netip.Addr) bool {
	ip = unwrap(ip.Unmap().WithZone(""))
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return true
	}
	for _, p := range localPrefixes {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// unwrap is the IPv4 address that a NAT64 or 6to4 address leads to.
func unwrap(ip netip.Addr) netip.Addr {
	if !ip.Is6() {
		return ip
	}
	b := ip.As16()
	switch {
	case strings.HasPrefix(string(b[:]), "\x00\x64\xff\x9b\x00\x00\x00\x00\x00\x00\x00\x00"):
		return netip.AddrFrom4([4]byte(b[12:]))
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return ip
}

// ipOf is the IP address of a connection's end, if that has one.
func ipOf(a net.Addr) (netip.Addr, bool) {
	if a == nil {
		return netip.Addr{}, false
	}
	ap, err := netip.ParseAddrPort(a.String())
	return ap.Addr(), err == nil
}

// isLocal tells whether a connection's other end is known to have a local address.
func isLocal(a net.Addr) bool {
	ip, ok := ipOf(a)
	return ok && isLocalIP(ip)
}

// isLocalHost tells whether a host is known to be local before it is resolved.
func isLocalHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return isLocalIP(ip)
	}
	name := "." + strings.TrimSuffix(strings.ToLower(host), ".")
	return strings.HasSuffix(name, ".localhost")
}

// onPublicInternet tells whether a server has to be taken for one on the public
// internet, by the address that it was found at, or by its name if that tells
// nothing.
func onPublicInternet(a net.Addr, host string) bool {
	if ip, ok := ipOf(a); ok {
		return !isLocalIP(ip)
	}
	return !isLocalHost(host)
}
