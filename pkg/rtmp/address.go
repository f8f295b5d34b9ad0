package rtmp

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// localPrefixes are addresses that netip takes for global and that no server on
// the public internet has: those of this network, of carriers' networks behind
// NAT, of benchmarks, what came before unique local addresses, a network's own NAT64,
// and Teredo, whose addresses are those of hosts behind NAT.
var localPrefixes = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("fec0::/10"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"),
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

// carriers are what is before an IPv4 address in one of IPv6: of NAT64, IPv4-translated,
// and IPv4-compatible addresses.
var carriers = [...][12]byte{{1: 0x64, 2: 0xff, 3: 0x9b}, {8: 0xff, 9: 0xff}, {}}

// unwrap is the IPv4 address that a NAT64, 6to4, IPv4-translated or IPv4-compatible
// address leads to.
func unwrap(ip netip.Addr) netip.Addr {
	if !ip.Is6() {
		return ip
	}
	b := ip.As16()
	switch {
	case slices.Contains(carriers[:], [12]byte(b[:])):
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

// isLocalHost tells whether a host is known to be local before it is resolved, or is an
// address in one of the forms that resolvers understand beside the usual one, such as
// 127.1 and 0x7f000001, of which no public server has need.
func isLocalHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return isLocalIP(ip)
	}
	name := "." + strings.TrimRight(strings.ToLower(host), ".")
	return strings.HasSuffix(name, ".localhost") || isNumber(name[strings.LastIndexByte(name, '.')+1:])
}

// isNumber tells whether the last label of a name makes it an address (WHATWG URL, 3.5).
func isNumber(label string) bool {
	digits := "0123456789"
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		label, digits = "0"+hex, "0123456789abcdef"
	}
	return label != "" && strings.Trim(label, digits) == ""
}

// OnPublicInternet tells whether a server has to be taken for one on the public
// internet, by the address that it was found at, or by its name if that tells
// nothing.
func OnPublicInternet(a net.Addr, host string) bool {
	if ip, ok := ipOf(a); ok {
		return !isLocalIP(ip)
	}
	_, err := netip.ParseAddr(host)
	return !isLocalHost(host) && (err == nil || !isInside(host))
}
