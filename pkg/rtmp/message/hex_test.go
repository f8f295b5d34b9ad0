package message

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
)

// wire turns an annotated dump into bytes: hex digits, "text" in quotes, and
// from # to the end of the line a comment.
func wire(t testing.TB, dump string) []byte {
	t.Helper()
	var b []byte
	for line := range strings.Lines(dump) {
		for line = strings.TrimSpace(line); line != "" && line[0] != '#'; line = strings.TrimSpace(line) {
			if line[0] == '"' {
				quoted, err := strconv.QuotedPrefix(line)
				if err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				text, _ := strconv.Unquote(quoted)
				b = append(b, text...)
				line = line[len(quoted):]
				continue
			}
			digits, rest, _ := strings.Cut(line, " ")
			var err error
			if b, err = hex.AppendDecode(b, []byte(digits)); err != nil {
				t.Fatalf("%s: %v", digits, err)
			}
			line = rest
		}
	}
	return b
}
