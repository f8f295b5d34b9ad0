package flvout

// near returns what the window has from a place on, n bytes at least, maxLent at
// most, unless the file ends before. It moves the window there if need be.
func (s *Salvager) near(at int64, n int) []byte {
	if s.base <= at && at+int64(n) <= s.base+int64(len(s.win)) {
		return s.win[at-s.base:]
	}
	kept := 0
	if s.base <= at && at < s.base+int64(len(s.win)) {
		kept = copy(s.win, s.win[at-s.base:])
	}
	if s.win == nil {
		s.win = make([]byte, min(window, s.size))
	}
	s.base = at
	s.win = s.win[:max(min(int64(cap(s.win)), s.size-at), 0)]
	if kept < len(s.win) {
		s.read(s.win[kept:], at+int64(kept))
	}
	return s.win
}

// at returns n bytes from a place, a glance at most, or as many as the file has. In
// a search there may be none, since too much was looked at. It leaves the window
// where it is. Another call may overwrite them.
func (s *Salvager) at(at int64, n int) []byte {
	if s.base <= at && at+int64(n) <= s.base+int64(len(s.win)) {
		return s.win[at-s.base:][:n]
	}
	if s.searching {
		if s.looks >= maxLooks+s.base/bytesPerLook {
			return nil
		}
		s.looks++
	}
	b := s.far[:max(min(int64(n), s.size-at), 0)]
	s.read(b, at)
	return b
}

// read fills b from a place where the file has as much.
func (s *Salvager) read(b []byte, at int64) {
	if len(b) == 0 || s.err != nil {
		clear(b)
		return
	}
	if n, err := s.r.ReadAt(b, at); n < len(b) {
		clear(b[n:])
		s.err = torn(err) // the file has become shorter
	}
}
