package tunnel

import "time"

const (
	// hintUnit is what servers count the polling interval in. Macromedia has not
	// published it. The specification of RTMPT by Red5's authors (J. Bauch, 2006)
	// says of that server's largest value, 0x21, that it makes about half a second:
	// 33 times a 64th of a second, the tick of Windows' clock. 255 such make the
	// 4.08 s up to which Flash Media Server's IdlePostInterval goes, and its default
	// of 512 ms is 32 of them.
	hintUnit = 16 * time.Millisecond

	leastPause = 8 * time.Millisecond // whatever the server says
	mostPause  = time.Second          // beyond it a live stream would come in gusts
)

// When the server has had nothing to say for that many requests, and for as many
// again, the pause is doubled, up to quietPause. Red5 does so itself, in what it
// answers; servers that answer the same for ever are not to be flooded either.
const (
	quietAfter = 10
	quietPause = 256 * time.Millisecond
)

// Servers put no more than so much into an answer: Red5 and FluorineFx stop at 32 KiB. One
// after the other, that is 2.6 Mbit/s where a round trip takes 100 ms. So when an answer is
// full, more requests are under way at a time, up to mostAhead, which stays so while the
// answers bring something worth their way. librtmp does not wait for answers either before
// it sends more.
const (
	fullAnswer   = 30 << 10 // bytes
	worthyAnswer = 4 << 10
	mostAhead    = 4
)

// A pace is how fast the server is asked. The zero pace begins fast.
type pace struct {
	empty int // answers without a byte, in a row
	quiet int // of them since something was said
	ahead int // requests that may be under way at a time; less than two: one
}

// next is the pause after an answer that brought so many bytes: none while the server has
// something to say. hint is its polling interval; asked tells that the answer is to
// something that was said, to which more may come soon. If that is said again and again,
// as by who publishes, it brings what there is to hear along.
func (p *pace) next(hint byte, came int64, asked bool) time.Duration {
	switch {
	case came >= fullAnswer:
		p.ahead = min(max(p.ahead, 1)+1, mostAhead)
	case came < worthyAnswer && !asked:
		p.ahead = max(p.ahead-1, 1)
	}
	if came > 0 {
		p.empty, p.quiet = 0, 0
		return 0
	}
	p.empty++
	p.quiet++
	if asked {
		if p.quiet > quietAfter {
			p.empty = 1
		}
		p.quiet = 0
	}
	pause := max(leastPause, time.Duration(hint)*hintUnit)
	for range p.empty / quietAfter {
		if pause >= quietPause {
			break
		}
		pause = min(2*pause, quietPause)
	}
	return min(pause, mostPause)
}
