//go:build interop

package differential

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// randomLines is how many command lines are made up.
const randomLines = 60

// TestRandom runs command lines that are made up with both programs. They differ by
// what has a name, as far as the line may come to it. The environment variable
// DIFFERENTIAL_SEEDS says which ones, as 1000-2000.
func TestRandom(t *testing.T) {
	first, last := uint64(0), uint64(randomLines-1)
	if seeds := os.Getenv("DIFFERENTIAL_SEEDS"); seeds != "" {
		if _, err := fmt.Sscanf(seeds, "%d-%d", &first, &last); err != nil {
			t.Fatalf("DIFFERENTIAL_SEEDS=%s: %v", seeds, err)
		}
	}
	g := newPrograms(t)
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			l := newLine(seed)
			r := &row{args: l.args, server: scripted(notFound)}
			if l.media {
				r.server = scripted(whole)
			}
			a, b := r.start(t, g, g.theirs), r.start(t, g, g.ours)
			theirs, ours := a.end(t), b.end(t)
			list := g.compare(t, r, theirs, ours)
			if _, wrong := judge(nil, slices.Concat(l.names, everywhere), list); len(wrong) > 0 {
				t.Errorf("rtmpdump %s\n    %s", l, strings.Join(wrong, "\n    "))
			}
			explained(t, g, b, &ours)
		})
	}
}
