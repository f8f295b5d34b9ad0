//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
	"github.com/rtmpull/rtmpull/scripts/internal/measured"
)

// A mender is one of the programs that make a good file of a damaged one.
type mender struct {
	name string
	// args is how it is called with the file in; one that works in place leaves
	// out alone.
	args func(in, out string) []string
	// tail: it looks at the end of a file alone, so only damage there is put
	// before it.
	tail bool
	// inPlace: in is the result.
	inPlace bool
}

// menders are rtmpull and the others; url plays the good file.
func menders(bin, url string) []mender {
	return []mender{
		{name: "rtmpull repair", inPlace: true, args: func(in, _ string) []string {
			return []string{bin, "repair", in}
		}},
		{name: "ffmpeg -c copy", args: func(in, out string) []string {
			return []string{"ffmpeg", "-nostdin", "-v", "error", "-i", in, "-c", "copy", "-y", out}
		}},
		{name: "yamdi", args: func(in, out string) []string {
			return []string{"yamdi", "-i", in, "-o", out}
		}},
		{name: "flvmeta -U", args: func(in, out string) []string {
			return []string{"flvmeta", "-U", in, out}
		}},
		{name: "flvmeta -U -f", args: func(in, out string) []string {
			return []string{"flvmeta", "-U", "-f", in, out}
		}},
		{name: "rtmpdump -e", tail: true, inPlace: true, args: func(in, _ string) []string {
			return []string{"rtmpdump", "-q", "-e", "-r", url, "-o", in}
		}},
	}
}

// damages are the cases of the table: files whose packets ffmpeg 5.1 can
// read when they are whole, in which one program or another loses something.
func damages(s *flvtest.Set) (list []flvtest.Case) {
	for _, id := range []string{"01", "02", "02b", "03", "04", "04b", "05", "05b", "05c", "05d", "05e", "06", "07", "07b",
		"08", "09g", "10", "11", "12", "12b", "13", "17c", "18f", "19c", "20", "23", "25", "26", "28", "28b", "29", "30", "36c"} {
		if c, ok := s.Case(id); ok {
			list = append(list, c)
		}
	}
	return list
}

// damage prints what programs make of damaged files, as Markdown, and puts it
// into a document if one is named.
func damage(out io.Writer, doc, dir, bin, source string, rounds int) error {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return err
	}
	server, url, err := startServer(bin, "--speed", "max", "testdata/flv/minute.flv")
	if err != nil {
		return err
	}
	defer server.stop()
	dir, err = os.MkdirTemp(dir, "damage")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	var page strings.Builder
	list := menders(bin, url)
	if err := keeping(&page, dir, list); err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(m mender) bool { return m.tail })
	if err := largeFiles(&page, dir, source, list, (rounds+1)/2, bin); err != nil {
		return err
	}
	if _, err := io.WriteString(out, page.String()); err != nil || doc == "" {
		return err
	}
	return measured.Insert(doc, "scripts/bench.sh", page.String())
}

// keeping is the table of what is kept of small files.
func keeping(page io.Writer, dir string, list []mender) error {
	set, err := flvtest.Read("testdata/flv")
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(page, "| | damage | as it is |")
	for _, m := range list {
		_, _ = fmt.Fprintf(page, " `%s` |", m.name)
	}
	_, _ = fmt.Fprintf(page, "\n|---|---|%s\n", strings.Repeat("---|", 1+len(list)))
	clean, tried := make([]int, 1+len(list)), make([]int, 1+len(list))
	for _, c := range damages(set) {
		w := wantedOf(c, set.Tags())
		_, _ = fmt.Fprintf(page, "| %s | %s, %d + %d |", c.ID, c.Name, w.Video, w.Audio)
		for i, m := range append([]mender{{name: "none", inPlace: true}}, list...) {
			cell := ""
			if !m.tail || c.Want.Tail > 0 || c.Want.Torn {
				if cell, err = mend(filepath.Join(dir, "case"), c.File, m, w); err != nil {
					return fmt.Errorf("%s, %s: %w", c.ID, m.name, err)
				}
			}
			if cell != "" {
				tried[i]++
			}
			if cell == "all" {
				clean[i]++
			}
			_, _ = fmt.Fprintf(page, " %s |", cell)
		}
		_, _ = fmt.Fprintln(page)
	}
	_, _ = fmt.Fprintf(page, "| | all and nothing else |")
	for i, n := range clean {
		_, _ = fmt.Fprintf(page, " %d of %d |", n, tried[i])
	}
	_, _ = fmt.Fprintln(page)
	return nil
}

// mend has one program mend one file, and tells what is in the outcome.
func mend(dir string, file []byte, m mender, w wanted) (cell string, err error) {
	results := filepath.Join(dir, "results")
	if err := os.MkdirAll(results, 0o750); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	in, out := filepath.Join(dir, "in.flv"), filepath.Join(results, "out.flv")
	if m.inPlace {
		in = out
	}
	if err := os.WriteFile(in, file, 0o600); err != nil {
		return "", err
	}
	var r result
	if m.args != nil {
		if r, err = launched(m.args(in, out)...); err != nil {
			return "", err
		}
	}
	if r.Status != 0 && m.inPlace {
		return "refuses", nil
	}
	v, err := judge(results, w)
	if err != nil {
		return "", err
	}
	return v.cell(w, r.Status), nil
}

// cell is a verdict in a table.
func (v verdict) cell(w wanted, status int) string {
	if v.video+v.audio == 0 {
		if status != 0 {
			return "refuses"
		}
		return "nothing"
	}
	words := []string{fmt.Sprintf("%d + %d", v.video, v.audio)}
	if v.video == w.Video && v.audio == w.Audio {
		words[0] = "all"
	}
	if v.files > 1 {
		words[0] += fmt.Sprintf(" in %d files", v.files)
	}
	words = append(words, v.faults...)
	if status != 0 {
		words = append(words, "and fails")
	}
	return strings.Join(words, ", ")
}
