//go:build interop

package differential

import (
	"fmt"
	"regexp"
	"strings"
)

// A difference is a line that only one of the programs has.
type difference struct {
	area string // "sent", "status", "stderr", "file"
	ours bool   // or else rtmpdump's alone
	line string
}

func (d difference) String() string {
	who := "rtmpdump alone"
	if d.ours {
		who = "rtmpull alone"
	}
	return fmt.Sprintf("%s, %s: %s", d.area, who, d.line)
}

// differ compares two lists of lines. What stands in another place is in both lists
// of differences.
func differ(area string, theirs, ours []string) (list []difference) {
	// The lengths of the longest common parts of what is left of both.
	common := make([][]int, len(theirs)+1)
	for i := range common {
		common[i] = make([]int, len(ours)+1)
	}
	for i := len(theirs) - 1; i >= 0; i-- {
		for j := len(ours) - 1; j >= 0; j-- {
			if theirs[i] == ours[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(theirs) || j < len(ours) {
		switch {
		case i < len(theirs) && j < len(ours) && theirs[i] == ours[j]:
			i, j = i+1, j+1
		case j == len(ours) || i < len(theirs) && common[i+1][j] >= common[i][j+1]:
			list = append(list, difference{area, false, theirs[i]})
			i++
		default:
			list = append(list, difference{area, true, ours[j]})
			j++
		}
	}
	return list
}

// An expectation is a difference that is meant to be, by the name of what says why
// in docs/rtmpdump.md. Its lines are regular expressions for whole lines; nil: there
// are none of that program's alone.
type expectation struct {
	area         string
	theirs, ours []string
	maybe        bool // it depends on what the machine does
}

// covers tells whether a difference is one that the expectation speaks of.
func (e *expectation) covers(d difference) bool {
	lines := e.theirs
	if d.ours {
		lines = e.ours
	}
	return e.area == d.area && matches(lines, d.line)
}

func matches(patterns []string, line string) bool {
	for _, p := range patterns {
		if regexp.MustCompile(`^(?:` + p + `)$`).MatchString(line) {
			return true
		}
	}
	return false
}

// missing are the lines that no difference has.
func (e *expectation) missing(list []difference) (lines []string) {
	for _, side := range []struct {
		ours     bool
		patterns []string
	}{{false, e.theirs}, {true, e.ours}} {
		for _, p := range side.patterns {
			found := false
			for _, d := range list {
				found = found || d.area == e.area && d.ours == side.ours && matches([]string{p}, d.line)
			}
			if !found {
				lines = append(lines, difference{e.area, side.ours, p}.String())
			}
		}
	}
	return lines
}

// judge holds the differences of a row against those that are meant to be in it, by
// name, and against the usual ones, which may be. It returns the names of those that
// occur, and what is wrong.
func judge(names, usual []string, list []difference) (occur []string, wrong []string) {
	known := make([]bool, len(list))
	mark := func(name string) (explains bool) {
		for _, e := range expectations[name] {
			for i, d := range list {
				if !known[i] && e.covers(d) {
					known[i], explains = true, true
				}
			}
		}
		return explains
	}
	for _, name := range names {
		if expectations[name] == nil {
			wrong = append(wrong, fmt.Sprintf("nobody knows %q", name))
		}
		for _, e := range expectations[name] {
			if lines := e.missing(list); !e.maybe && len(lines) > 0 {
				wrong = append(wrong, fmt.Sprintf("%s does not occur any more:\n    %s", name, strings.Join(lines, "\n    ")))
			}
		}
		mark(name)
		occur = append(occur, name)
	}
	for _, name := range usual {
		if mark(name) {
			occur = append(occur, name)
		}
	}
	for i, d := range list {
		if !known[i] {
			wrong = append(wrong, d.String())
		}
	}
	return occur, wrong
}
