package main

import (
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// A manner is how a kind of server treats who plays a live stream, as it was seen on
// the wire.
type manner struct {
	deaf  func(connect *message.Command) bool // it gives no answer to such a one; nil: it does
	greet func(v *visit, connect *message.Command)
	grant func(v *visit) // what it says to play

	// What a player sees that comes when nobody publishes.
	nobody  absence
	refusal string // its code
	stale   bool   // the headers of the last publication

	leaves  func(v *visit) (open bool) // what it says when the publisher leaves; nil: nothing
	returns func(v *visit)             // and to who is there still, when there is one again; nil: nothing

	joins        joining
	ownClock     bool // timestamps begin at 0 for each player
	zeroHeaders  bool // sequence headers have time 0
	streamZero   bool // media is on message stream 0
	audio, video uint32
	metadata     func(v *visit) // nil: none is sent
}

// An absence is what comes of a stream that nobody publishes.
type absence uint8

const (
	keepsSilent      absence = iota // the stream is granted, and nothing comes
	refuses                         // in words, and stays open
	refusesAndCloses                // in words
	hangsUp                         // once connect is answered, without a word
	saysNothing                     // play has no answer
	grantsAndCloses                 // as nginx-rtmp's "deny play" does
)

// A joining is where in the stream a player begins.
type joining uint8

const (
	fromCache joining = iota // at the last key frame, at once
	fromKey                  // sound at once, pictures from the next key frame on
	midway                   // anywhere
)

// window is what most servers say before they answer connect.
func window(v *visit, size, chunk uint32) {
	v.Send(message.WindowAcknowledgementSize(size), message.SetPeerBandwidth(size, message.LimitDynamic), message.SetChunkSize(chunk))
}

func success(v *visit, connect *message.Command) {
	v.Result(connect, rtmptest.Info("status", "NetConnection.Connect.Success", "Connection succeeded."))
}

func begins(v *visit) { v.control(message.EventStreamBegin) }

func starts(v *visit) { v.say("status", "NetStream.Play.Start") }

func resets(v *visit) { v.say("status", "NetStream.Play.Reset"); starts(v) }

func access(v *visit, stream uint32) {
	v.data(stream, amf.String("|RtmpSampleAccess"), amf.Boolean(true), amf.Boolean(true))
}

func metadata(v *visit) {
	o := &amf.Object{Kind: amf.ECMAArray}
	o.Set("width", amf.Number(320))
	v.data(v.stream, amf.String("onMetaData"), o)
}

func dataFrame(v *visit) {
	v.data(v.stream, amf.String("@setDataFrame"), amf.String("onMetaData"), &amf.Object{Kind: amf.ECMAArray})
}

func eof(v *visit) { v.control(message.EventStreamEOF) }

var nginx = manner{
	greet: func(v *visit, c *message.Command) { window(v, 5_000_000, 4096); success(v, c) },
	grant: func(v *visit) { begins(v); starts(v); access(v, 1) },
	joins: fromKey, audio: 6, video: 7, metadata: metadata,
}

// with is the manner, changed.
func (m manner) with(change func(m *manner)) manner {
	change(&m)
	return m
}

var manners = map[string]manner{
	"nginx-rtmp": nginx.with(func(m *manner) {
		m.leaves = func(v *visit) bool { eof(v); return true }
		m.returns = begins
	}),
	"nginx-rtmp with publish_notify": nginx.with(func(m *manner) {
		m.leaves = func(v *visit) bool { eof(v); v.say("status", "NetStream.Play.UnpublishNotify"); return true }
		m.returns = func(v *visit) { begins(v); v.say("status", "NetStream.Play.PublishNotify") }
	}),
	"nginx-rtmp without idle_streams": nginx.with(func(m *manner) {
		m.nobody, m.refusal = refusesAndCloses, "NetStream.Play.StreamNotFound"
		m.leaves = func(v *visit) bool { eof(v); return false }
	}),
	"srs": {
		greet: func(v *visit, c *message.Command) {
			window(v, 2_500_000, 60000)
			success(v, c)
			v.Command(0, "onBWDone", 0, nil)
		},
		grant: func(v *visit) {
			begins(v)
			resets(v)
			access(v, 1)
			o := &amf.Object{}
			o.Set("code", amf.String("NetStream.Data.Start"))
			v.data(1, amf.String("onStatus"), o)
		},
		joins: fromCache, ownClock: true, audio: 4, video: 6, metadata: metadata,
	},
	"mediamtx": {
		greet: func(v *visit, c *message.Command) { window(v, 2_500_000, 65536); success(v, c) },
		grant: func(v *visit) {
			v.control(message.EventStreamIsRecorded)
			begins(v)
			for _, what := range []string{"Play.Reset", "Play.Start", "Data.Start", "Play.PublishNotify"} {
				v.Command(1, "onStatus", v.play.TransactionID, nil, rtmptest.Info("status", "NetStream."+what, ""))
			}
		},
		nobody: hangsUp,
		leaves: func(v *visit) bool {
			time.Sleep(100 * time.Millisecond) // what is not read by then is lost
			v.Abort()
			return false
		},
		joins: fromKey, audio: 4, video: 6, metadata: dataFrame,
	},
	"gortmplib": {
		greet:  func(v *visit, c *message.Command) { window(v, 2_500_000, 65536); success(v, c) },
		grant:  func(v *visit) { v.control(message.EventStreamIsRecorded); begins(v); resets(v) },
		nobody: hangsUp,
		leaves: func(*visit) bool { return false },
		joins:  fromKey, audio: 4, video: 6, metadata: dataFrame,
	},
	"lal": {
		greet: func(v *visit, c *message.Command) {
			v.Send(message.WindowAcknowledgementSize(5_000_000), message.SetChunkSize(4096))
			success(v, c)
		},
		grant:  func(v *visit) { v.control(message.EventStreamIsRecorded); begins(v); starts(v) },
		leaves: func(*visit) bool { time.Sleep(14 * time.Second); return false },
		joins:  fromKey, zeroHeaders: true, audio: 6, video: 7, metadata: metadata,
	},
	"livego": {
		greet: func(v *visit, c *message.Command) { v.Send(message.SetChunkSize(1024)); success(v, c) },
		grant: func(v *visit) {
			for _, e := range []message.ControlEvent{message.EventStreamIsRecorded, message.EventStreamBegin} {
				m := message.UserControl(e, 1)
				m.StreamID = 1
				v.Send(m)
			}
			resets(v)
			v.say("status", "NetStream.Data.Start")
			v.say("status", "NetStream.Play.PublishNotify")
		},
		leaves: func(*visit) bool { return false },
		joins:  fromCache, audio: 4, video: 6, metadata: metadata,
	},
	"yutopp": {
		greet: func(v *visit, c *message.Command) {
			v.Send(message.WindowAcknowledgementSize(2_147_483_647), message.SetPeerBandwidth(2_147_483_647, message.LimitHard))
			success(v, c)
		},
		grant:  starts,
		nobody: refusesAndCloses, refusal: "NetStream.Play.Failed",
		leaves: stays,
		joins:  midway, ownClock: true, audio: 5, video: 6,
	},
	"rtmp-go": {
		greet:  func(v *visit, c *message.Command) { window(v, 2_500_000, 4096); success(v, c) },
		grant:  func(v *visit) { begins(v); begins(v); starts(v) },
		nobody: refuses, refusal: "NetStream.Play.StreamNotFound",
		leaves: stays,
		joins:  midway, audio: 4, video: 6,
	},
	"go2rtc": {
		deaf: func(c *message.Command) bool { return c.Object != nil && hasList(c.Object) },
		greet: func(v *visit, c *message.Command) {
			v.Send(message.SetChunkSize(4096))
			v.Result(c, onlyCode("NetConnection.Connect.Success"))
		},
		grant:  func(v *visit) { v.Command(0, "onStatus", 0, nil, onlyCode("NetStream.Play.Start")) },
		nobody: saysNothing,
		leaves: stays,
		joins:  midway, audio: 4, video: 4, metadata: dataFrame,
	},
	"node-media-server 4": {
		greet:  func(v *visit, c *message.Command) { window(v, 5_000_000, 65535); success(v, c) },
		grant:  resets,
		stale:  true,
		leaves: stays,
		joins:  fromCache, streamZero: true, audio: 4, video: 6,
		metadata: func(v *visit) {
			v.data(0, amf.String("@setDataFrame"), amf.String("onMetaData"), &amf.Object{Kind: amf.ECMAArray})
		},
	},
	"node-media-server 2": {
		greet:   func(v *visit, c *message.Command) { window(v, 5_000_000, 60000); success(v, c) },
		grant:   func(v *visit) { begins(v); resets(v); access(v, 0) },
		leaves:  func(v *visit) bool { v.say("status", "NetStream.Play.UnpublishNotify"); eof(v); return true },
		returns: func(v *visit) { begins(v); resets(v) },
		joins:   fromCache, audio: 4, video: 6, metadata: metadata,
	},
	"crtmpserver": {
		greet: func(v *visit, c *message.Command) {
			v.Send(message.WindowAcknowledgementSize(2_500_000), message.SetPeerBandwidth(2_500_000, message.LimitDynamic))
			v.UserControl(message.EventStreamBegin, 0)
			success(v, c)
			v.Command(0, "onBWDone", 0, nil, amf.Number(8192))
		},
		grant: func(v *visit) {
			v.Command(0, "onFCSubscribe", 0, nil, rtmptest.Info("status", "NetStream.Play.Start", ""))
			resets(v)
		},
		leaves: func(v *visit) bool {
			v.say("status", "NetStream.Play.UnpublishNotify")
			v.say("status", "NetStream.Play.Stop")
			eof(v)
			return true
		},
		returns: func(v *visit) { begins(v); resets(v) },
		joins:   fromKey, ownClock: true, audio: 20, video: 21,
		metadata: func(v *visit) { metadata(v); metadata(v) },
	},
}

// stays leaves who plays alone for ever: the next publisher is another stream to it.
func stays(v *visit) bool {
	v.Linger()
	return true
}

func onlyCode(code string) *amf.Object {
	o := &amf.Object{}
	o.Set("code", amf.String(code))
	return o
}

// hasList tells whether an object has an array in it, which go2rtc cannot read.
func hasList(object amf.Value) bool {
	o, ok := amf.AsObject(object)
	return ok && o.Get("fourCcList") != nil
}
