//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// stretch is what a file has of a run: both tracks from one second of the run's
// to another, with the first at a second of the file's.
func stretch(run int, from, to, at float64) (list []recorded) {
	const second = float64(time.Second)
	for _, video := range []bool{true, false} {
		each := sampleTime
		if video {
			each = frameTime
		}
		for t := time.Duration(from * second); t < time.Duration(to*second); t += each {
			list = append(list, recorded{
				origin: origin{"small", video, t}, run: run,
				dts:  t + time.Duration((at-from)*second),
				wall: time.Unix(0, 0).Add(t), // the second run's clock goes on
			})
		}
	}
	slices.SortStableFunc(list, func(a, b recorded) int { return a.wall.Compare(b.wall) })
	return list
}

// shift displaces a track.
func shift(list []recorded, video bool, by time.Duration) []recorded {
	for i := range list {
		if list[i].video == video {
			list[i].dts += by
		}
	}
	return list
}

func TestJudge(t *testing.T) {
	clamped := stretch(1, 14, 20, 0)
	for i := range clamped {
		clamped[i].dts = 10 * time.Second
	}
	other := stretch(1, 14, 20, 10)
	for i := range other {
		other[i].sample = "large"
	}
	for _, c := range []struct {
		name string
		file []recorded
		want string
	}{
		{"whole", stretch(0, 0, 20, 0), "20.0 s"},
		{"hole left open", append(stretch(0, 0, 10, 0), stretch(0, 14, 20, 14)...), "16.0 s, gap 4.0 s"},
		{"closed up", append(stretch(0, 0, 10, 0), stretch(1, 14, 20, 10)...), "16.0 s, gap 4.0 s closed up"},
		{"partly", append(stretch(0, 0, 10, 0), stretch(1, 14, 20, 12)...), "16.0 s, gap 4.0 s of which 2.0 s left open"},
		{"back", append(stretch(0, 0, 10, 0), stretch(1, 14, 20, 0)...), "16.0 s, gap 4.0 s, goes back by 10.0 s"},
		{"leap", append(stretch(0, 0, 10, 0), stretch(1, 14, 20, 30)...), "16.0 s, gap 4.0 s, leaps by 16.0 s"},
		{"clamped", append(stretch(0, 0, 10, 0), clamped...), "16.0 s, gap 4.0 s closed up, 407 packets squeezed"},
		{"apart", append(stretch(0, 0, 10, 0), shift(stretch(1, 14, 20, 11), false, -time.Second)...), "16.0 s, gap 4.0 s of which 1.0 s left open, sound and picture 1.0 s apart"},
		{"two sizes", append(stretch(0, 0, 10, 0), other...), "16.0 s, gap 4.0 s closed up, two sizes in one file"},
	} {
		v := verdict{files: 1}
		v.timeline(c.file)
		v.total(c.file, true)
		if got := v.cell(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPublished(t *testing.T) {
	begin := time.Unix(1000, 0)
	runs := []run{{"small", 0, begin}, {"small", 20 * time.Second, begin.Add(19 * time.Second)}}
	for _, c := range []struct {
		at   time.Duration
		wall time.Duration
		run  int
	}{{5 * time.Second, 5 * time.Second, 0}, {25 * time.Second, 24 * time.Second, 1}} {
		wall, run := published(origin{"small", true, c.at}, runs)
		if wall.Sub(begin) != c.wall || run != c.run {
			t.Errorf("%v: published at %v by run %d, want %v and %d", c.at, wall.Sub(begin), run, c.wall, c.run)
		}
	}
	if _, run := published(origin{"large", true, 0}, runs); run >= 0 {
		t.Errorf("what nobody published is of run %d", run)
	}
}

func TestCheck(t *testing.T) {
	good := outcome{ending: wentOn, gone: 5 * time.Second, summary: &summary{Status: 130, Missing: 8}}
	good.verdict = verdict{files: 1, media: time.Minute, gap: 8 * time.Second, lost: 8 * time.Second}
	f := fault{name: "f", want: promise{goesOn: true, gap: rejoin}}
	if broken := f.check(good); broken != nil {
		t.Errorf("got %q, want nothing", broken)
	}
	for name, c := range map[string]struct {
		spoil func(*outcome)
		want  string
	}{
		"hangs":     {func(o *outcome) { o.ending = hung }, "hangs"},
		"ends":      {func(o *outcome) { o.ending = exited }, "ends with status 0"},
		"two files": {func(o *outcome) { o.verdict.files = 2 }, "makes 2 files"},
		"long gap":  {func(o *outcome) { o.verdict.gap, o.summary.Missing = 12*time.Second, 12 }, "gap of 12.0 s"},
		"squeezed":  {func(o *outcome) { o.verdict.squeezed = 9 }, "9 packets squeezed"},
		"lies":      {func(o *outcome) { o.summary.Missing = 0 }, "says that 0.0 s are missing"},
	} {
		o := good
		sum := *good.summary
		o.summary = &sum
		c.spoil(&o)
		if broken := strings.Join(f.check(o), "; "); !strings.Contains(broken, c.want) {
			t.Errorf("%s: got %q, want %q in it", name, broken, c.want)
		}
	}
}
