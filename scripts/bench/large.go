//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// largeSize is how much media a large file has.
const largeSize = 800_000_000

// A large file is one whose mending takes time.
type large struct {
	name string
	// ours: rtmpull has mended it before, and left the room in it that its
	// recordings have.
	ours bool
	// edit is given the file, its size, and the offset of a tag in its middle.
	edit func(f *os.File, size, middle int64) error
}

func largeCases() []large {
	cut := func(f *os.File, size, _ int64) error { return f.Truncate(size - 100) }
	return []large{
		{"whole, without a key-frame index", false, func(*os.File, int64, int64) error { return nil }},
		{"the last 100 bytes are missing", false, cut},
		{"the same of a recording that rtmpull made", true, cut},
		{"a trailer in the middle is wrong", false, func(f *os.File, _, middle int64) error {
			_, err := f.WriteAt([]byte{0xDE, 0xAD, 0xBE, 0xEF}, middle-4)
			return err
		}},
		{"half a tag in the middle is missing", false, func(f *os.File, size, middle int64) error {
			rest := io.NewSectionReader(f, middle+1000, size)
			if _, err := io.Copy(io.NewOffsetWriter(f, middle), rest); err != nil {
				return err
			}
			return f.Truncate(size - 1000)
		}},
	}
}

// largeFiles is the table of what it costs to mend large files.
func largeFiles(page io.Writer, dir, source string, list []mender, rounds int, bin string) error {
	b, err := os.ReadFile(source) //nolint:gosec // our own flag
	if err != nil {
		return err
	}
	tags, err := flvtest.Split(b)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(page, "\n| file of %d MB | program | wall s | CPU s | peak RSS MB | kept of its packets |\n|---|---|---|---|---|---|\n",
		largeSize/1_000_000)
	for _, l := range largeCases() {
		in := filepath.Join(dir, "in.flv")
		total, err := l.write(in, tags, bin)
		if err != nil {
			return err
		}
		results := make([][]cost, len(list))
		kept := make([]string, len(list))
		for round := range rounds {
			for i, m := range list {
				r, n, err := mendLarge(dir, in, m, round == 0)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", l.name, m.name, err)
				}
				results[i] = append(results[i], cost{cpu: r.CPU, wall: r.Wall, rss: r.RSS})
				if round == 0 {
					kept[i] = fmt.Sprintf("%.1f %%", 100*float64(n)/float64(total))
				}
				if r.Status != 0 {
					kept[i] = "refuses"
				}
			}
		}
		title := l.name
		for i, m := range list {
			_, _ = fmt.Fprintf(page, "| %s | `%s` | %.2f | %.2f | %.1f | %s |\n", title, m.name,
				median(results[i], func(c cost) float64 { return c.wall }),
				median(results[i], func(c cost) float64 { return c.cpu }),
				median(results[i], func(c cost) float64 { return float64(c.rss) })/1e6, kept[i])
			title = ""
		}
	}
	return nil
}

// write makes the file: the tags again and again, and then the damage. It
// returns how many packets the file has.
func (l large) write(path string, tags []flvtest.Tag, bin string) (packets int, err error) {
	packets, middle, err := writeLarge(path, tags)
	if err != nil {
		return 0, err
	}
	if l.ours {
		if _, err := launched(bin, "repair", path); err != nil {
			return 0, err
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // in our own directory
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return packets, l.edit(f, info.Size(), middle)
}

// writeLarge makes a file without damage. It returns how many packets it has,
// and the offset of a video tag in its middle.
func writeLarge(path string, tags []flvtest.Tag) (packets int, middle int64, err error) {
	f, err := os.Create(path) //nolint:gosec // in our own directory
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	_, _ = w.Write(flvtest.File(flvtest.FlagAudio | flvtest.FlagVideo))
	head := slices.IndexFunc(tags, flvtest.Tag.Frame)
	media := slices.DeleteFunc(slices.Clone(tags[head:]), func(t flvtest.Tag) bool { return !t.Frame() })
	size := int64(0)
	put := func(t flvtest.Tag) {
		if size > largeSize/2 && middle == 0 && t.Type == flvtest.Video {
			middle = size + 13
		}
		size += int64(t.Size())
		_, _ = w.Write(t.Append(w.AvailableBuffer()))
	}
	for _, t := range tags[:head] {
		if t.Type != flvtest.Script {
			put(t)
		}
	}
	for ts := uint32(0); size < largeSize; ts += media[len(media)-1].Timestamp + 40 {
		for _, t := range media {
			t.Timestamp += ts
			put(t)
		}
		packets += len(media)
	}
	return packets, middle, w.Flush()
}

// mendLarge has one program mend a large file, and counts the packets in the
// outcome if they are asked for.
func mendLarge(dir, in string, m mender, count bool) (r result, packets int, err error) {
	results := filepath.Join(dir, "results")
	if err := os.Mkdir(results, 0o750); err != nil {
		return r, 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(results)) }()
	out := filepath.Join(results, "out.flv")
	if m.inPlace {
		if err := copyFile(out, in); err != nil {
			return r, 0, err
		}
		in = out
	}
	syscall.Sync() // what others have written is not this one's to wait for
	if r, err = launched(m.args(in, out)...); err != nil || !count {
		return r, 0, err
	}
	paths, err := filepath.Glob(filepath.Join(results, "*.flv"))
	if err != nil {
		return r, 0, err
	}
	for _, path := range paths {
		counts, err := quiet("ffprobe", "-v", "quiet", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", path)
		if err != nil {
			return r, 0, err
		}
		for line := range strings.Lines(string(counts)) {
			var n int
			if _, err := fmt.Sscanf(line, "%d", &n); err == nil {
				packets += n
			}
		}
	}
	return r, packets, nil
}

func copyFile(dst, src string) error {
	in, err := os.Open(src) //nolint:gosec // in our own directory
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	out, err := os.Create(dst)        //nolint:gosec // in our own directory
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
