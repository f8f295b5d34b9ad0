package flvout

import (
	"errors"
	"io"
)

// InspectFile reads a file of size bytes to its end and says what is in it, what
// is wrong with it, and what Repair would do. Damage does not end the reading. The
// error is of reading r, or a *SyntaxError if there is nothing that looks like FLV.
func InspectFile(r io.ReaderAt, size int64) (*Report, error) {
	o := &RepairOptions{inspector: NewInspector()}
	i := o.inspector
	v, err := surveyFile(r, size, o)
	if err != nil {
		return nil, err
	}
	if v.tags == 0 && v.damage.NoHeader {
		return nil, &SyntaxError{0, "not an FLV file: no signature"}
	}
	if !v.damage.NoHeader {
		i.setFlags(v.flags)
	}
	i.head.size = size
	report := i.Report()
	report.addDamage(v.damage)
	report.addRepair(v, o)
	return report, nil
}

// addRepair tells what Repair would do, and what for if that is no fault.
func (r *Report) addRepair(v *survey, o *RepairOptions) {
	if !v.media() {
		return
	}
	m := mender{o: o, v: v}
	plan := m.report()
	switch {
	case v.damage.NoHeader:
		r.Repair = RepairOutput
	case plan.Action == ActionCopy:
		r.Repair = RepairCopy
	case plan.Action == ActionInPlace:
		r.Repair = RepairPlace
	default:
		r.Repair = RepairNone
		return
	}
	add := func(is bool, a Advice) {
		if is {
			r.Advice = append(r.Advice, a)
		}
	}
	none := v.head.body == nil
	add(v.damage.LongHeader && !v.damage.NoHeader, AdviceHeader)
	add(none || !v.head.judge.timed, AdviceMetadata)
	add(!none && v.head.judge.odd, AdviceForm)
	add(plan.Index == IndexNone || plan.Index == IndexOdd, AdviceIndex)
	add(plan.Moved && len(r.Faults)+len(r.Advice) == 0, AdviceTags)
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
