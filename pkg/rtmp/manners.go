package rtmp

import "sync"

// Manners remember how servers want to be spoken to, so that only the first
// connection to one that does not stand the usual opening has to find that out.
// They are shared by copies of a Client, and safe for use by many goroutines. The
// zero Manners know no server yet.
type Manners struct {
	mu      sync.Mutex
	servers map[string]*manner // by host:port
	learned uint64             // counts
}

const (
	// maxManners is how many servers are remembered. The one that was learned of
	// longest ago is forgotten first.
	maxManners = 256

	// proofs is how often a server has to hang up on one opening and take another
	// for that to be believed: it may as well have begun to work in between.
	// Silence is proof enough, and dearer.
	proofs = 2

	// rest is how many attempts are made with one opening alone after none did
	// well: MediaMTX hangs up on whoever asks for what nobody publishes.
	rest = 4
)

// A manner is what is known of one server.
type manner struct {
	opening opening // that it took
	seen    int     // how often
	rest    int
	learned uint64
}

// suggest is the opening to begin with, and whether it is to be the only one.
func (m *Manners) suggest(addr string) (o opening, alone bool) {
	if m == nil {
		return usual, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.servers[addr]
	if k == nil {
		return usual, false
	}
	if k.seen >= proofs {
		o = k.opening
	}
	if alone = k.rest > 0; alone {
		k.rest--
	}
	return o, alone
}

// took notes that a server has taken an opening. silent: it was so on another one
// just before.
func (m *Manners) took(addr string, o opening, silent bool) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if o == usual {
		delete(m.servers, addr)
		return
	}
	k := m.of(addr)
	if k.opening != o {
		k.opening, k.seen = o, 0
	}
	k.seen++
	if silent {
		k.seen = proofs
	}
	k.rest = 0
}

// spurned notes that a server has taken no opening. o is the one that did best by
// proof, or the usual one.
func (m *Manners) spurned(addr string, o opening) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.of(addr)
	k.opening, k.seen, k.rest = o, proofs, rest
}

// of is what is known of a server, for which it makes room.
func (m *Manners) of(addr string) *manner {
	k := m.servers[addr]
	if k == nil {
		if m.servers == nil {
			m.servers = make(map[string]*manner)
		}
		if len(m.servers) >= maxManners {
			m.forget()
		}
		k = &manner{}
		m.servers[addr] = k
	}
	m.learned++
	k.learned = m.learned
	return k
}

// forget drops the server that was learned of longest ago.
func (m *Manners) forget() {
	oldest, at := "", m.learned+1
	for addr, k := range m.servers {
		if k.learned < at {
			oldest, at = addr, k.learned
		}
	}
	delete(m.servers, oldest)
}
