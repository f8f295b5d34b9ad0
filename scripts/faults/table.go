//go:build linux

package main

import (
	"fmt"
	"strings"
)

// table is what all outcomes look like in Markdown.
func table(rows []fault, results [][]outcome, tools []tool) string {
	var page strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&page, format, args...) }
	line("| fault |")
	for _, t := range tools {
		line(" %s |", t.title)
	}
	line("\n|---|%s\n", strings.Repeat("---|", len(tools)))
	for i, f := range rows {
		line("| %s |", f.title)
		for _, o := range results[i] {
			line(" %s |", f.cell(o))
		}
		line("\n")
	}
	return page.String()
}

// cell is an outcome in a table. What is not true, or never ends, stands out.
func (f fault) cell(o outcome) string {
	var end string
	switch {
	case o.ending == hung:
		end = "**hangs**"
	case o.ending == wentOn:
		end = "goes on"
	case o.status == 0 && (f.want.goesOn || f.want.status != 0):
		end = fmt.Sprintf("**0** after %.0f s", o.after.Seconds())
	default:
		end = fmt.Sprintf("%d after %.0f s", o.status, o.after.Seconds())
	}
	return end + " · " + o.verdict.cell()
}

// told is all that is known of a row, for who waits for the table.
func told(f fault, list []outcome, tools []tool) string {
	var text strings.Builder
	_, _ = fmt.Fprintln(&text, f.name)
	for i, o := range list {
		_, _ = fmt.Fprintf(&text, "  %-9s %s\n            says: %s\n", tools[i].name, f.cell(o), o.said)
		if s := o.summary; s != nil {
			_, _ = fmt.Fprintf(&text, "            summary: status %d, %d gaps, %.1f s missing, ended: %s\n", s.Status, s.Gaps, s.Missing, s.Ended)
		}
	}
	return text.String()
}
