// Package hexdump reads the annotated dumps that tests of wire formats are
// written in.
package hexdump

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"testing"
)

// Bytes turns an annotated dump into bytes: hex digits, which *n behind them
// repeats n times; "text" in quotes; =1.5, a number as AMF0 has it, with its
// marker; and from # to the end of the line a comment.
func Bytes(t testing.TB, dump string) []byte {
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
			var word string
			if i := strings.IndexAny(line, " \t"); i >= 0 {
				word, line = line[:i], line[i:]
			} else {
				word, line = line, ""
			}
			some, err := parse(word)
			if err != nil {
				t.Fatalf("%s: %v", word, err)
			}
			b = append(b, some...)
		}
	}
	return b
}

// parse reads a word that is no text.
func parse(word string) ([]byte, error) {
	if number, ok := strings.CutPrefix(word, "="); ok {
		v, err := strconv.ParseFloat(number, 64)
		return binary.BigEndian.AppendUint64([]byte{0}, math.Float64bits(v)), err
	}
	digits, times, repeated := strings.Cut(word, "*")
	some, err := hex.DecodeString(digits)
	if err != nil || !repeated {
		return some, err
	}
	n, err := strconv.Atoi(times)
	return bytes.Repeat(some, max(0, n)), err
}
