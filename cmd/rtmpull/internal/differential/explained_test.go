//go:build interop

package differential

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// explained demands that explain says of our command line what was sent for it, as
// far as the server has heard it, and refuses what is refused.
func explained(t *testing.T, g *rig, r *run, ours *outcome) {
	t.Helper()
	_ = os.Remove(r.out)
	cmd := exec.Command(g.native, append([]string{"explain", "rtmpdump", "--json", "--show-secrets"}, r.args...)...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stderr = r.dir, &said
	out, err := cmd.Output()
	var e struct{ Sent []string }
	if err == nil {
		err = json.Unmarshal(out, &e)
	}
	var sent []string
	if len(r.tap.conns) > 0 {
		sent = shown(r.tap.conns[0].said)
	}
	want := sent
	if ours.torn {
		want = e.Sent[:min(len(sent), len(e.Sent))]
	}
	if err != nil && len(sent) > 0 || err == nil && len(e.Sent) > 0 && len(sent) == 0 || !slices.Equal(sent, want) || !ours.torn && !slices.Equal(sent, e.Sent) {
		t.Errorf("explain rtmpdump %q\n    explains\n    %s\n    %s\n    and sent was\n    %s", r.args, strings.Join(e.Sent, "\n    "), said.String(), strings.Join(sent, "\n    "))
	}
}

// shown are the opening words of a client as explain shows them, of which the server
// has given its stream the number 1 there.
func shown(said []byte) (list []string) {
	if len(said) < handshakeSize {
		return nil
	}
	r := chunk.NewReader(bytes.NewReader(said[handshakeSize:]))
	for {
		m, err := r.Next()
		if err != nil {
			return list
		}
		switch m.Type {
		case message.TypeCommand:
			c, err := message.ParseCommand(m)
			if err != nil {
				return append(list, err.Error())
			}
			if c.Name == "deleteStream" || c.Name == "closeStream" {
				continue
			}
			text := c.Name + " " + amf.Format(amf.Number(c.TransactionID)) + " " + amf.Format(c.Object)
			for _, v := range c.Args {
				text += " " + amf.Format(v)
			}
			list = append(list, text)
		case message.TypeUserControl:
			event, id, _, _ := message.ParseUserControl(m.Payload)
			if id == rtmptest.StreamID {
				id = 1
			}
			list = append(list, fmt.Sprintf("%v %d ms (stream %d)", event, binary.BigEndian.Uint32(m.Payload[6:]), id))
		case message.TypeWindowAcknowledgementSize:
			n, _ := m.Uint32()
			list = append(list, fmt.Sprintf("%v %d", m.Type, n))
		}
	}
}
