package session

import (
	"fmt"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A conversation is what one kind of server says, as seen on the wire, from
// connect to the first media and to what a player sees when the publisher
// leaves. Stream IDs are 1 there.
type conversation struct {
	server string
	cfg    Config
	steps  []step
}

const (
	connectedTo = "!connected NetConnection.Connect.Success; Window Acknowledgement Size "
	subscribe   = "; Set Buffer Length 0 300; FCSubscribe#3 \"show\""
	created1    = "!created; play#4@1 \"show\"; Set Buffer Length 1 36000000"
	reset       = "NetStream.Play.Reset"
	start       = "NetStream.Play.Start"
	notified    = "NetStream.Play.PublishNotify"
	unpublished = "NetStream.Play.UnpublishNotify"
	stopped     = "NetStream.Play.Stop"
	dataStart   = "NetStream.Data.Start"
)

var (
	createdAs1   = command("_result", 2, amf.Null{}, amf.Number(1))
	sampleAccess = on(1, data(amf.String("|RtmpSampleAccess"), amf.Boolean(true), amf.Boolean(true)))
	setDataFrame = on(1, data(amf.String("@setDataFrame"), amf.String("onMetaData")))
	metaData     = on(1, data(amf.String("onMetaData")))
	gotMetaData  = ">Data 0@1 [02000a6f6e4d65746144617461]"
)

func was(n uint32) *message.Message { return control(message.WindowAcknowledgementSize(n)) }
func spb(n uint32, l message.LimitType) *message.Message {
	return control(message.SetPeerBandwidth(n, l))
}
func scs(n uint32) *message.Message    { return control(message.SetChunkSize(n)) }
func st1(code string) *message.Message { return on(1, status(code)) }
func isStatus(code string) string      { return "!status " + code }
func isEnding(code string) string      { return "!status " + code + " (ending)" }
func fields(o *amf.Object) *amf.Object { o.Set("objectEncoding", amf.Number(0)); return o }
func onlyCode(code string) *amf.Object { return info(code, "") }
func begin(id uint32) *message.Message { return event(message.EventStreamBegin, id) }
func eofOf(id uint32) *message.Message { return event(message.EventStreamEOF, id) }
func playStatus(c string) *message.Message {
	return on(1, data(amf.String("onPlayStatus"), info(c, "status")))
}

var conversations = []conversation{
	{"nginx-rtmp", Config{}, []step{
		{was(5_000_000), "", Connecting, nil},
		{spb(5_000_000, message.LimitDynamic), "", Connecting, nil},
		{scs(4096), "", Connecting, nil},
		{connectOK, connectedTo + "5000000" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{begin(1), "!stream begin", Starting, nil},
		{st1(start), isStatus(start) + "; !started", Streaming, nil},
		{sampleAccess, "", Streaming, nil},
		{metaData, gotMetaData, Streaming, nil},
		{audio(900, 1), ">Audio 900@1 [af01]", Streaming, nil}, // no header before it
		{video(960, 1), ">Video 960@1 [1701]", Streaming, nil},
		{eofOf(1), "!stream eof (ending)", Streaming, nil}, // and the connection stays open
		{begin(1), "!stream begin", Streaming, nil},
		{video(0, 1), ">Video 0@1 [1701]", Streaming, nil}, // a new publisher
	}},
	{"nginx-rtmp with publish_notify", Config{}, []step{
		{connectOK, connectedTo + "2500000" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{st1(notified), isStatus(notified) + "; !started", Streaming, nil},
		{eofOf(1), "!stream eof (ending)", Streaming, nil},
		{st1(unpublished), isEnding(unpublished), Streaming, nil},
	}},
	{"nginx-rtmp, a recorded stream", Config{Kind: Recorded}, []step{
		{connectOK, connectedTo + "2500000; Set Buffer Length 0 300", Creating, nil},
		{createdAs1, "!created; play#3@1 \"show\" 0; Set Buffer Length 1 36000000", Starting, nil},
		{event(message.EventStreamIsRecorded, 1), "!stream is recorded", Starting, nil},
		{begin(1), "!stream begin", Starting, nil},
		{st1(start), isStatus(start) + "; !started", Streaming, nil},
		{video(40, 1), ">Video 40@1 [1701]", Streaming, nil},
		{eofOf(1), "!stream eof (ending)", Streaming, nil},
		{playStatus("NetStream.Play.Complete"), "!play status NetStream.Play.Complete (ending)", Streaming, nil},
		{st1(stopped), isStatus(stopped), Ended, eof},
	}},
	{"nginx-rtmp, a file that is not there", Config{Kind: Recorded}, []step{
		{connectOK, connectedTo + "2500000; Set Buffer Length 0 300", Creating, nil},
		{createdAs1, "!created; play#3@1 \"show\" 0; Set Buffer Length 1 36000000", Starting, nil},
		{on(1, command("onStatus", 0, amf.Null{}, described("NetStream.Play.StreamNotFound", "Video on demand stream not found"))),
			isStatus("NetStream.Play.StreamNotFound"), Ended,
			&StatusError{Call: "play", Code: "NetStream.Play.StreamNotFound", Level: "error", Description: "Video on demand stream not found"}},
	}},
	{"srs", Config{}, []step{
		{was(2_500_000), "", Connecting, nil},
		{spb(2_500_000, message.LimitDynamic), "", Connecting, nil},
		{scs(60000), "", Connecting, nil},
		{command("_result", 1, fields(&amf.Object{}), srsInfo()), connectedTo + "2500000" + subscribe, Creating, nil},
		{command("onBWDone", 0, amf.Null{}), "_checkbw#4", Creating, nil},
		{createdAs1, "!created; play#5@1 \"show\"; Set Buffer Length 1 36000000", Starting, nil},
		{begin(1), "!stream begin", Starting, nil},
		{st1(reset), isStatus(reset), Starting, nil},
		{st1(start), isStatus(start) + "; !started", Streaming, nil},
		{sampleAccess, "", Streaming, nil},
		{on(1, data(amf.String("onStatus"), onlyCode(dataStart))), isStatus(dataStart), Streaming, nil}, // SRS 5
		{metaData, gotMetaData, Streaming, nil},
		{video(0, 1), ">Video 0@1 [1701]", Streaming, nil},
	}},
	{"mediamtx", Config{}, []step{
		{was(2_500_000), "", Connecting, nil},
		{spb(2_500_000, message.LimitDynamic), "", Connecting, nil},
		{scs(65536), "", Connecting, nil},
		{connectOK, connectedTo + "2500000" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{event(message.EventStreamIsRecorded, 1), "!stream is recorded", Starting, nil},
		{begin(1), "!stream begin", Starting, nil},
		{on(1, command("onStatus", 4, amf.Null{}, info(reset, "status"))), isStatus(reset), Starting, nil}, // play's ID
		{on(1, command("onStatus", 4, amf.Null{}, info(start, "status"))), isStatus(start) + "; !started", Streaming, nil},
		{on(1, command("onStatus", 4, amf.Null{}, info(dataStart, "status"))), isStatus(dataStart), Streaming, nil},
		{on(1, command("onStatus", 4, amf.Null{}, info(notified, "status"))), isStatus(notified), Streaming, nil},
		{setDataFrame, gotMetaData, Streaming, nil},
		{audio(0, 1), ">Audio 0@1 [af01]", Streaming, nil},
	}},
	{"lal", Config{}, []step{
		{was(5_000_000), "", Connecting, nil},
		{scs(4096), "", Connecting, nil},
		{connectOK, connectedTo + "5000000" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{event(message.EventStreamIsRecorded, 1), "!stream is recorded", Starting, nil}, // though live
		{begin(1), "!stream begin", Starting, nil},
		{st1(start), isStatus(start) + "; !started", Streaming, nil},
		{video(0, 1), ">Video 0@1 [1701]", Streaming, nil},
		{video(5_000_000, 1), ">Video 5000000@1 [1701]", Streaming, nil},
	}},
	{"livego", Config{}, []step{
		{scs(1024), "", Connecting, nil},
		{connectOK, connectedTo + "2500000" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{on(1, event(message.EventStreamIsRecorded, 1)), "!stream is recorded", Starting, nil}, // control on stream 1
		{on(1, begin(1)), "!stream begin", Starting, nil},
		{st1(reset), isStatus(reset), Starting, nil},
		{st1(start), isStatus(start) + "; !started", Streaming, nil},
		{st1(dataStart), isStatus(dataStart), Streaming, nil},
		{st1(notified), isStatus(notified), Streaming, nil},
		{video(0, 1), ">Video 0@1 [1701]", Streaming, nil},
	}},
	{"yutopp", Config{}, []step{
		{was(2_147_483_647), "", Connecting, nil},
		{spb(2_147_483_647, message.LimitHard), "", Connecting, nil},
		{connectOK, connectedTo + "2147483647" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{st1(start), isStatus(start) + "; !started", Streaming, nil},
		{video(4294964324, 1), ">Video 4294964324@1 [1701]", Streaming, nil}, // negative time
		{video(40, 1), ">Video 40@1 [1701]", Streaming, nil},
	}},
	{"yutopp without a publisher", Config{}, []step{
		{connectOK, connectedTo + "2500000" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{on(1, statusOf("error", "NetStream.Play.Failed")), isStatus("NetStream.Play.Failed"), Ended,
			&StatusError{Call: "play", Code: "NetStream.Play.Failed", Level: "error"}},
	}},
	{"rtmp-go", Config{}, []step{
		{connectOK, connectedTo + "2500000" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{begin(1), "!stream begin", Starting, nil},
		{begin(1), "!stream begin", Starting, nil},
		{st1(start), isStatus(start) + "; !started", Streaming, nil},
		{audio(0, 1), ">Audio 0@1 [af01]", Streaming, nil},
	}},
	{"go2rtc, which answers the cautious opening alone", Config{Cautious: true}, []step{
		{scs(4096), "", Connecting, nil},
		{command("_result", 1, amf.Null{}, onlyCode("NetConnection.Connect.Success")), afterConnectCautious, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{command("onStatus", 0, amf.Null{}, onlyCode(start)), isStatus(start) + "; !started", Streaming, nil}, // stream 0, no level
		{setDataFrame, gotMetaData, Streaming, nil},
		{video(80, 1), ">Video 80@1 [1701]", Streaming, nil},
		{audio(40, 1), ">Audio 40@1 [af01]", Streaming, nil}, // back in time across the tracks
	}},
	{"node-media-server 2", Config{}, []step{
		{was(5_000_000), "", Connecting, nil},
		{spb(5_000_000, message.LimitDynamic), "", Connecting, nil},
		{scs(60000), "", Connecting, nil},
		{connectOK, connectedTo + "5000000" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{begin(1), "!stream begin", Starting, nil},
		{st1(reset), isStatus(reset), Starting, nil},
		{st1(start), isStatus(start) + "; !started", Streaming, nil},
		{on(0, sampleAccess), "", Streaming, nil}, // on stream 0
		{metaData, gotMetaData, Streaming, nil},
		{video(0, 1), ">Video 0@1 [1701]", Streaming, nil},
		{event(message.EventPingRequest, 30_000), "Ping Response 30000", Streaming, nil},
		{st1(unpublished), isEnding(unpublished), Streaming, nil},
	}},
	{"node-media-server 4, with media on stream 0", Config{}, []step{
		{was(5_000_000), "", Connecting, nil},
		{scs(65535), "", Connecting, nil},
		{connectOK, connectedTo + "5000000" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{st1(reset), isStatus(reset), Starting, nil},
		{st1(start), isStatus(start) + "; !started", Streaming, nil},
		{on(0, setDataFrame), ">Data 0@0 [02000a6f6e4d65746144617461]", Streaming, nil},
		{video(0, 0), ">Video 0@0 [1701]", Streaming, nil},
		{audio(0, 0), ">Audio 0@0 [af01]", Streaming, nil},
	}},
	{"crtmpserver", Config{}, []step{
		{was(2_500_000), "", Connecting, nil},
		{spb(2_500_000, message.LimitDynamic), "", Connecting, nil},
		{begin(0), "", Connecting, nil},
		{connectOK, connectedTo + "2500000" + subscribe, Creating, nil},
		{command("onBWDone", 0, amf.Null{}, amf.Number(8192)), "_checkbw#4", Creating, nil},
		{createdAs1, "!created; play#5@1 \"show\"; Set Buffer Length 1 36000000", Starting, nil},
		{command("onFCSubscribe", 0, amf.Null{}, info(start, "status")), "", Starting, nil},
		{command("_error", 4, amf.Null{}, info("NetConnection.Call.Failed", "error")), "!oddity: the server does not know _checkbw", Starting, nil},
		{st1(reset), isStatus(reset), Starting, nil},
		{st1(start), isStatus(start) + "; !started", Streaming, nil},
		{metaData, gotMetaData, Streaming, nil},
		{metaData, gotMetaData, Streaming, nil}, // its own and the publisher's
		{video(0, 1), ">Video 0@1 [1701]", Streaming, nil},
		{st1(unpublished), isEnding(unpublished), Streaming, nil},
		{st1(stopped), isEnding(stopped), Streaming, nil},
		{eofOf(1), "!stream eof (ending)", Streaming, nil},
	}},
	{"rtmpsrv, without the null before info", Config{}, []step{
		{connectOK, connectedTo + "2500000" + subscribe, Creating, nil},
		{createdAs1, created1, Starting, nil},
		{on(1, command("onStatus", 0, info(start, "status"))), isStatus(start) + "; !started", Streaming, nil},
		{eofOf(1), "!stream eof (ending)", Streaming, nil},
		{on(1, command("onStatus", 0, info(stopped, "status"))), isEnding(stopped), Streaming, nil},
	}},
	{"fms and wowza", Config{Token: tokenKey, Kind: Live}, []step{
		{was(2_500_000), "", Connecting, nil},
		{spb(2_500_000, message.LimitDynamic), "", Connecting, nil},
		{begin(0), "", Connecting, nil},
		{amf3(connectOK), connectedTo + "2500000" + subscribe, Creating, nil}, // no token asked for
		{command("onBWDone", 0, amf.Null{}), "_checkbw#4", Creating, nil},
		{command("_onbwcheck", 2, amf.Null{}, amf.String("10 KB of it")), "_result#2 0", Creating, nil},
		{createdAs1, "!created; play#5@1 \"show\" -1000; Set Buffer Length 1 36000000", Starting, nil},
		{command("_onbwdone", 0, amf.Null{}, amf.Number(1)), "", Starting, nil},
		{command("onFCSubscribe", 0, amf.Null{}, info(start, "status")), "", Starting, nil},
		{amf3(st1(reset)), isStatus(reset), Starting, nil},
		{amf3(st1(start)), isStatus(start) + "; !started", Streaming, nil},
		{sampleAccess, "", Streaming, nil},
		{on(1, data(amf.String("onStatus"), onlyCode(dataStart))), isStatus(dataStart), Streaming, nil},
		{&message.Message{Type: message.TypeVideo, StreamID: 1}, ">Video 0@1 []", Streaming, nil},
		{event(message.EventBufferReady, 1), "!buffer ready", Streaming, nil},
		{command("onFCUnsubscribe", 0, amf.Null{}, info(stopped, "status")), "!unsubscribed (ending)", Streaming, nil},
	}},
}

// publications are what servers say to a publisher, from connect to its parting.
var publications = []conversation{
	{"nginx-rtmp", Config{Role: Publish, ChunkSize: 4096}, []step{
		{was(5_000_000), "", Connecting, nil},
		{spb(5_000_000, message.LimitDynamic), "", Connecting, nil},
		{scs(4096), "", Connecting, nil},
		{connectOK, connectedTo + "5000000; Set Chunk Size 4096; " + claimed, Creating, nil},
		{command("_result", 4, amf.Null{}, amf.Number(1)), published1, Starting, nil}, // no answer to the two before
		{begin(1), "!stream begin", Starting, nil},
		{st1(publishStart), isStatus(publishStart) + "; !started", Streaming, nil},
		{control(message.Acknowledgement(5_000_000)), "", Streaming, nil},
		{event(message.EventPingRequest, 60_000), "Ping Response 60000", Streaming, nil},
		{nil, goodbye1, Leaving, nil},
		{eofOf(1), "!stream eof", Leaving, nil},
		{st1(unpublishSuccess), isStatus(unpublishSuccess), Ended, eof},
	}},
	{"nginx-rtmp, a name that is taken", Config{Role: Publish}, []step{
		{connectOK, connectedTo + "2500000; " + claimed, Creating, nil},
		{command("_result", 4, amf.Null{}, amf.Number(1)), published1, Starting, nil},
		{on(1, command("onStatus", 0, amf.Null{}, described("NetStream.Publish.BadName", "Already publishing"))),
			isStatus("NetStream.Publish.BadName"), Ended, &StatusError{Call: "publish", Code: "NetStream.Publish.BadName", Level: "error", Description: "Already publishing"}},
	}},
	{"srs", Config{Role: Publish}, []step{
		{was(2_500_000), "", Connecting, nil},
		{spb(2_500_000, message.LimitDynamic), "", Connecting, nil},
		{scs(60000), "", Connecting, nil},
		{command("_result", 1, fields(&amf.Object{}), srsInfo()), connectedTo + "2500000; " + claimed, Creating, nil},
		{command("onBWDone", 0, amf.Null{}), "_checkbw#5", Creating, nil},
		{command("_result", 2, amf.Null{}, amf.Undefined{}), "", Creating, nil},
		{command("_result", 3, amf.Null{}, amf.Undefined{}), "", Creating, nil},
		{command("_result", 4, amf.Null{}, amf.Number(1)), created1Publish(6), Starting, nil},
		{on(1, command("onFCPublish", 0, amf.Null{}, onlyCode(publishStart))), "", Starting, nil},
		{st1(publishStart), isStatus(publishStart) + "; !started", Streaming, nil},
		{nil, goodbye(7, 1), Leaving, nil},
		{on(1, command("onFCUnpublish", 0, amf.Null{}, onlyCode(unpublishSuccess))), "", Leaving, nil},
		{command("_result", 7, amf.Null{}, amf.Undefined{}), "", Leaving, nil},
		{st1(unpublishSuccess), isStatus(unpublishSuccess), Ended, eof},
	}},
	{"medooze, with a ping at once", Config{Role: Publish}, []step{
		{begin(0), "", Connecting, nil},
		{was(512_000), "", Connecting, nil},
		{spb(512_000, message.LimitDynamic), "", Connecting, nil},
		{scs(512), "", Connecting, nil},
		{event(message.EventPingRequest, 0), "Ping Response 0", Connecting, nil},
		{connectOK, connectedTo + "512000; " + claimed, Creating, nil},
		{command("_result", 4, amf.Null{}, amf.Number(1)), published1, Starting, nil},
		{command("onStatus", 5, amf.Null{}, onlyCode(publishStart)), isStatus(publishStart) + "; !started", Streaming, nil}, // stream 0, publish's ID
	}},
	{"crtmpserver", Config{Role: Publish}, []step{
		{was(2_500_000), "", Connecting, nil},
		{connectOK, connectedTo + "2500000; " + claimed, Creating, nil},
		{command("onBWDone", 0, amf.Null{}, amf.Number(8192)), "_checkbw#5", Creating, nil},
		{command("_error", 2, amf.Null{}, info("NetConnection.Call.Failed", "error")), "!oddity: the server does not know releaseStream", Creating, nil},
		{command("onFCPublish", 0, amf.Null{}, info(publishStart, "status")), "", Creating, nil},
		{command("_result", 4, amf.Null{}, amf.Number(1)), created1Publish(6), Starting, nil},
		{command("_error", 5, amf.Null{}, info("NetConnection.Call.Failed", "error")), "!oddity: the server does not know _checkbw", Starting, nil},
		{st1(publishStart), isStatus(publishStart) + "; !started", Streaming, nil},
		{nil, goodbye(7, 1), Leaving, nil},
		{command("_error", 7, amf.Null{}, info("NetConnection.Call.Failed", "error")), "", Leaving, nil}, // to FCUnpublish
	}},
	{"crtmpserver, a name that is taken", Config{Role: Publish}, []step{
		{connectOK, connectedTo + "2500000; " + claimed, Creating, nil},
		{command("_result", 4, amf.Null{}, amf.Number(1)), published1, Starting, nil},
		{command("onStatus", 6, amf.Null{}, info("NetStream.Publish.BadName", "error")), isStatus("NetStream.Publish.BadName"), Ended,
			&StatusError{Call: "publish", Code: "NetStream.Publish.BadName", Level: "error"}},
	}},
	{"yutopp, a name that is taken", Config{Role: Publish}, []step{
		{was(2_147_483_647), "", Connecting, nil},
		{connectOK, connectedTo + "2147483647; " + claimed, Creating, nil},
		{command("_result", 4, amf.Null{}, amf.Number(1)), published1, Starting, nil},
		{st1("NetStream.Publish.Failed"), isStatus("NetStream.Publish.Failed"), Ended,
			&StatusError{Call: "publish", Code: "NetStream.Publish.Failed", Level: "status"}},
	}},
	{"fms and wowza", Config{Role: Publish, Token: tokenKey}, []step{
		{was(2_500_000), "", Connecting, nil},
		{spb(2_500_000, message.LimitDynamic), "", Connecting, nil},
		{begin(0), "", Connecting, nil},
		{amf3(connectOK), connectedTo + "2500000; " + claimed, Creating, nil},
		{command("onBWDone", 0, amf.Null{}), "_checkbw#5", Creating, nil},
		{command("_result", 4, amf.Null{}, amf.Number(1)), created1Publish(6), Starting, nil},
		{command("onFCPublish", 0, amf.Null{}, info(publishStart, "status")), "", Starting, nil},
		{amf3(st1(publishStart)), isStatus(publishStart) + "; !started", Streaming, nil},
		{spb(1_000_000, message.LimitHard), "Window Acknowledgement Size 1000000", Streaming, nil},
		{command("onFCUnpublish", 0, amf.Null{}), "", Streaming, nil},
	}},
}

const (
	publishStart     = "NetStream.Publish.Start"
	unpublishSuccess = "NetStream.Unpublish.Success"
)

func created1Publish(id int) string {
	return fmt.Sprintf(`!created; publish#%d@1 "show" "live"`, id)
}

func goodbye(id, stream int) string {
	return fmt.Sprintf(`FCUnpublish#%d "show"; deleteStream#0 %d`, id, stream)
}

var published1, goodbye1 = created1Publish(5), goodbye(6, 1)

func TestServersOfPublishers(t *testing.T) {
	for _, c := range publications {
		t.Run(c.server, func(t *testing.T) { run(t, at(t, c.cfg, Connecting), c.steps) })
	}
}

func TestServers(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.server, func(t *testing.T) { run(t, at(t, c.cfg, Connecting), c.steps) })
	}
}

// srsInfo is SRS's answer to connect, with an object within the object.
func srsInfo() *amf.Object {
	o := info("NetConnection.Connect.Success", "status")
	more := &amf.Object{Kind: amf.ECMAArray}
	more.Set("srs_version", amf.String("5.0"))
	o.Set("data", more)
	return o
}

// amf3 wraps a command for type 17.
func amf3(m *message.Message) *message.Message {
	c := *m
	c.Type, c.Payload = message.TypeCommandAMF3, append([]byte{0}, m.Payload...)
	return &c
}
