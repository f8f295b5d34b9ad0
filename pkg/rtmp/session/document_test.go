package session

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/handler.md has every row, the tests that it names are there, and there is
// a test with the row's number in its name.
func TestHandlerDocument(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	document, err := os.ReadFile(filepath.Join(root, "docs", "handler.md"))
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	for _, dir := range []string{"pkg/rtmp/session", "pkg/rtmp", "cmd/rtmpull/internal/interop"} {
		files, _ := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(b)
		}
	}
	for _, name := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(document), -1) {
		if !strings.Contains(sources.String(), "func "+name[1]+"(t *testing.T)") {
			t.Errorf("there is no %s", name[1])
		}
	}
	lines := strings.Split(string(document), "\n")
	for n := 1; n <= 31; n++ {
		named := 0
		for _, line := range lines {
			if !strings.HasPrefix(line, fmt.Sprintf("| %d ", n)) {
				continue
			}
			named += strings.Count(line, "`Test")
		}
		if named == 0 {
			t.Errorf("row %d names no test", n)
		}
		numbered := regexp.MustCompile(fmt.Sprintf(
			`"rows? (\d+, |\d+ and )*%[1]d\b|\{%[1]d, "|\((\w+\(\))?%[1]d, "|func TestRow0?%[1]d[A-Z]`, n))
		if !numbered.MatchString(sources.String()) {
			t.Errorf("no test has row %d in its name", n)
		}
	}
}
