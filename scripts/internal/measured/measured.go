// Package measured has what the programs share that measure: how a table gets into
// its page, and what ffmpeg thinks of a file.
package measured

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// end is the line behind a table.
const end = "<!-- end -->\n"

// Insert puts text into a document, in place of what stands between the line that
// says which script has made it, and that which says that it ends.
func Insert(doc, script, text string) error {
	begin := "<!-- made by " + script + " -->\n"
	b, err := os.ReadFile(doc)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(b), begin)
	_, tail, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return fmt.Errorf("%s has no lines %q and %q", doc, begin, end)
	}
	return os.WriteFile(doc, []byte(head+begin+text+end+tail), 0o600)
}

// Complaints counts the lines that ffmpeg complains with when it decodes a file.
func Complaints(path string) (int, error) {
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-i", path, "-map", "0:v?", "-map", "0:a?", "-f", "null", "-")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil && said.Len() == 0 {
		return 0, err
	}
	return bytes.Count(said.Bytes(), []byte("\n")), nil
}
