package message

import (
	"testing"

	"github.com/rtmpull/rtmpull/pkg/internal/hexdump"
)

// wire turns an annotated dump into bytes.
func wire(t testing.TB, dump string) []byte {
	t.Helper()
	return hexdump.Bytes(t, dump)
}
