package rtmpdump

import (
	"strings"
	"testing"
)

// TestGetopt: each of these command lines is read as Debian's rtmpdump reads it.
func TestGetopt(t *testing.T) {
	flags := []Flag{
		{Name: "rtmp", Letter: "r", Value: true}, {Name: "playpath", Letter: "y", Value: true}, {Name: "playlist", Letter: "Y"},
		{Name: "live", Letter: "v"}, {Name: "quiet", Letter: "q"}, {Name: "start", Letter: "A", Value: true},
		{Name: "start-timeout", Value: true, More: true}, {Name: "insecure", More: true},
	}
	for _, c := range []struct{ line, want string }{
		{"-y x --playpath y", "playpath:x playpath:y"},
		{"-yx -y=x --playpath=x=y", "playpath:x playpath:=x playpath:x=y"},
		{"-vqyx -vy x -vYq", "live: quiet: playpath:x live: playpath:x live: playlist: quiet:"},
		{"-y -v --rtmp --live", "playpath:-v rtmp:--live"},
		{"--playpath= -y _ -v", "playpath: playpath: live:"},
		{"--pl", "! --pl may be --playpath, --playlist"},
		{"--play x", "! --play may be --playpath, --playlist"},
		{"--playp x --r y --l", "playpath:x rtmp:y live:"},
		{"--star 5 --start-timeout 6", "start:5 start-timeout:6"},
		{"--start-t 5", "! unknown option: --start-t"},
		{"--live=0", "! --live takes no value"},
		{"--live=", "! --live takes no value"},
		{"--insecure --insecure=false", "insecure: insecure:false"},
		{"-v=1", "live: ! unknown option: -="},
		{"a -v b -- -q --nosuch", "live: | a b -q --nosuch"},
		{"- -v -", "live: | - -"},
		{"-v -Qq", "live: ! unknown option: -Q"},
		{"-v -y", "live: ! --playpath wants a value"},
		{"--quiet --rtm", "quiet: ! --rtmp wants a value"},
		{"--", ""},
		{"", ""},
	} {
		args := strings.Fields(c.line)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "_", "")
		}
		given, words, err := Getopt(args, flags)
		var got []string
		for _, g := range given {
			got = append(got, g.Name+":"+g.Text)
		}
		if len(words) > 0 {
			got = append(append(got, "|"), words...)
		}
		if err != nil {
			got = append(got, "!", err.Error())
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.line, got, c.want)
		}
	}
}
