package obs

import (
	"regexp"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/rs/zerolog"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
)

// What a client says has its secrets behind ? and &, until the next & or the end
// of the text, and between the user and the host of a URL.
var (
	queryValue  = regexp.MustCompile(`([?&][^=&"]*=|\?)(?:\\.|[^&"\\])+`)
	urlPassword = regexp.MustCompile(`(://[^:/"]*:)[^/"]*@`)
)

func hideQuery(s string) string {
	return queryValue.ReplaceAllString(urlPassword.ReplaceAllString(s, "${1}"+mask+"@"), "${1}"+mask)
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
		fields["said"] = hideQuery(e.Text)
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
