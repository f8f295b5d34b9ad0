package rtmpdump

import (
	"strings"
	"testing"
)

func TestProcessPlayPath(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"v", "v"},
		{"v.mp4", "mp4:v"},
		{"v.f4v", "mp4:v"},
		{"v.mp3", "mp3:v"},
		{"v.flv", "v"},
		{"v.MP4", "v.MP4"},
		{"v.mov", "v.mov"},
		{"a/v.mp4?x=y.flv", "mp4:a/v?x=y.flv"},
		{"v?x=y.mp4", "v?x=y.mp4"},
		{"mp4:v.f4v", "mp4:v.f4v"},
		{"mp4:v", "mp4:v"},
		{"mp3:v.mp4", "mp4:mp3:v"},
		{".flv", ""},
		{"?slist=foo/bar.mp4", "mp4:foo/bar"},
		{"?auth=a&slist=foo/bar.flv&x=1", "foo/bar.flv"},
		{"?slist=mp3:foo.mp3", "mp3:foo.mp3"},
		{"?k=1", "?k=1"},
		{"a%20b%2Fc.mp4?x=%3d", "mp4:a b/c?x=="},
		{"100%", "100%"},
		{"%zz%4", "%zz%4"},
		{"v%2emp4", "v.mp4"}, // decoded last: this is no ending
	} {
		if got := ProcessPlayPath(tt.in); got != tt.want {
			t.Errorf("%s becomes %q, want %q", tt.in, got, tt.want)
		}
	}
}

// What has neither an ending, an escape nor a list stays, and a name grows by a
// prefix at most.
func FuzzProcessPlayPath(f *testing.F) {
	for _, s := range []string{"v.mp4?x", "?a&slist=b.flv&c", "a%20b.mp3", "%", "?slist=", ".f4v"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := ProcessPlayPath(s)
		if len(got) > len(s)+len("mp4:") {
			t.Errorf("%q becomes %q", s, got)
		}
		if !strings.ContainsAny(s, "%.=") && got != s {
			t.Errorf("%q becomes %q, want it as it is", s, got)
		}
	})
}
