package serve

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// TestMemoryIsBounded has more publishers with long groups of pictures, and more
// viewers that take nothing, than there is memory for.
func TestMemoryIsBounded(t *testing.T) {
	const size = 1 << 20
	var (
		rs      relays
		all     []*relay
		viewers []*viewer
		body    = make([]byte, size) // the same each time: only what is counted matters
		ended   = make(chan struct{})
		push    = func(r *relay, head string) {
			copy(body, head)
			r.push(&message.Message{Type: message.TypeVideo, Payload: body}, ended)
		}
	)
	close(ended) // push does not wait
	for i := range maxPublishers {
		r, err := rs.add(fmt.Sprint("live/", i))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	for i, r := range all {
		push(r, avcKey)
		if i%2 == 0 {
			v := newViewer(r, 1, io.Discard, DefaultChunkSize)
			r.join(v)
			viewers = append(viewers, v)
		}
		for range maxGOP/size - 2 {
			push(r, avcInter)
		}
	}
	short, late, used := 0, 0, rs.memory.used.Load()
	for _, r := range all {
		v := newViewer(r, 1, io.Discard, DefaultChunkSize)
		if r.join(v); v.awaitsKey {
			late++
		}
		r.leave(v)
	}
	for _, v := range viewers {
		if v.size < maxQueue-size {
			short++
		}
	}
	if most := int64(maxKept + 2*maxPublishers*size); used > most || used < maxKept/2 {
		t.Errorf("%d bytes are kept, want up to %d", used, most)
	}
	if short == 0 || late == 0 || late == len(all) {
		t.Errorf("%d queues are short, and %d of %d relays have nothing for those who come late", short, late, len(all))
	}

	// When there is room again all is as before.
	for _, r := range all[1:] {
		rs.end(r)
	}
	for _, v := range viewers {
		for v.size > 0 {
			if err := v.take(); err != nil {
				t.Fatal(err)
			}
		}
	}
	push(all[0], avcKey)
	if len(all[0].past.gop) == 0 {
		t.Error("nothing is kept although there is memory")
	}
	rs.end(all[0])
	for _, v := range viewers {
		v.relay.leave(v)
	}
	if used := rs.memory.used.Load(); used != 0 {
		t.Errorf("%d bytes are kept in the end", used)
	}
}

func TestPublisherLimit(t *testing.T) {
	inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
		publish := func(i int) *caller {
			c := newCaller(t, l.dial())
			c.askToPublish(fmt.Sprint(i))
			return c
		}
		var all []*caller
		for i := range maxPublishers {
			c := publish(i)
			defer c.Close()
			c.hear("onStatus NetStream.Publish.Start")
			all = append(all, c)
		}
		c := publish(maxPublishers)
		defer c.Close()
		c.hear("onStatus NetStream.Publish.Failed")
		all[0].Close()
		synctest.Wait()
		c.say(1, "publish", amf.Null{}, text0("last"), text0("live"))
		c.flush()
		c.hear("onStatus NetStream.Publish.Start")
	})
}

// TestSaysTooMuch begins messages that it does not end, without publishing
// anything; who publishes may say as much.
func TestSaysTooMuch(t *testing.T) {
	for _, when := range []string{"before", "while", "after"} {
		var closed lastError
		inTime(t, &Server{OnEvent: closed.on}, func(t *testing.T, l *pipeListener) {
			var c *caller
			if when == "before" {
				c = newCaller(t, l.dial())
			} else {
				c = startPublishing(t, l)
			}
			defer c.Close()
			if when == "after" {
				c.say(0, "deleteStream", amf.Null{}, amf.Number(1))
				c.flush()
				c.hear("onStatus NetStream.Unpublish.Success")
			}
			go func() { _, _ = io.Copy(io.Discard, c.Conn) }()
			m := message.Message{ChunkStreamID: 7, Type: message.TypeVideo, StreamID: 1, Payload: make([]byte, maxUnasked+2000)}
			_ = c.w.Write(&m)
			_ = c.w.Flush()
			synctest.Wait()
			if err := closed.get(); (when == "while") != (err == nil) || err != nil && !errors.Is(err, errTooMuch) {
				t.Errorf("%s publishing: got %v", when, err)
			}
		})
	}
}

// A player's acknowledgements are not too much, however long it plays.
func TestAcknowledgementsAreAllowed(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	l := link{Conn: server}
	l.allow(0)
	go func() { _, _ = client.Write(make([]byte, 1000)) }()
	l.sent.Store(1000 * ackShare)
	if n, err := l.Read(make([]byte, 1000)); n != 1000 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	go func() { _, _ = client.Write(make([]byte, 1)) }()
	if _, err := l.Read(make([]byte, 1)); !errors.Is(err, errTooMuch) {
		t.Errorf("got %v, want %v", err, errTooMuch)
	}
}
