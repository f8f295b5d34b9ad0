//go:build interop

package differential

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestDifferential runs each row with both programs. What differs has to be what is
// expected, and what is expected has to differ. The table goes to the file that the
// environment variable DIFFERENTIAL names.
func TestDifferential(t *testing.T) {
	g := newRig(t)
	g.samples(t)
	var mu sync.Mutex
	seen := map[string]bool{}
	lines := make([]string, len(rows))
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		for _, name := range everywhere {
			if !seen[name] && !expectations[name][0].maybe {
				t.Errorf("%s does not occur any more", name)
			}
		}
		if file := os.Getenv("DIFFERENTIAL"); file != "" {
			if err := os.WriteFile(file, []byte(table(lines)), 0o600); err != nil {
				t.Error(err)
			}
		}
	})
	for _, i := range patientFirst() {
		r := &rows[i]
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			theirs, ours := r.both(t, g)
			list := g.compare(t, r, theirs, ours)
			usual := everywhere
			if !slices.ContainsFunc(theirs.Said, func(line string) bool { return strings.HasPrefix(line, "(progress") }) {
				usual = slices.DeleteFunc(slices.Clone(usual), func(name string) bool { return name == "early progress" })
			}
			occur, wrong := judge(r.expect, usual, list)
			for _, w := range wrong {
				t.Errorf("%s", w)
			}
			if len(wrong) > 0 {
				t.Logf("rtmpdump %s\nsays:\n%s\nrtmpull says:\n%s", strings.Join(r.args, " "), theirs.text, ours.text)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, name := range occur {
				seen[name] = true
			}
			lines[i] = line(r, theirs, ours, list, occur)
		})
	}
}

// TestNames demands that what is expected is expected of some row, and that the page
// says why.
func TestNames(t *testing.T) {
	pages := map[string]string{}
	for _, name := range []string{"differential.md", "rtmpdump.md"} {
		b, err := os.ReadFile(filepath.Join(peertest.Root(t), "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		pages[name] = string(b)
	}
	used := slices.Concat(everywhere, ofLines)
	for _, r := range rows {
		used = append(used, r.expect...)
	}
	defect := regexp.MustCompile(`^[RS]\d+$`)
	for name := range expectations {
		if !slices.Contains(used, name) {
			t.Errorf("nothing differs by %q", name)
		}
		page := "differential.md"
		if defect.MatchString(name) {
			page = "rtmpdump.md"
		}
		if !strings.Contains(pages[page], "\n| "+name+" | ") {
			t.Errorf("docs/%s does not say why there is %q", page, name)
		}
	}
}

// compare is how two outcomes of a row differ.
func (g *rig) compare(t *testing.T, r *row, theirs, ours outcome) []difference {
	t.Helper()
	list := sent(theirs, ours)
	list = append(list, differ("status", []string{fmt.Sprint(theirs.Status)}, []string{fmt.Sprint(ours.Status)})...)
	list = append(list, differ("stderr", theirs.Said, ours.Said)...)
	return append(list, g.files(t, r, theirs, ours)...)
}

// sent is what can be compared of what both have sent: who closes a socket in which
// something is unread tears the connection, and its last messages may be lost on the
// way. The other's are left out as well then.
func sent(theirs, ours outcome) []difference {
	a, b := theirs.Sent, ours.Sent
	if theirs.torn {
		b = upTo(b, a)
	}
	if ours.torn {
		a = upTo(a, b)
	}
	return differ("sent", a, b)
}

// upTo is list as far as the line with which torn ends.
func upTo(list, torn []string) []string {
	for i := len(list) - 1; i >= 0 && len(torn) > 0; i-- {
		if list[i] == torn[len(torn)-1] {
			return list[:i+1]
		}
	}
	return list
}

// patientFirst are the indices of the rows, those that take seconds first.
func patientFirst() []int {
	list := make([]int, len(rows))
	for i := range list {
		list[i] = i
	}
	slices.SortStableFunc(list, func(a, b int) int {
		order := map[bool]int{true: 0, false: 1}
		return cmp.Compare(order[rows[a].patient], order[rows[b].patient])
	})
	return list
}

// files compares what was recorded.
func (g *rig) files(t *testing.T, r *row, theirs, ours outcome) []difference {
	t.Helper()
	want, wants := g.describe(t, theirs.File)
	got, gots := g.describe(t, ours.File)
	if !r.live {
		list := differ("file", append(want, theirs.Others...), append(got, ours.Others...))
		if text := same(gots, wants); text != "" {
			list = append(list, difference{"file", true, text})
		}
		return list
	}
	// They came at different moments, and are compared where they overlap.
	list := differ("file", append(want[:1], theirs.Others...), append(got[:1], ours.Others...))
	if len(gots) > 0 && len(wants) > 0 {
		if err := peertest.CompareFromFirstKey(gots, wants, 10); err != nil {
			list = append(list, difference{"file", true, err.Error()})
		}
	}
	return list
}

// table is that of docs/differential.md.
func table(lines []string) string {
	return "| | rtmpdump … | sent | exit | stderr | file | differs by |\n|---|---|---|---|---|---|---|\n" + strings.Join(lines, "")
}

// line is a row of the table. What differs everywhere is not in it.
func line(r *row, theirs, ours outcome, list []difference, occur []string) string {
	usual := func(d difference) bool {
		return slices.ContainsFunc(everywhere, func(name string) bool {
			return slices.ContainsFunc(expectations[name], func(e expectation) bool { return e.covers(d) })
		})
	}
	cell := func(area string) string {
		if slices.ContainsFunc(list, func(d difference) bool { return d.area == area && !usual(d) }) {
			return "differs"
		}
		return "same"
	}
	sent := cell("sent")
	if r.direct {
		sent = "–"
	}
	status := fmt.Sprint(theirs.Status)
	switch {
	case theirs.Status < 0:
		status = fmt.Sprintf("crash, ours %d", ours.Status)
	case ours.Status != theirs.Status:
		status = fmt.Sprintf("%d, ours %d", theirs.Status, ours.Status)
	}
	args := make([]string, len(r.args))
	for i, a := range r.args {
		const most = 80
		if args[i] = strings.NewReplacer("{O}", "FILE", "{R}", "rtmp://HOST", "{H}:{P}", "HOST", "{H}", "HOST", "{P}", "PORT", "{W}", "http://WEB", "{D}/", "").Replace(a); len(a) > most && !strings.Contains(a, " ") {
			args[i] = args[i][:8] + "…"
		}
		if args[i] == "" || strings.Contains(args[i], " ") {
			args[i] = "'" + args[i] + "'"
		}
	}
	text := "`" + strings.ReplaceAll(strings.Join(args, " "), "|", `\|`) + "`"
	if len(args) == 0 {
		text = ""
	}
	names := slices.DeleteFunc(slices.Clone(occur), func(name string) bool { return slices.Contains(everywhere, name) })
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n", r.name, text, sent, status, cell("stderr"), cell("file"), strings.Join(names, ", "))
}

// samples are recordings that rtmpdump has made, most of which are torn.
func (g *rig) samples(t *testing.T) {
	t.Helper()
	g.complete, g.partial, g.torn, g.begun = "complete.flv", "partial.flv", "torn.flv", "begun.flv"
	dir := t.TempDir()
	for name, r := range map[*string]row{
		&g.complete: {server: film, args: []string{"-r", "{R}/vod/bars"}},
		&g.partial:  {server: film, args: []string{"-r", "{R}/vod/bars"}, cut: 110000},
		&g.begun:    {server: scripted(cutAt(800)), args: []string{"-r", "{R}/app/show"}},
		&g.torn:     {server: scripted(cutAt(1200)), args: []string{"-r", "{R}/app/show"}},
	} {
		*name = filepath.Join(dir, *name)
		r.args = append(r.args, "-o", *name)
		r.start(t, g, g.theirs).end(t)
	}
}
