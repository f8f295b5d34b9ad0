//go:build interop

package differential

// everywhere are the differences that may occur in any row.
var everywhere = []string{"R25", "round trip", "leave", "early progress"}

// ofLines are those that a line may come to, by what is in it, and that no row has.
var ofLines = []string{"R21 others", "-i no name", "-i escapes", "-i spaces", "-C unsaid", "help when quiet", "warned before"}

// expectations are by the name of what says in docs/differential.md why a difference
// is meant to be: R1 to R36 and S1 to S18 are rows of docs/rtmpdump.md.
var expectations = map[string][]expectation{
	"R25": {{
		area:   "sent",
		theirs: []string{`connect's audioCodecs: 3191`, `connect's videoCodecs: 252`, `connect's videoFunction: 1`},
		ours: []string{
			`connect's audioCodecs: 4095`, `connect's videoCodecs: 255`, `connect's videoFunction: 6`, `connect's objectEncoding: 0`,
			`connect's fourCcList: .*`, `connect's videoFourCcInfoMap: .*`, `connect's audioFourCcInfoMap: .*`, `connect's capsEx: \d+`,
		},
	}},
	"round trip": {{
		area:   "sent",
		theirs: []string{`3/0 createStream\(2, null\)`},
		ours:   []string{`3/0 createStream\(2, null\)`},
	}},
	"leave": {{
		area:   "sent",
		theirs: []string{`3/0 deleteStream\(\d+, null, \d+\)`},
		ours:   []string{`3/0 deleteStream\(0, null, \d+\)`},
	}},
	// Progress may be told before it is known how long the stream is.
	"early progress": {{area: "stderr", ours: []string{`\(progress\)`}, maybe: true}},

	// How it ends.
	"R1": {
		{area: "sent", theirs: []string{`8/7 pause\(\d+, null, (true|false), \d+\)`, `3/0 createStream\(\d+, null\)`}},
		{area: "stderr", theirs: []string{`INFO: \(text\)`, `Resuming download at: 0\.000 kB`, `ERROR: \(text\)`, progressLine}},
	},
	"R1 answered": {{area: "file", theirs: []string{`\d+ pictures`, `\d+ sounds`}, ours: []string{`\d+ pictures`, `\d+ sounds`}}},
	"R2": {
		{area: "status", theirs: []string{"0"}, ours: []string{"2"}},
		{area: "stderr", theirs: []string{"Download complete"}, ours: []string{incomplete}},
		{area: "stderr", theirs: []string{`\(hashes\)`}, maybe: true}, // depends on how fast it came
	},
	"R4": {
		{area: "status", theirs: []string{"2"}, ours: []string{"0"}},
		{area: "stderr", theirs: []string{incomplete}, ours: []string{"Download complete"}, maybe: true}, // not when quiet
	},
	"R7": {{
		area: "file", theirs: []string{"an empty file"},
		ours: []string{"an FLV with flags 1", "that begins at 0 ms", "1 pictures", "0 sounds"},
	}},
	"nothing came": {
		{area: "status", theirs: []string{"[02]"}, ours: []string{"1"}},
		{area: "stderr", theirs: []string{"Download complete|" + incomplete}},
		{area: "stderr", ours: []string{`ERROR: \(text\)`}, maybe: true}, // rtmpdump may have one as well
	},
	"no RTMP": {
		{area: "status", theirs: []string{"1"}, ours: []string{"3"}},
		{area: "sent", theirs: []string{"3/0 connect", "connect's .*"}, ours: []string{`\(a part of a handshake\)`}},
		{area: "stderr", theirs: []string{`WARNING: \(text\)`, `INFO: Connected\.\.\.`}},
	},
	"openings": {
		{area: "sent", ours: []string{"-- again --"}},
		{area: "sent", theirs: []string{"3/0 connect|connect's .*"}, ours: []string{"3/0 connect|connect's .*", `\(a part of a handshake\)`}, maybe: true},
		{area: "stderr", ours: []string{`WARNING: \(text\)`}},
	},

	"taken up": {
		{area: "status", theirs: []string{"2"}, ours: []string{"0"}},
		{area: "sent", ours: []string{"-- again --", playLine}},
		{area: "sent", theirs: []string{"2/0 .*"}, ours: []string{"3/0 connect", "connect's .*", "2/0 .*"}, maybe: true},
		{area: "stderr", theirs: []string{`ERROR: \(text\)`, incomplete}, ours: []string{`WARNING: \(text\)`, `INFO: \(text\)`, "Download complete"}},
		{area: "stderr", theirs: []string{progressLine}, ours: []string{progressLine}, maybe: true},
		{area: "file", theirs: []string{`\d+ pictures`, `\d+ sounds`}, ours: []string{`\d+ pictures`, `\d+ sounds`}},
	},

	// What is said.
	"last progress": {{area: "stderr", theirs: []string{progressLine}}},
	"live percent":  {{area: "stderr", theirs: []string{`\(progress, in percent\)`}, ours: []string{`\(progress\)`}}, {area: "stderr", theirs: []string{`\(hashes\)`}, maybe: true}},
	"interrupted":   {{area: "stderr", theirs: []string{`ERROR: \(text\)`}, maybe: true}},
	"broken pipe":   {{area: "stderr", theirs: []string{`Caught signal: 0, cleaning up, just a second\.\.\.`}}},
	"cannot open":   {{area: "stderr", theirs: []string{`Failed to open file! .*`}, ours: []string{`ERROR: \(text\)`}}},
	"bare words":    {{area: "stderr", ours: []string{`WARNING: \(text\)`}}},
	"profile":       {{area: "stderr", ours: []string{`INFO:   profile +`, `INFO:   level +`}}},
	"resume line": {
		{area: "stderr", ours: []string{`INFO: \(text\)`}},
		{area: "stderr", ours: []string{progressLine}, maybe: true}, // before it goes on
	},
	"resume all":    {{area: "stderr", theirs: []string{`Resuming download at: 0\.000 kB / 0\.000 sec \(0\.0%\)`}, ours: []string{`Resuming download at: 0\.000 kB`}}},
	"realtime line": {{area: "stderr", theirs: []string{`  in approximately realtime \(disabled BUFX speedup hack\)`}}},
	"SWF not asked": {{area: "stderr", theirs: []string{`ERROR: \(text\)`}}},
	"wrong usage":   {{area: "stderr", theirs: []string{`rtmpdump: .*`, `unknown option: \?`}, ours: []string{`ERROR: \(text\)`}}},
	"help with it":  {{area: "stderr", ours: []string{`\(help\)`}}},
	"one complaint": {{area: "stderr", theirs: []string{`WARNING: \(text\)`, `ERROR: \(text\)`}}},
	"-q behind --":  {{area: "stderr", ours: []string{".*"}}},

	// What is recorded.
	"R5": {
		{area: "file", theirs: []string{"an FLV with flags [01]"}, ours: []string{"an FLV with flags 5"}},
	},
	"R26": {{area: "file", theirs: []string{`that begins at \d+ ms`}, ours: []string{"that begins at 0 ms"}}},
	"where it begins": {
		{area: "sent", ours: []string{"-- again --"}},
		{area: "sent", ours: []string{"3/0 connect", "connect's .*", "2/0 .*", `8/1 play\(3, null, "bars.flv", 0\)`, `\(a part of a handshake\)`}, maybe: true},
		{area: "stderr", ours: []string{`WARNING: \(text\)`}, maybe: true}, // not where it begins as asked
		{area: "file", theirs: []string{`\d+ (pictures|sounds)`}, ours: []string{`\d+ (pictures|sounds)`, "packet 0 .*"}, maybe: true},
	},
	"stop": {{area: "file", theirs: []string{`\d+ pictures`, `\d+ sounds`}, ours: []string{`\d+ pictures`, `\d+ sounds`}}},
	"stop live": {
		{area: "sent", theirs: []string{`8/\d play\(\d, null, ".*", -1000, \d+\)`}, ours: []string{`8/\d play\(\d, null, ".*", -1000\)`}},
		{area: "file", theirs: []string{`\d+ (pictures|sounds)`}, ours: []string{`\d+ (pictures|sounds)`}, maybe: true},
	},
	"R8": {
		{area: "stderr", theirs: []string{`Starting download at: 0\.000 kB / 0\.000 sec \(0\.0%\)`}, ours: []string{`Resuming download at: 0\.000 kB / 0\.000 sec \(0\.0%\)`, `INFO: \(text\)`}},
		{area: "file", theirs: []string{"which is damaged", "that begins at 1 ms"}, ours: []string{"that begins at 0 ms"}},
	},
	"R9": append(does("1"), expectation{area: "stderr", theirs: []string{`ERROR: \(text\)`}, maybe: true}, // not for an empty file
		expectation{area: "file", theirs: []string{".*"}, ours: []string{".*"}}),
	"R10": {
		{area: "sent", theirs: []string{playLine}, ours: []string{playLine}},
		{area: "status", theirs: []string{"1"}, ours: []string{"0"}},
		{area: "stderr", theirs: []string{`WARNING: \(text\)`}, maybe: true},
		{area: "stderr", theirs: []string{`Couldn't resume FLV file, try --skip 0`}, ours: []string{"Download complete"}},
		{area: "file", theirs: []string{`\d+ (pictures|sounds)`}, ours: []string{`\d+ (pictures|sounds)`}, maybe: true}, // not if it was all there
	},
	"further back": {
		{area: "sent", theirs: []string{playLine}, ours: []string{playLine}},
		{area: "stderr", theirs: []string{`WARNING: \(text\)`}, maybe: true},
	},

	// What is not done, or done where rtmpdump does not.
	"R27":         {{area: "file", theirs: []string{`beside it \.swfinfo`}}, {area: "file", ours: []string{`beside it \.cache`}, maybe: true}}, // not without a home
	"SWF missing": {{area: "stderr", theirs: []string{`ERROR: \(text\)`}, ours: []string{`WARNING: \(text\)`}}},
	"S1":          append(refuses("2", "3"), expectation{area: "file", theirs: []string{".*"}, ours: []string{"an empty file"}}),
	"S2":          append(refuses("0", "3"), expectation{area: "sent", theirs: []string{`\(a handshake of type 6\)`}, ours: []string{`\(a part of a handshake\)`}}, expectation{area: "file", theirs: []string{".*"}, ours: []string{"an empty file"}}),
	"S6":          append(does("-1"), expectation{area: "file", theirs: []string{"an empty file"}, ours: []string{".*"}}),
	"R22":         append(does("1"), expectation{area: "stderr", theirs: []string{`ERROR: \(text\)`}}, expectation{area: "file", theirs: []string{"an empty file"}, ours: []string{".*"}}),
	"-C open":     strict("0"),
	"-i words":    strict("0"),
	"R29":         strict("0"),
	"rtmfp": {
		{area: "sent", theirs: []string{".*"}},
		{area: "stderr", theirs: []string{`Connecting \.\.\.`, `INFO: Connected\.\.\.`}},
		{area: "file", theirs: []string{"an empty file"}, ours: []string{"no file"}},
	},
	"R30": strict("0"),
	"R31": append(strict("[023]"), expectation{area: "stderr", ours: []string{`\(help\)`}, maybe: true}),
	"R31 port": {
		{area: "status", theirs: []string{"3"}, ours: []string{"1"}},
		{area: "stderr", theirs: []string{`Connecting \.\.\.`}},
		{area: "stderr", theirs: []string{`WARNING: \(text\)`}, ours: []string{`\(help\)`}, maybe: true},
		{area: "file", theirs: []string{"an empty file"}, ours: []string{"no file"}},
	},
	"R18": {
		{area: "status", theirs: []string{"3"}, ours: []string{"1"}},
		{area: "stderr", ours: []string{`INFO: Connected\.\.\.`}},
	},
	"query": {{
		area:   "sent",
		theirs: []string{`connect's app: ".*\?.*"`, `connect's tcUrl: ".*\?.*"`, playLine},
		ours:   []string{`connect's app: "[^?]*"`, `connect's tcUrl: "[^?]*"`, playLine},
	}},
	"R21 flashVer": {{area: "sent", ours: []string{`connect's flashVer: "LNX 10,0,32,18"`}}},
	"R21 buffer": {{
		area: "sent", theirs: []string{`2/0 Set Buffer Length \d 36000000`}, ours: []string{`2/0 Set Buffer Length \d \d+`},
	}, {area: "stderr", ours: []string{`For duration: 0\.000 sec`}}},
	"R21 live": {{area: "stderr", theirs: []string{`Starting download at: 0\.000 kB`}, ours: []string{"Starting Live Stream"}}},
	"R21": {{
		area:   "sent",
		theirs: []string{`connect's app: "app"`, `connect's tcUrl: .*`, `8/7 play\(3, null, "show", 0\)`},
		ours: []string{`connect's app: "mine"`, `connect's tcUrl: .*`, `connect's flashVer: "X"`, `3/0 FCSubscribe\(3, null, "path"\)`,
			`8/7 play\(4, null, "path", -1000\)`},
	}},
	"R21 others": {{
		area:   "sent",
		theirs: []string{`connect's (app|tcUrl|pageUrl|swfUrl|flashVer|arguments): .*`, playLine, `3/0 (FCSubscribe|NetStream\.Authenticate).*`, "2/0 Set Buffer Length 7 .*"},
		ours:   []string{`connect's (app|tcUrl|pageUrl|swfUrl|flashVer|arguments): .*`, `3/0 (FCSubscribe|NetStream\.Authenticate).*`, playLine, "2/0 Set Buffer Length 7 .*"},
	}, {area: "stderr", ours: []string{"Starting Live Stream", `For duration: .*`}, theirs: []string{`Starting download at: 0\.000 kB`}}},
	"-i no name": append(strict("[01]"), expectation{area: "sent", ours: []string{playLine}, maybe: true}),
	"-i escapes": strict("[01]"),
	"-i spaces":  append(does("1"), expectation{area: "file", theirs: []string{"no file"}, ours: []string{".*"}}),
	"-C unsaid": {
		{area: "stderr", ours: []string{`ERROR: \(text\)`}},
		{area: "stderr", theirs: []string{`ERROR: \(text\)`}, maybe: true}, // a -q behind it counts here
	},
	"warned before":   {{area: "stderr", ours: []string{`WARNING: \(text\)`}}},
	"help when quiet": {{area: "stderr", ours: []string{`\(help\)`}}},
	"set_playlist": {{
		area:   "sent",
		theirs: []string{`8/7 set_playlist\(0, .*`, playLine},
		ours:   []string{`8/7 set_playlist\(\d, .*`, playLine},
	}},
	"already": {
		{area: "status", theirs: []string{"1"}, ours: []string{"0"}, maybe: true}, // with -i it plays nothing
		{area: "sent", theirs: []string{"2/0 .*", playLine, "3/0 .*", "8/. .*"}, maybe: true},
		{area: "stderr", theirs: []string{".*"}, ours: []string{"Already Completed", `ERROR: \(text\)`}, maybe: true},
		{area: "sent", theirs: []string{"3/0 connect", "connect's .*"}},
		{area: "stderr", theirs: []string{`Connecting \.\.\.`, `INFO: Connected\.\.\.`, "Download complete"}},
		{area: "file", theirs: []string{"an empty file"}, ours: []string{"no file"}},
	},
	"beyond": {{area: "file", theirs: []string{"an FLV with flags 0", "and nothing in it"}, ours: []string{"an empty file"}}},
}

const (
	incomplete   = `Download may be incomplete \(downloaded about 0\.00%\), try resuming`
	playLine     = `8/\d play\(.*`
	progressLine = `\(progress\)|\(progress, in percent\)`
)

// strict is what rtmpdump does and rtmpull refuses to, before it connects.
func strict(status string) []expectation {
	return append(refuses(status, "1"),
		expectation{area: "sent", theirs: []string{"3/0 connect", "connect's .*", playLine}},
		expectation{area: "file", theirs: []string{"an FLV with flags 5", `\d+ pictures`, `\d+ sounds`, "that begins at 0 ms"}, ours: []string{"no file"}},
		expectation{area: "file", theirs: []string{"an empty file"}, maybe: true}) // where it is not played
}

// refuses is what rtmpdump goes through with, and rtmpull does not. Of what is said
// there may be as much on either side.
func refuses(theirs, ours string) []expectation {
	return []expectation{
		{area: "status", theirs: []string{theirs}, ours: []string{ours}},
		{area: "sent", theirs: []string{".*"}, maybe: true},
		{area: "stderr", theirs: []string{".*"}},
		{area: "stderr", ours: []string{`ERROR: \(text\)`, `\(help\)`}, maybe: true},
	}
}

// does is what rtmpull goes through with, and rtmpdump does not.
func does(theirs string) []expectation {
	return []expectation{
		{area: "status", theirs: []string{theirs}, ours: []string{"0"}},
		{area: "sent", ours: []string{".*"}},
		{area: "stderr", ours: []string{".*"}},
	}
}
