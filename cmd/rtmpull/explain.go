package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

func newExplainCommand(env *environment) *cobra.Command {
	o := new(pullOptions)
	var secrets, publish bool
	cmd := &cobra.Command{
		Use:   "explain [flags] URL...",
		Short: "show how a command line is understood and what is sent for it",
		Long: `Explain shows how the command line of a recording is understood, and what is sent for it,
without connecting or opening anything. One of rtmpdump's begins with that word:

  rtmpull explain -o '{stream}.flv' --wait 10m rtmp://host/live/show
  rtmpull explain rtmpdump -r rtmp://host/app/name -o show.flv`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.source.unfold(&o.network, cmd.Flags().Changed); err != nil {
				return err
			}
			as, err := o.explained(env, args)
			if err != nil {
				return err
			}
			var list []*explanation
			for i := range as {
				as[i].Secrets = secrets
				if publish {
					offer(as[i].Target, cmd.Flags().Changed("flashVer"))
					as[i].Recording = nil
				}
				e, err := explain(as[i])
				if err != nil {
					return err
				}
				list = append(list, e)
			}
			return tellExplanations(cmd.OutOrStdout(), list, o.tell.json)
		},
	}
	fs := pflag.NewFlagSet("explain", pflag.ContinueOnError)
	fs.BoolVar(&secrets, "show-secrets", false, "do not mask what may be a secret")
	fs.BoolVar(&publish, "publish", false, "what is sent to publish the stream, not to play it")
	cmd.AddCommand(newExplainRtmpdumpCommand(env))
	setGroups(cmd, append([]flagGroup{{"Flags", fs}}, o.groups("the explanation as JSON")...)...)
	return cmd
}

// notePlayer is for a player that is not asked for.
const notePlayer = "the player of --swfVfy is fetched by a recording, and not here"

// offer makes of a target to play from one to publish to.
func offer(t *rtmp.Target, named bool) {
	t.Session.Role, t.Session.ChunkSize = session.Publish, rtmp.DefaultChunkSize
	if !named {
		t.Session.FlashVer = rtmp.DefaultPublisherFlashVer
	}
}

// explained makes of the command line what there is to explain, without opening or
// running anything.
func (o *pullOptions) explained(env *environment, args []string) ([]asked, error) {
	if err := o.output.check(); err != nil {
		return nil, err
	}
	if err := o.tell.check(); err != nil {
		return nil, err
	}
	if _, err := o.network.client(); err != nil {
		return nil, err
	}
	if o.survival.urlCommand != "" && len(args) == 0 && o.source.url == "" {
		return nil, badUsage("the command of --url-command is not run here; give a URL such as it prints")
	}
	targets, err := o.source.targets(args, env.getenv)
	if err != nil {
		return nil, err
	}
	if len(targets) > 1 && (o.survival.backup != "" || o.survival.urlCommand != "") {
		return nil, badUsage("--backup and --url-command are for one stream, and there are %d URLs", len(targets))
	}
	if len(targets) > 1 {
		if _, err := o.output.several(targets); err != nil {
			return nil, err
		}
	}
	backup, err := o.survival.backupTarget(&o.source, env.getenv)
	if err != nil {
		return nil, err
	}
	via := ""
	if p, err := o.network.through(); err != nil {
		return nil, err
	} else if p != nil {
		via = p.String()
	}
	as := make([]asked, len(targets))
	for i, t := range targets {
		r, err := o.recording(t, backup)
		if err != nil {
			return nil, err
		}
		as[i] = asked{Target: t, Backup: backup, Proxy: via, Recording: r}
		if o.source.swf.url != "" {
			as[i].Notes = append(as[i].Notes, notePlayer)
		}
	}
	return as, nil
}

// asked is what is to be explained: what a command line came to, whichever its
// form was.
type asked struct {
	Target    *rtmp.Target
	Backup    *rtmp.Target // nil: none; for the sake of its secrets
	Proxy     string       // its URL, with nothing secret in it; empty: none
	Recording *recording   // nil: none is made
	Notes     []string     // what else there is to say, such as warnings
	Secrets   bool         // are shown
}

// An explanation is what a command line comes to. Its JSON is described in
// docs/explain.md, and only grows.
type explanation struct {
	Address   string        `json:"address"`
	TLS       bool          `json:"tls"`
	Scheme    string        `json:"scheme"`
	Transport []string      `json:"transport"`
	Proxy     string        `json:"proxy,omitempty"`
	User      string        `json:"user,omitempty"`
	App       string        `json:"app"`
	TcURL     string        `json:"tcUrl"`
	PlayPath  string        `json:"playpath"`
	SWF       *explainedSWF `json:"swf,omitempty"`
	Stream    askedStream   `json:"stream"`
	Sent      []string      `json:"sent"`
	Recording *recording    `json:"recording,omitempty"`
	Notes     []string      `json:"notes,omitempty"`
}

type explainedSWF struct {
	Hash string `json:"hash"`
	Size uint32 `json:"size"`
}

// explain says what is asked of which server, and what becomes of it.
func explain(a asked) (*explanation, error) {
	t := a.Target
	mask := obs.MaskOf(t)
	if a.Backup != nil {
		mask.Add(a.Backup)
	}
	if a.Secrets {
		mask = nil
	}
	cfg := t.Session
	cfg.TcURL = t.TcURL()
	e := &explanation{
		Address: t.Address(), TLS: t.TLS(), Scheme: t.Scheme, Transport: layers(t), Proxy: mask.Text(a.Proxy), User: t.User,
		App: mask.Text(cfg.App), TcURL: mask.Text(cfg.TcURL), PlayPath: mask.Text(cfg.PlayPath), Stream: streamAsked(&cfg),
	}
	if t.SWF != nil {
		e.SWF = &explainedSWF{hex.EncodeToString(t.SWF.Hash[:]), t.SWF.Size}
	}
	if a.Recording != nil {
		r := *a.Recording
		r.Output, r.Backup = mask.Text(r.Output), mask.Text(r.Backup)
		e.Recording = &r
	}
	if t.Encrypted() {
		e.Notes = append(e.Notes, noteRTMPE)
	}
	for _, note := range a.Notes {
		e.Notes = append(e.Notes, mask.Text(note))
	}
	var err error
	e.Sent, err = rehearse(cfg, mask)
	return e, err
}

// tellExplanations writes them, one after the other.
func tellExplanations(out io.Writer, list []*explanation, asJSON bool) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	for i, e := range list {
		if asJSON {
			if err := enc.Encode(e); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			if _, err := fmt.Fprintln(out); err != nil {
				return err
			}
		}
		if err := e.print(out); err != nil {
			return err
		}
	}
	return nil
}

// A row is what there is to say of one thing, a line for each part.
type row struct {
	title string
	lines []string
}

// print writes the explanation in words.
func (e *explanation) print(out io.Writer) error {
	server := e.Address + " (" + layersText(e.Transport) + ")"
	if e.Proxy != "" {
		server += " by way of " + e.Proxy
	}
	rows := []row{{"server", []string{server}}}
	if e.User != "" {
		rows = append(rows, row{"user", []string{e.User}})
	}
	rows = append(rows, row{"app", []string{e.App}}, row{"tcUrl", []string{e.TcURL}}, row{"playpath", []string{e.PlayPath}})
	if e.SWF != nil {
		rows = append(rows, row{"swf", []string{fmt.Sprintf("%d bytes, hash %s, for a server that asks", e.SWF.Size, e.SWF.Hash)}})
	}
	rows = append(rows, row{"stream", []string{e.Stream.Text}}, row{"sent", e.Sent})
	if e.Recording != nil {
		rows = append(rows, e.Recording.rows()...)
	}
	rows = append(rows, row{"note", e.Notes})
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		for i, line := range r.lines {
			title := ""
			if i == 0 {
				title = r.title
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\n", title, strings.ReplaceAll(line, "\t", " "))
		}
	}
	return w.Flush()
}
