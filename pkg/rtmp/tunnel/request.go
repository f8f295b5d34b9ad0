package tunnel

import "strconv"

// A request waits for its answer.
type request struct {
	text  []byte
	sends int // bytes of RTMP in it
	n     uint64
	ahead bool // others were under way
	out   bool // it was written, if not as a whole
	taken bool // some of it was, and the server may have heard it
}

// add queues a request, with the headers that Flash Player's have, as librtmp writes
// them. n is its number, and sends says how many bytes of RTMP are in it.
func (l *link) add(path string, n uint64, body []byte, sends int) {
	var b []byte
	if last := len(l.spare) - 1; last >= 0 {
		b, l.spare = l.spare[last][:0], l.spare[:last]
	}
	b = append(b, "POST "...)
	b = append(b, path...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, l.cfg.Host...)
	b = append(b, "\r\nAccept: */*\r\nUser-Agent: Shockwave Flash\r\nConnection: Keep-Alive\r\n"+
		"Cache-Control: no-cache\r\nContent-type: application/x-fcs\r\nContent-length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	b = append(b, body...)
	l.queue = append(l.queue, request{text: b, n: n, sends: sends, ahead: len(l.queue) > 0})
}

// drop forgets the first request.
func (l *link) drop() {
	l.spare = append(l.spare, l.queue[0].text)
	l.queue = append(l.queue[:0], l.queue[1:]...)
}
