package flvout

import (
	"errors"
	"path/filepath"
	"strings"
	"time"
)

// RepairOptions say how a file is mended.
type RepairOptions struct {
	// DryRun says what there is to do, and does not do it.
	DryRun bool
	// Output is where the mended file is written, whatever has to be mended; the
	// damaged one stays. It replaces no other. Empty: in its place.
	Output string
	// Raw leaves the timestamps as they are.
	Raw bool
	// IndexEntries is the room for key frames in the index of a file that is
	// written anew, as in FileOptions.
	IndexEntries int

	inspector *Inspector // sees all tags too; nil: none
	tail      *tail      // remembers the newest tags, but for the end of a sequence; nil: nobody wants to know
}

// ErrNoMedia is the error of repairing what has no audio or video in it that can
// be proven.
var ErrNoMedia = errors.New("no audio or video can be found in it")

// ErrNotFLV is the error of replacing a file that does not begin as FLV does. It
// may be something else that has FLV in it, such as an archive.
var ErrNotFLV = errors.New("it does not begin as an FLV file does")

// An Action is what was done to a file.
type Action uint8

// The actions.
const (
	ActionNone    Action = iota // there is nothing to mend
	ActionInPlace               // the file was mended where it is
	ActionCopy                  // it was written anew
	ActionRemove                // it was removed, since there was nothing in it; of Recover
)

// A Repaired says what was found in a file and what was done. Of a dry run it
// says what would be done.
type Repaired struct {
	Path   string // of the mended file
	Action Action
	Damage Damage

	Flags    bool   // those of the file's header were wrong
	Metadata bool   // onMetaData was missing or wrong, or of a form that some players do not read
	Index    string // the state of an index that was missing or wrong, such as IndexNone

	Duration time.Duration
	Size     int64 // of the mended file
	Stats    Stats // what is in it, and what was left out

	Corrections Corrections // of the time line, and what else a Splicer mends
	// Moved tells that timestamps were changed, or tags left out.
	Moved bool
}

// Repair mends a file. It works in place if it is enough to cut the end off, to
// write trailers, and to write the head into the room that there is for it.
// Otherwise it writes a new file beside it, NAME.repair, which replaces it when
// all of it is on the disk. Whenever it is broken off, the file can be repaired
// again. It does not change a frame, and leaves out none but those that come twice:
// where another file was joined, or timestamps go back.
//
// NAME.part, which a recording left, is called NAME afterwards, as by Recover. A
// file that is being recorded gives ErrLocked. Errors of the file are *Error,
// but for ErrNoMedia and ErrNotFLV; it is unchanged then.
func Repair(path string, o RepairOptions) (*Repaired, error) {
	to, err := filepath.EvalSymlinks(path) // or the copy would replace the link
	if err != nil {
		return nil, newError("open", path, err)
	}
	path = to
	m, err := openMender(path, &o)
	if err != nil {
		return nil, err
	}
	m.name, _ = strings.CutSuffix(path, partSuffix)
	done, err := m.repair()
	return done, m.close(err)
}
