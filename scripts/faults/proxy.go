//go:build linux

package main

import (
	"net"
	"sync"
	"sync/atomic"
)

// A proxy forwards connections. When it stalls, it forgets those that it has:
// it keeps them open, and neither reads nor writes. It forwards new ones.
type proxy struct {
	listener net.Listener
	to       string
	forget   atomic.Int64 // connections before this one are stalled
	n        atomic.Int64

	mu    sync.Mutex
	conns []net.Conn
}

func newProxy(addr, to string) (*proxy, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, to: to}
	go p.accept()
	return p, nil
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		n := p.n.Add(1)
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		go p.forward(n, server, client)
		go p.forward(n, client, server)
	}
}

func (p *proxy) forward(n int64, dst, src net.Conn) {
	buf := make([]byte, 16<<10)
	for {
		k, err := src.Read(buf)
		if n <= p.forget.Load() {
			return // and closes nothing
		}
		if err == nil {
			_, err = dst.Write(buf[:k])
		}
		if err != nil {
			_ = src.Close()
			_ = dst.Close()
			return
		}
	}
}

func (p *proxy) stall() { p.forget.Store(p.n.Load()) }

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}
