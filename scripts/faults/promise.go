//go:build linux

package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// A promise is what rtmpull is to do.
type promise struct {
	goesOn bool
	status int           // else
	files  int           // 0: one
	none   bool          // nothing is recorded
	gap    time.Duration // at most, beside the time that the fault lasted
}

// tail is what may be missing of the media before a fault: publishers' beginnings
// are known to some tenths of a second, and what has not been received is lost.
const tail = time.Second

// check tells what rtmpull did otherwise.
func (f fault) check(o outcome) (broken []string) {
	v, want := o.verdict, f.want
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, f.name+": it "+fmt.Sprintf(format, args...))
		}
	}
	demand(o.ending != hung, "hangs")
	demand(!o.deaf, "does not end when it is interrupted")
	switch {
	case o.ending == hung:
	case want.goesOn:
		demand(o.ending == wentOn, "ends with status %d, and is to go on", o.status)
	default:
		demand(o.ending == exited, "goes on, and is to end with status %d", want.status)
		demand(o.ending != exited || o.status == want.status, "ends with status %d, want %d", o.status, want.status)
	}
	if want.none {
		demand(v.files == 0, "leaves %d files", v.files)
		return broken
	}
	demand(v.files == cmp.Or(want.files, 1), "makes %d files, want %d", v.files, cmp.Or(want.files, 1))
	flaws := v.flaws()
	demand(len(flaws) == 0, "makes files with flaws: %s", strings.Join(flaws, ", "))
	demand(o.tail <= tail, "lost the last %s before the fault", tenths(o.tail))
	demand(v.gap <= o.gone+want.gap, "has a gap of %s, the fault lasted %s, want %s more at most", tenths(v.gap), tenths(o.gone), tenths(want.gap))
	switch sum := o.summary; {
	case o.ending == hung:
	case sum == nil:
		demand(false, "says no summary")
	default:
		demand(o.ending != exited || sum.Status == o.status, "ends with status %d and says %d", o.status, sum.Status)
		missing := time.Duration(sum.Missing * float64(time.Second))
		demand((missing-v.lost).Abs() <= 2*slack, "says that %s are missing, it is %s", tenths(missing), tenths(v.lost))
	}
	return broken
}
