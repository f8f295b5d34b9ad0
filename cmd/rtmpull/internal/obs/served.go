package obs

import (
	"regexp"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/rs/zerolog"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
)

// What a client says has its secrets in queries, behind ? until the end of the
// text or, for servers that want one without a ?, behind & and =, and between the
// user and the host of a URL.
var (
	query       = regexp.MustCompile(`\?(?:\\.|[^"\\])+`)
	queryValue  = regexp.MustCompile(`(&[^=&?"]*=)(?:\\.|[^&?"\\])+`)
	urlPassword = regexp.MustCompile(`(://[^:/"]*:)[^/"]*@`)
)

func hideQuery(s string) string {
	s = urlPassword.ReplaceAllString(s, "${1}"+mask+"@")
	s = queryValue.ReplaceAllString(s, "${1}"+mask)
	return query.ReplaceAllStringFunc(s, func(q string) string {
		parts := strings.Split(q[1:], "&")
		for i, part := range parts {
			name, value, ok := strings.Cut(part, "=")
			switch {
			case ok && value == "", part == "":
			case ok && !strings.Contains(name, "?"):
				parts[i] = name + "=" + mask
			default:
				parts[i] = mask
			}
		}
		return "?" + strings.Join(parts, "&")
	})
}

// quoted are the texts among the values of a command, of which the last may have
// been cut.
var quoted = regexp.MustCompile(`"(?:\\.|[^"\\])*(?:"|$)`)

// hideArguments hides the texts behind the object of a connect that a client has
// sent. That is where passwords are, for servers that want one there.
func hideArguments(said string) string {
	const connect = "connect("
	args, ok := strings.CutPrefix(said, connect)
	if !ok {
		return said
	}
	end := objectEnd(args)
	return said[:len(connect)+end] + quoted.ReplaceAllLiteralString(args[end:], `"`+mask+`"`)
}

// objectEnd is where the first object ends in a list of values: 0 if there is
// none.
func objectEnd(args string) int {
	bare := quoted.ReplaceAllStringFunc(args, func(s string) string { return strings.Repeat("_", len(s)) })
	depth := 0
	for i, r := range bare {
		switch r {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	if depth > 0 { // it was cut
		return len(args)
	}
	return 0
}

// Served logs what happens at a server. Many goroutines may call it at once.
func (l Logger) Served(e serve.Event) {
	level := zerolog.InfoLevel
	switch e.Kind {
	case serve.Listening:
		return
	case serve.Command:
		level = zerolog.DebugLevel
	}
	fields := map[string]any{"conn": e.Conn}
	if e.Kind == serve.Connected && e.Addr != nil {
		fields["addr"] = e.Addr.String()
	}
	if e.Stream != "" {
		fields["stream"] = hideQuery(e.Stream)
	}
	if e.Text != "" {
		fields["said"] = hideQuery(hideArguments(e.Text))
	}
	if e.Media > 0 {
		fields["media"] = e.Media.Round(time.Millisecond).String()
	}
	if e.Bytes > 0 {
		name := "sent"
		if e.Kind == serve.Unpublished {
			name = "received"
		}
		fields[name] = humanize.Bytes(uint64(e.Bytes))
	}
	l.log.WithLevel(level).Fields(fields).AnErr("error", e.Err).Msg(e.Kind.String())
}
