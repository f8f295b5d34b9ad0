package obs

import (
	"strings"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// Secrets lists what must not be shown of a target: the password, the tokens,
// and the values in the query of its application and its name.
func Secrets(t *rtmp.Target) []string {
	c := &t.Session
	list := []string{t.Password, c.Auth, c.Token, c.UsherToken}
	for _, s := range []string{c.App, c.PlayPath, c.TcURL} {
		_, query, _ := strings.Cut(s, "?")
		for part := range strings.SplitSeq(query, "&") {
			_, value, _ := strings.Cut(part, "=")
			list = append(list, value)
		}
	}
	return list
}
