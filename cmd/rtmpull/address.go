package main

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// addressFlags say where the server is and how it is spoken to, instead of the URL.
type addressFlags struct {
	host     string
	port     portValue
	protocol protocolValue
}

func (f *addressFlags) add(fs *pflag.FlagSet) {
	fs.StringVarP(&f.host, "host", "n", "", "`name` or address of the server, instead of the URL's")
	fs.VarP(&f.port, "port", "c", "port of the server, instead of the URL's")
	fs.VarP(&f.protocol, "protocol", "l", "protocol to speak, instead of the URL's: "+protocolNames())
}

// url is what the URL would be that says no more than the flags; empty if they do not
// say where the server is.
func (f *addressFlags) url() string {
	if f.host == "" {
		return ""
	}
	return "rtmp://" + bracketed(f.host) + "/"
}

// override puts what is given into the place of what the URL says.
func (f *addressFlags) override(t *rtmp.Target) error {
	if f.protocol.set {
		t.Scheme = protocols[f.protocol.n]
	}
	if f.port != 0 {
		t.Port = int(f.port)
	}
	if f.host == "" {
		return nil
	}
	server, err := rtmp.ParseTarget("rtmp://" + bracketed(f.host))
	if err != nil || server.Port != 0 || server.Session.App != "" || server.User != "" {
		return badUsage("--host %q is no host", f.host)
	}
	t.Host = server.Host
	return nil
}

// bracketed is a host as URLs have it: an IPv6 address in brackets.
func bracketed(host string) string {
	address, _, _ := strings.Cut(host, "%")
	if ip := net.ParseIP(address); ip != nil && strings.Contains(address, ":") {
		return "[" + host + "]"
	}
	return host
}

// A portValue is a flag that takes 1 to 65535.
type portValue uint16

func (v *portValue) String() string {
	if *v == 0 {
		return ""
	}
	return strconv.Itoa(int(*v))
}

func (v *portValue) Type() string { return "port" }

func (v *portValue) Set(s string) error {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return errors.New("ports are 1 to 65535")
	}
	*v = portValue(n)
	return nil
}

// protocols are the schemes by rtmpdump's numbers.
var protocols = [...]string{"rtmp", "rtmpt", "rtmpe", "rtmpte", "rtmps", "rtmpts"}

func protocolNames() string {
	names := make([]string, len(protocols))
	for i, name := range protocols {
		names[i] = strconv.Itoa(i) + " " + name
	}
	return strings.Join(names, ", ")
}

// A protocolValue is a flag that takes one of the protocols, by name or number.
type protocolValue struct {
	n   int
	set bool
}

func (v *protocolValue) String() string {
	if !v.set {
		return ""
	}
	return protocols[v.n]
}

func (v *protocolValue) Type() string { return "protocol" }

func (v *protocolValue) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil {
		n = slices.Index(protocols[:], strings.ToLower(s))
	}
	if n < 0 || n >= len(protocols) {
		return errors.New("write " + protocolNames())
	}
	v.n, v.set = n, true
	return nil
}
