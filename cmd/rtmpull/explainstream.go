package main

import (
	"strings"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// layers are what is between the network and RTMP, from the network on: tcp, tls,
// http, and rtmpe, which is RTMP's own encryption.
func layers(t *rtmp.Target) []string {
	list := []string{"tcp"}
	if t.TLS() {
		list = append(list, "tls")
	}
	if t.Tunnelled() {
		list = append(list, "http")
	}
	if t.Encrypted() {
		list = append(list, "rtmpe")
	}
	return list
}

// layersText says so in words: by the outermost but TCP, which the others are in.
func layersText(list []string) string {
	switch strings.Join(list[1:], " ") {
	case "tls":
		return "TLS"
	case "http":
		return "HTTP tunnel"
	case "tls http":
		return "HTTP tunnel within TLS"
	case "rtmpe":
		return "RTMPE"
	case "http rtmpe":
		return "RTMPE in an HTTP tunnel"
	}
	return "TCP"
}

// noteRTMPE is to be known of a connection by RTMPE.
const noteRTMPE = "RTMPE keeps out those who only look, and nothing proves who the server is; rtmps does both"

// An askedStream says what is asked of the server: which kind of stream, from where
// on and how much of it.
type askedStream struct {
	Kind   string  `json:"kind"`             // any, live, recorded, from_start or publish
	Start  float64 `json:"start"`            // s
	Length float64 `json:"length,omitempty"` // s; 0: all
	Text   string  `json:"text"`
}

func streamAsked(c *session.Config) askedStream {
	a := askedStream{Start: secondsOf(c.Start), Length: secondsOf(c.Length)}
	switch {
	case c.Role == session.Publish:
		return askedStream{Kind: "publish", Text: "published, as a live one"}
	case c.Kind == session.Live:
		a.Kind, a.Text = "live", "a live one only"
	case c.Kind == session.Recorded:
		a.Kind, a.Text = "recorded", "a recorded one only, "+from(c.Start)
	case c.Kind == session.FromStart:
		a.Kind, a.Text = "from_start", "a recorded one "+from(c.Start)+", or a live one, as the server has it"
	default:
		a.Kind, a.Text = "any", "a live one, or if there is none a recorded one "+from(0)
	}
	if c.Kind != session.Recorded && c.Kind != session.FromStart {
		a.Start = 0
	}
	if c.Length > 0 {
		a.Text += "; " + duration(c.Length) + " of it"
	}
	return a
}

func from(ms uint32) string {
	if ms == 0 {
		return "from its beginning"
	}
	return "from " + duration(ms) + " on"
}

func duration(ms uint32) string { return clock(secondsOf(ms)) }

func secondsOf(ms uint32) float64 { return float64(ms) / 1000 }
