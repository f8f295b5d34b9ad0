package handshake_test

import (
	"bufio"
	"fmt"
	"net"

	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
)

// C2 leaves together with the first message, and S2 is read when the answer
// to that message is due.
func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := handshake.Server(conn, handshake.Config{}); err != nil {
			return
		}
		conn.Read(make([]byte, len("connect")))
		conn.Write([]byte("_result"))
	}()

	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	r, w := bufio.NewReader(conn), bufio.NewWriter(conn)

	c := handshake.NewClient(handshake.Config{Digest: true})
	if err := c.Hello(conn); err != nil {
		fmt.Println(err)
		return
	}
	if err := c.Reply(r, w); err != nil {
		fmt.Println(err)
		return
	}
	w.WriteString("connect")
	w.Flush()
	if err := c.Finish(r); err != nil {
		fmt.Println(err)
		return
	}
	answer, _ := r.Peek(len("_result"))
	fmt.Printf("digest %v, then %s\n", c.Digest(), answer)
	// Output: digest true, then _result
}
