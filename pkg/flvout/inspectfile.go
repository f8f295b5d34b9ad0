package flvout

import (
	"errors"
	"io"
)

// InspectFile reads a file of size bytes to its end and says what is in it, and
// what is wrong with it. Damage does not end the reading. The error is of reading
// r, or a *SyntaxError if there is nothing that looks like FLV.
func InspectFile(r io.ReaderAt, size int64) (*Report, error) {
	i := NewInspector()
	i.head.size = size
	s := NewSalvager(r, size)
	n := 0
	for {
		t, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			i.addHead(r)
		}
		n++
		i.Add(t, s.Offset())
	}
	d := s.Damage()
	if n == 0 && d.NoHeader {
		return nil, &SyntaxError{0, "not an FLV file: no signature"}
	}
	report := i.Report()
	report.addDamage(d)
	return report, nil
}

// addHead reads the flags from the file's header, if that is one.
func (i *Inspector) addHead(r io.ReaderAt) {
	var h [5]byte
	if n, _ := r.ReadAt(h[:], 0); n == len(h) && string(h[:3]) == "FLV" {
		i.Flags(h[4]&4 != 0, h[4]&1 != 0)
	}
}

func (r *Report) addDamage(d Damage) {
	r.Damage = &d
	if d.any() {
		r.Faults = append(r.Faults, FaultDamage)
	}
}

// Inspect is InspectFile for what can be read only once, such as a pipe. It does
// not search for tags behind damage, and does not look at trailers.
func Inspect(r io.Reader) (*Report, error) {
	i := NewInspector()
	s := NewScanner(r)
	audio, video, err := s.Header()
	if err != nil {
		return nil, err
	}
	i.Flags(audio, video)
	var damage Damage
	for {
		t, err := s.Next()
		if err == nil {
			i.Add(t, s.Offset())
			continue
		}
		syntax, wrong := errors.AsType[*SyntaxError](err)
		switch {
		case errors.Is(err, io.EOF):
			i.head.size = s.read
		case errors.Is(err, io.ErrUnexpectedEOF):
			damage.Torn = true
		case wrong:
			damage.UnreadableFrom = syntax.Offset
		default:
			return nil, err
		}
		report := i.Report()
		report.addDamage(damage)
		return report, nil
	}
}
