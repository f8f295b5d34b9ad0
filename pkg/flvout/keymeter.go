package flvout

// A keyMeter measures how far key frames are apart.
type keyMeter struct {
	count, distances       int64
	last                   int64 // ms
	since                  int64 // frames
	any                    bool  // last is a key frame's that time went on from
	sum, least, most       int64
	frames, fewest, utmost int64
}

func (m *keyMeter) add(at int64, key, steady bool) {
	if !steady {
		m.any = false
	}
	m.since++
	if !key {
		return
	}
	if d := at - m.last; m.any && d >= 0 {
		if m.distances == 0 {
			m.least, m.most, m.fewest, m.utmost = d, d, m.since, m.since
		}
		m.distances++
		m.sum += d
		m.frames += m.since
		m.least, m.most = min(m.least, d), max(m.most, d)
		m.fewest, m.utmost = min(m.fewest, m.since), max(m.utmost, m.since)
	}
	m.count++
	m.any, m.last, m.since = true, at, 0
}

func (m *keyMeter) report() *KeyFrames {
	r := &KeyFrames{Count: m.count, Distances: m.distances}
	if n := float64(m.distances); n > 0 {
		r.Distance = Spread{Milliseconds(m.least), round3(float64(m.sum) / n / 1000), Milliseconds(m.most)}
		r.MinFrames, r.MeanFrames, r.MaxFrames = m.fewest, round3(float64(m.frames)/n), m.utmost
	}
	return r
}
