package main

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestManual: every page has each of the command's flags, and no line that man would
// take for a request and that is none.
func TestManual(t *testing.T) {
	root := newRoot(&environment{getenv: func(string) string { return "" }})
	for _, c := range append(pagesBelow(root), root) {
		page := string(manualPage(c, "v1"))
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && !strings.Contains(page, roff("--"+f.Name)) {
				t.Errorf("%s has no --%s", pageName(c), f.Name)
			}
		})
		for line := range strings.Lines(page) {
			macro, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			switch macro {
			case ".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".BR", ".nf", ".fi":
			default:
				if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
					t.Errorf("%s: %s", pageName(c), line)
				}
			}
		}
	}
}

func TestRoff(t *testing.T) {
	for text, want := range map[string]string{
		"a-b":          `a\-b`,
		`\xx`:          `\exx`,
		".part\n'x'\n": "\\&.part\n\\&'x'\n",
	} {
		if got := roff(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
