//go:build unix

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// cmdTaker starts a server that takes what is published, writes what comes to
// taken-1.flv, taken-2.flv and so on, one for each publisher, and sets $ADDR and
// $URL. With adobe or llnw it wants to be shown, in their way, that the publisher
// is joe, whose password is opensesame.
func cmdTaker(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) <= 1, "taker [adobe|llnw]")
	var n atomic.Int64
	take := func(p *rtmptest.Peer) {
		p.GrantPublish()
		writeTaken(p, ts.MkAbs(fmt.Sprintf("taken-%d.flv", n.Add(1))))
	}
	script := func(p *rtmptest.Peer) {
		p.Handshake()
		p.Result(p.Expect("connect"), rtmptest.Info("status", "NetConnection.Connect.Success", ""))
		take(p)
	}
	if len(args) == 1 {
		a := &rtmptest.Authenticator{Mode: args[0], User: "joe", Password: "opensesame"}
		script = a.Judge(take)
	}
	const connections = 40
	scripts := slices.Repeat([]rtmptest.Script{script}, connections)
	s := rtmptest.NewServer(scriptT(ts), scripts[0], scripts[1:]...)
	setAddr(ts, "rtmp", s.Addr)
}

// writeTaken writes what a client publishes as it comes, in order and with its
// timestamps. The file is whole when the client is left.
func writeTaken(p *rtmptest.Peer, name string) {
	f, err := os.Create(name)
	if err != nil {
		return // which the script will find
	}
	w := bufio.NewWriter(f)
	defer func() {
		_ = w.Flush()
		_ = f.Close()
	}()
	_, _ = w.WriteString(flvHeader)
	for m := p.ReadMedia(); m != nil; m = p.ReadMedia() {
		_, _ = w.Write(appendTag(nil, flvout.Tag{
			Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: message.DataBody(m),
		}))
	}
}

const flvHeader = "FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"

func appendTag(dst []byte, t flvout.Tag) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(t.Type)<<24|uint32(len(t.Body)))
	ts := t.Timestamp
	dst = append(dst, byte(ts>>16), byte(ts>>8), byte(ts), byte(ts>>24), 0, 0, 0)
	dst = append(dst, t.Body...)
	return binary.BigEndian.AppendUint32(dst, uint32(11+len(t.Body)))
}

// cmdNobody sets $ADDR and $URL to those of a server that nobody may connect to.
func cmdNobody(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 0, "nobody")
	t := scriptT(ts)
	setAddr(ts, "rtmp", listen(ts, func(net.Conn) { t.Errorf("somebody has connected") }))
}

// cmdLogs waits until the log of the last server has a line like this. With ! it
// must not have one now.
func cmdLogs(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 1, "logs PATTERN")
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	log := ts.Value(logKey{}).(*serverLog).safeBuffer
	need(ts, log != nil, "logs PATTERN, after server")
	switch has := func() bool { return pattern.MatchString(log.String()) }; {
	case neg && has():
		ts.Fatalf("the server logs %s:\n%s", args[0], log)
	case !neg && !poll(has):
		ts.Fatalf("the server does not log %s:\n%s", args[0], log)
	}
}

// cmdHalt stops the last server.
func cmdHalt(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 0, "halt")
	ts.Value(logKey{}).(*serverLog).stop()
}

// logKey is where a script's *serverLog is found.
type logKey struct{}

// A serverLog is what the last server has said.
type serverLog struct {
	*safeBuffer
	stop func() // returns when it has
}

// spoilers make of the tags of a file what is hard to publish.
var spoilers = map[string]func(t flvout.Tag, c flvout.Class) (_ flvout.Tag, keep bool){
	"metadata": func(t flvout.Tag, c flvout.Class) (flvout.Tag, bool) {
		return t, c.Kind == flvout.KindMetadata
	},
	"headers": func(t flvout.Tag, c flvout.Class) (flvout.Tag, bool) {
		return t, c.Kind != flvout.KindFrame
	},
	"nokey": func(t flvout.Tag, c flvout.Class) (flvout.Tag, bool) {
		return t, t.Type == 9 && !c.Key
	},
	"encrypted": func(t flvout.Tag, c flvout.Class) (flvout.Tag, bool) {
		t.Type |= 0x20
		return t, true
	},
	"encryptedaudio": func(t flvout.Tag, c flvout.Class) (flvout.Tag, bool) {
		if t.Type == 8 {
			t.Type |= 0x20
		}
		return t, true
	},
}

// cmdSpoil writes a file again, spoilt.
func cmdSpoil(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 3 && spoilers[args[0]] != nil, "spoil KIND SAMPLE FILE, of spoilers")
	spoil := spoilers[args[0]]
	s := flvout.NewScanner(strings.NewReader(ts.ReadFile(args[1])))
	out := []byte(flvHeader)
	for {
		t, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		ts.Check(err)
		if t, keep := spoil(t, flvout.Classify(t)); keep {
			out = appendTag(out, t)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), out, 0o600))
}
