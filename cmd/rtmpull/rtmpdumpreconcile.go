package main

// reconcile does away with options that exclude each other, as rtmpdump does: one of
// them counts, and a warning says which one does not.
func (d *dump) reconcile() {
	s, o := &d.source, &d.output
	o.shorten()
	if s.flashVer == "" {
		s.flashVer = dumpFlashVer
	}
	if o.name == "-" && !d.flags.own.Changed("flv") {
		d.warn("no output file is given (-o), so it is standard output")
	}
	if o.resume && o.name == "-" {
		d.warn("standard output cannot be gone on with: --resume does not count")
		o.resume = false
	}
	if o.resume && s.live {
		d.warn("a live stream cannot be gone on with: --resume does not count")
		o.resume = false
	}
	if s.live && s.start > 0 {
		d.warn("a live stream begins where it is: --start does not count")
		s.start = 0
	}
	if _, err := ms(s.stop); err != nil && !s.live {
		d.warn("no stream is so long: --stop does not count")
		s.stop = 0
	}
	w := &s.swf
	switch pair := w.hash != "" && w.size > 0; {
	case pair && w.url != "":
		d.warn("with --swfVfy, --swfhash and --swfsize do not count")
		w.hash, w.size = "", 0
	case !pair && (w.hash != "" || w.size > 0):
		d.warn("--swfhash and --swfsize count only together")
		w.hash, w.size = "", 0
	}
}

// wait waits as long for a connection and for the first media as --timeout, or the
// URL's timeout, says of those that follow. was is what it is if neither is given.
func (d *dump) wait(was durationValue) {
	given, n := d.flags.all.Changed, &d.network
	if !given("timeout") && n.silence == was {
		return
	}
	if !given("start-timeout") {
		n.start = n.silence
	}
	if !given("connect-timeout") && n.silence > 0 {
		n.connect = n.silence
	}
}
