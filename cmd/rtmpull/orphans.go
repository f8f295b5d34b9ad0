package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// partSuffix is what a file is called by behind its name until it is complete.
const partSuffix = ".part"

// maxOrphans is how many unfinished files are looked after at one start.
const maxOrphans = 1000

// orphans finds the files that recordings of the same target to the same template
// have left unfinished, or are writing still: who holds them is not known here. A
// folder that cannot be read has none.
func (t nameTemplate) orphans(target *rtmp.Target) []string {
	return t.find(target, readDir)
}

func readDir(dir string) []os.DirEntry {
	entries, _ := os.ReadDir(dir)
	return entries
}

// find is orphans, by a way to read folders.
func (t nameTemplate) find(target *rtmp.Target, read func(string) []os.DirEntry) []string {
	pattern := t.pattern(target)
	dirs := []string{""}
	for i, part := range pattern {
		last := i == len(pattern)-1
		var next []string
		for _, dir := range dirs {
			if part.literal && !last {
				next = append(next, dir+part.text+string(filepath.Separator))
				continue
			}
			for _, name := range part.list(dir, last, read) {
				if !last {
					name += string(filepath.Separator)
				}
				next = append(next, dir+name)
			}
		}
		if dirs = next; len(dirs) > maxOrphans {
			dirs = dirs[len(dirs)-maxOrphans:] // the newest, if the time is in them
		}
	}
	return dirs
}

// orphansOf finds the unfinished files of several targets. Each file is one
// target's: show-1.flv.part may be what is left of a stream show-1, or of show when
// there was a show.flv already, and goes to the one with the longer name.
func (t nameTemplate) orphansOf(targets []*rtmp.Target) [][]string {
	folders := make(map[string][]os.DirEntry) // of which several targets have one
	read := func(dir string) []os.DirEntry {
		entries, known := folders[dir]
		if !known {
			entries = readDir(dir)
			folders[dir] = entries
		}
		return entries
	}
	now := time.Now()
	found := make([][]string, len(targets))
	owner := make(map[string]int)
	long := make([]int, len(targets))
	for i, target := range targets {
		found[i] = t.find(target, read)
		long[i] = len(t.expand(target, now, 1))
		for _, name := range found[i] {
			if j, claimed := owner[name]; !claimed || long[i] > long[j] {
				owner[name] = i
			}
		}
	}
	for i := range found {
		found[i] = slices.DeleteFunc(found[i], func(name string) bool { return owner[name] != i })
	}
	return found
}

// A partPattern is what one part of a path looks like.
type partPattern struct {
	literal bool
	text    string
	match   *regexp.Regexp
}

// list returns the names in a folder that match: folders, or in the last part of
// the path unfinished files.
func (p *partPattern) list(dir string, last bool, read func(string) []os.DirEntry) (names []string) {
	folder := dir
	if folder == "" {
		folder = "."
	}
	for _, e := range read(folder) {
		name := e.Name()
		if last {
			whole, ok := strings.CutSuffix(name, partSuffix)
			if ok && e.Type().IsRegular() && (p.match.MatchString(whole) || p.match.MatchString(unnumbered(whole))) {
				names = append(names, name)
			}
		} else if p.match.MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}

var clash = regexp.MustCompile(`-\d+$`)

// unnumbered takes the number off a name that it got since the name was taken.
func unnumbered(name string) string {
	ext := filepath.Ext(name)
	if ext == name {
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	return clash.ReplaceAllLiteralString(stem, "") + ext
}

// pattern says what the parts of paths look like that the template may become.
func (t nameTemplate) pattern(target *rtmp.Target) []partPattern {
	var text, expr strings.Builder
	for _, p := range t {
		switch p.field {
		case "":
			text.WriteString(p.text)
		case "seq":
			text.WriteString(`%s`) // digits as well
		default:
			text.WriteString(strings.ReplaceAll(fieldValue(p.field, target), "%", "%%"))
		}
	}
	var parts []partPattern
	path := filepath.ToSlash(filepath.Clean(text.String()))
	for part := range strings.SplitSeq(expand(path), "/") {
		expr.Reset()
		p := partPattern{literal: true}
		rest := part
		for at := directive.FindStringIndex(rest); at != nil; at = directive.FindStringIndex(rest) {
			p.add(&expr, rest[:at[0]])
			if d := rest[at[0]:at[1]]; d == "%%" {
				p.add(&expr, "%")
			} else {
				expr.WriteString(shape(d[len(d)-1]))
				p.literal = false
			}
			rest = rest[at[1]:]
		}
		p.add(&expr, rest)
		p.match = regexp.MustCompile("^(?:" + expr.String() + ")$")
		parts = append(parts, p)
	}
	return parts
}

func (p *partPattern) add(expr *strings.Builder, text string) {
	p.text += text
	expr.WriteString(regexp.QuoteMeta(text))
}

// directive is one of strftime's.
var directive = regexp.MustCompile(`%[-:]?[EO]?[A-Za-z+%]`)

// expand replaces the directives that stand for others.
func expand(path string) string {
	return directive.ReplaceAllStringFunc(path, func(d string) string {
		switch d[len(d)-1] {
		case 'D', 'x':
			return "%m/%d/%y"
		case 'F':
			return "%Y-%m-%d"
		case 'T', 'X':
			return "%H:%M:%S"
		case 'R':
			return "%H:%M"
		}
		return d
	})
}

// shape is what a directive becomes.
func shape(letter byte) string {
	if slices.Contains([]byte("YGsQmdHMSIyjUWVgCwueklLfN"), letter) {
		return `[ \d]+`
	}
	return `[\pL\d :+-]+` // names of days and months, zones, and what there may be
}
