package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
)

// A Kind says how far a connection through a proxy got.
type Kind uint8

// The kinds.
const (
	Unreachable Kind = iota // there is no connection to the proxy
	Broken                  // the proxy hung up, fell silent, or speaks something else
	Denied                  // the proxy does not let us
	Failed                  // the proxy could not connect to the server
)

// String says what the proxy did.
func (k Kind) String() string {
	return [...]string{"cannot be connected to", "is of no use", "refuses", "cannot connect to the server"}[k]
}

// An Error tells that there is no connection through a proxy.
type Error struct {
	Proxy string // host:port
	Kind  Kind
	Err   error // what the proxy said, or what became of the connection to it
}

func (e *Error) Error() string {
	return fmt.Sprintf("proxy: %s %v: %v", e.Proxy, e.Kind, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Permanent tells whether another attempt would end the same: the proxy does not take us
// for who we say that we are.
func (e *Error) Permanent() bool { return errors.Is(e.Err, ErrAuth) || errors.Is(e.Err, ErrPassword) }

var (
	// ErrSilent is the cause when the proxy did not answer before the context's
	// deadline. It is no net.Error: who asks those for a time-out takes them for the
	// server's.
	ErrSilent = errors.New("no answer")

	// ErrHungUp is the cause when the proxy hung up instead of answering.
	ErrHungUp = errors.New("it hung up")

	// ErrAuth is the cause when the proxy wants a user and a password and has none.
	ErrAuth = errors.New("it wants a user and a password")

	// ErrPassword is the cause when it does not accept those that it was given.
	ErrPassword = errors.New("it does not accept the user and the password")
)

// failed is the error of what ended with err.
func (p *Proxy) failed(ctx context.Context, kind Kind, err error) error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	return &Error{p.addr, kind, cause(ctx, err)}
}

// cause is what an error of a connection comes to. It is neither an io.EOF nor a
// time-out.
func cause(ctx context.Context, err error) error {
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Canceled
	case ctx.Err() != nil, isNet && timeout.Timeout():
		return ErrSilent
	case isTLS(err):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
		return ErrHungUp
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		if call, ok := errors.AsType[syscall.Errno](op.Err); ok {
			return call
		}
		return op.Err
	}
	return err
}

// isTLS tells whether an error is about a certificate.
func isTLS(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		_, ok = errors.AsType[x509.HostnameError](err)
	}
	return ok
}
