package rtmp

import (
	"strconv"
	"testing"
)

// Who connects to very many servers remembers the newest, and those that were
// spoken to since.
func TestMannersAreBounded(t *testing.T) {
	var m Manners
	for i := range 3 * maxManners {
		m.took("first", listless, true)
		m.took(strconv.Itoa(i), cautious, true)
	}
	if n := len(m.servers); n != maxManners {
		t.Errorf("%d servers are remembered, want %d", n, maxManners)
	}
	for addr, want := range map[string]opening{
		"first": listless, strconv.Itoa(3*maxManners - 1): cautious, "0": usual,
	} {
		if got, _ := m.suggest(addr); got != want {
			t.Errorf("%s: begins with opening %d, want %d", addr, got, want)
		}
	}
}
