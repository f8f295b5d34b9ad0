package flvout

// meterSlots is into how many parts a meter cuts its second.
const meterSlots = 10

// A meter finds the busiest second, to a tenth of it, with memory for one.
type meter struct {
	bytes int64
	slots [meterSlots]int64 // the newest second
	slot  int64             // the newest slot's number
	sum   int64             // of slots
	peak  int64
	begun bool
	whole bool // a second has passed
	from  int64
}

// add counts n bytes at a time in ms, which need not rise.
func (m *meter) add(at int64, n int64) {
	const length = 1000 / meterSlots // ms
	m.bytes += n
	slot := at / length
	if !m.begun {
		m.begun, m.slot, m.from = true, slot, slot
	}
	switch ahead := slot - m.slot; {
	case ahead < -meterSlots, ahead >= meterSlots: // elsewhere
		m.settle()
		m.slots, m.sum, m.slot, m.from = [meterSlots]int64{}, 0, slot, slot
	case ahead > 0:
		m.settle()
		for range ahead {
			m.slot++
			old := m.at(m.slot)
			m.sum -= *old
			*old = 0
		}
	}
	*m.at(slot) += n
	m.sum += n
}

func (m *meter) at(slot int64) *int64 {
	return &m.slots[(slot%meterSlots+meterSlots)%meterSlots]
}

// settle takes note of the second that is over.
func (m *meter) settle() {
	if m.slot-m.from >= meterSlots-1 {
		m.whole = true
		m.peak = max(m.peak, m.sum)
	}
}

// rates are in bits per second, over a time in ms; the peak is 0 if there was no
// whole second.
func (m *meter) rates(covered int64) (mean, peak int64) {
	m.settle()
	if covered > 0 {
		mean = m.bytes * 8 * 1000 / covered
	}
	return mean, m.peak * 8
}
