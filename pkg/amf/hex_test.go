package amf

import (
	"testing"

	"github.com/rtmpull/rtmpull/pkg/internal/hexdump"
)

// wire turns an annotated dump into bytes.
func wire(t testing.TB, dump string) []byte {
	t.Helper()
	return hexdump.Bytes(t, dump)
}

// props makes properties of alternating names and values.
func props(nv ...any) []Property {
	var ps []Property
	for i := 0; i < len(nv); i += 2 {
		ps = append(ps, Property{nv[i].(string), nv[i+1].(Value)})
	}
	return ps
}
