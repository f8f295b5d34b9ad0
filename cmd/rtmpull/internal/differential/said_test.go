//go:build interop

package differential

import (
	"regexp"
	"slices"
	"strings"
)

// The forms that programs rely on which call rtmpdump and read along: yt-dlp shows
// progress from the first, get_iplayer asks for a version in the third.
var (
	progress = regexp.MustCompile(`^-?\d+\.\d{3} kB / \d+\.\d{2} sec( \(\d+\.\d%\))?$`)
	hashes   = regexp.MustCompile(`^#+$`)
	banner   = regexp.MustCompile(`^RTMPDump v?\d[\d.]*`)
	numbers  = regexp.MustCompile(`-?\d+(\.\d+)?`)
)

// shape is what was written to stderr, in lines of which each is of one form: numbers
// have only as many decimals as they had, what is said several times in a row stands
// once, as progress does with news in between, and what the run alone has, such as its
// folder, has a name.
func shape(said string, own *strings.Replacer) (list []string) {
	add := func(line string) {
		if n := len(list); line != "" && (n == 0 || list[n-1] != line) {
			list = append(list, line)
		}
	}
	told := func(line string) { // what happens meanwhile may come before it or in the midst
		i := len(list)
		for i > 0 && list[i-1] == "INFO: (text)" {
			i--
		}
		if i > 0 && list[i-1] == line {
			list = slices.Delete(list, i-1, i)
		}
		add(line)
	}
	lines := strings.Split(said, "\n")
	if n := len(lines); lines[n-1] == "" {
		lines = lines[:n-1]
	} else {
		lines[n-1] += "(and no newline)"
	}
	for i := 0; i < len(lines); i++ {
		line := own.Replace(lines[i])
		if i == 0 && banner.MatchString(line) {
			add("(banner)")
			if len(lines) > 1 && (strings.HasPrefix(lines[1], "(c) ") || strings.HasPrefix(lines[1], "as spoken by rtmpull")) {
				i++
			}
			continue
		}
		if help.MatchString(line) {
			for i+1 < len(lines) && !strings.HasPrefix(lines[i+1], "ERROR: ") {
				i++
			}
			add("(help)")
			continue
		}
		if hashes.MatchString(line) {
			add("(hashes)")
			continue
		}
		before, rest, torn := strings.Cut(line, "\r")
		if before != "" || !torn {
			add(bare(before))
		}
		if !torn {
			continue
		}
		for part := range strings.SplitSeq(rest, "\r") {
			switch m := progress.FindStringSubmatch(part); {
			case m == nil:
				add(`\r` + bare(part))
			case m[1] != "":
				told("(progress, in percent)")
			default:
				told("(progress)")
			}
		}
	}
	return list
}

// bare is a line without what changes, "" if it does not count. What is logged as an
// error, a warning or of interest is of that level and no more: the words are the
// library's, and what is for developers is not compared at all.
func bare(line string) string {
	level, text, ok := strings.Cut(line, ": ")
	switch {
	case ok && (level == "DEBUG" || level == "DEBUG2" || level == "TRACE"):
		return ""
	case ok && (level == "ERROR" || level == "WARNING"):
		return level + ": (text)"
	case ok && level == "INFO" && !strings.HasPrefix(text, "  ") && text != "Connected..." && text != "Metadata:":
		return "INFO: (text)"
	}
	return numbers.ReplaceAllStringFunc(line, func(n string) string {
		if _, decimals, ok := strings.Cut(n, "."); ok {
			return "0." + strings.Repeat("0", len(decimals))
		}
		return "0"
	})
}

// help is where the list of options begins, in either's words. It goes on to the end,
// or to what is wrong.
var help = regexp.MustCompile(`^(rtmpdump: This program dumps the media|Usage: rtmpdump )`)
