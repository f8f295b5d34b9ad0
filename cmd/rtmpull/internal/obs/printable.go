package obs

import (
	"strings"
	"unicode"
)

// Printable makes a text fit for a terminal and a line of a log, whoever wrote
// it: what cannot be seen becomes a space, and of a long text, whose end may be
// the reason, the middle is left out.
func Printable(s string) string {
	const head, tail = 200, 100 // bytes
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }), " ")
	if len(s) <= head+tail {
		return s
	}
	return strings.ToValidUTF8(s[:head]+"..."+s[len(s)-tail:], "") // without the halves of letters
}

// maxValues is how much is shown of what a peer says in a single command, in bytes.
const maxValues = 4096

// atMost cuts what is shown already in a safe form to a length.
func atMost(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most]+"...", "")
}
