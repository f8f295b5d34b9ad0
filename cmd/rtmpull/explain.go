package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

func newExplainCommand(env *environment) *cobra.Command {
	var source sourceFlags
	var asJSON, secrets, publish bool
	cmd := &cobra.Command{
		Use:   "explain [flags] URL",
		Short: "show how a URL is understood and what is sent for it",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := source.unfold(new(networkFlags), cmd.Flags().Changed); err != nil {
				return err
			}
			t, err := source.target(args, env.getenv)
			if err != nil {
				return err
			}
			if publish {
				offer(t, cmd.Flags().Changed("flashVer"))
			}
			e, err := explain(t, secrets)
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				enc.SetEscapeHTML(false)
				return enc.Encode(e)
			}
			return e.print(cmd.OutOrStdout())
		},
	}
	fs := pflag.NewFlagSet("explain", pflag.ContinueOnError)
	fs.BoolVar(&asJSON, "json", false, "as JSON")
	fs.BoolVar(&secrets, "show-secrets", false, "do not mask what may be a secret")
	fs.BoolVar(&publish, "publish", false, "what is sent to publish the stream, not to play it")
	source.addStop(fs)
	setGroups(cmd, flagGroup{"Flags", fs}, source.group())
	return cmd
}

// offer makes of a target to play from one to publish to.
func offer(t *rtmp.Target, named bool) {
	t.Session.Role, t.Session.ChunkSize = session.Publish, rtmp.DefaultChunkSize
	if !named {
		t.Session.FlashVer = rtmp.DefaultPublisherFlashVer
	}
}

// An explanation is what a URL and its flags come to.
type explanation struct {
	Address  string   `json:"address"`
	TLS      bool     `json:"tls"`
	User     string   `json:"user,omitempty"`
	App      string   `json:"app"`
	TcURL    string   `json:"tcUrl"`
	PlayPath string   `json:"playpath"`
	Sent     []string `json:"sent"`
}

// explain lets a session say its opening words to a server that grants all.
func explain(t *rtmp.Target, secrets bool) (*explanation, error) {
	mask := obs.MaskOf(t)
	if secrets {
		mask = nil
	}
	cfg := t.Session
	cfg.TcURL = t.TcURL()
	e := &explanation{
		Address: t.Address(), TLS: t.TLS(), User: t.User,
		App: mask.Text(cfg.App), TcURL: mask.Text(cfg.TcURL), PlayPath: mask.Text(cfg.PlayPath),
	}
	s := session.New(cfg)
	said, err := s.Start(nil)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(said); i++ {
		if said[i].Do != session.Send {
			continue
		}
		e.Sent = append(e.Sent, show(&said[i].Message, mask))
		if said, err = grant(s, said, i); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// grant tells a session that a call of its own, if it waits for one, was granted.
func grant(s *session.Session, said []session.Reaction, i int) ([]session.Reaction, error) {
	m := &said[i].Message
	if m.Type != message.TypeCommand {
		return said, nil
	}
	call, err := message.ParseCommand(m)
	if err != nil {
		return said, err
	}
	answers := map[string]amf.Value{"connect": &amf.Object{}, "createStream": amf.Number(1)}
	answer, ok := answers[call.Name]
	if !ok {
		return said, nil
	}
	result := message.Command{Name: "_result", TransactionID: call.TransactionID, Args: []amf.Value{answer}}
	reply, err := result.Message(message.CommandChunkStreamID, 0)
	if err != nil {
		return said, err
	}
	return s.Handle(said, &reply)
}

// show writes a message as one line.
func show(m *message.Message, mask *obs.Mask) string {
	switch m.Type {
	case message.TypeCommand:
		c, err := message.ParseCommand(m)
		if err != nil {
			return err.Error()
		}
		text := c.Name + " " + amf.Format(amf.Number(c.TransactionID)) + " " + mask.Format(c.Object)
		for _, v := range c.Args {
			text += " " + mask.Format(v)
		}
		return text
	case message.TypeUserControl:
		event, value, _, _ := message.ParseUserControl(m.Payload)
		if event == message.EventSetBufferLength {
			return fmt.Sprintf("%v %d ms (stream %d)", event, binary.BigEndian.Uint32(m.Payload[6:]), value)
		}
		return fmt.Sprintf("%v (stream %d)", event, value)
	}
	v, _ := m.Uint32()
	return fmt.Sprintf("%v %d", m.Type, v)
}

func (e *explanation) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	transport := "TCP"
	if e.TLS {
		transport = "TLS"
	}
	_, _ = fmt.Fprintf(w, "server\t%s (%s)\n", e.Address, transport)
	if e.User != "" {
		_, _ = fmt.Fprintf(w, "user\t%s\n", e.User)
	}
	_, _ = fmt.Fprintf(w, "app\t%s\ntcUrl\t%s\nplaypath\t%s\n", e.App, e.TcURL, e.PlayPath)
	for i, line := range e.Sent {
		title := ""
		if i == 0 {
			title = "sent"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\n", title, line)
	}
	return w.Flush()
}
