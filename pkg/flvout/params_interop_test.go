//go:build interop

package flvout

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMadeParameters has the FFmpeg of this system make the files that
// TestVideoParameters and its like read, and say what they are.
func TestMadeParameters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, err := exec.Command(filepath.Join(madeParameters, "make.sh"), dir).CombinedOutput(); err != nil {
		t.Fatalf("make.sh: %v: run scripts/test-deps.sh\n%s", err, out)
	}
	t.Run("video", func(t *testing.T) { checkVideoParameters(t, dir) })
	t.Run("audio", func(t *testing.T) { checkAudioParameters(t, dir) })
	t.Run("enhanced", func(t *testing.T) { checkEnhancedParameters(t, dir) })
	t.Run("in band", func(t *testing.T) { checkInBandParameters(t, dir) })
}
