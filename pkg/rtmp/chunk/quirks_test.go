package chunk

import (
	"testing"
)

func TestReaderQuirks(t *testing.T) {
	for _, s := range quirks {
		t.Run(s.name, s.run)
	}
}

// quirks is what servers and encoders really send.
var quirks = []script{
	{name: "yutopp interleaves audio and video and stays at 128", bytes: `
		06 FFFFFF 000101 09 01000000 FFFFF554 AA*128   # before the epoch: -2732 ms
		05 FFFFFF 000081 08 01000000 FFFFF560 BB*128
		C6 AA*128     # and never an extended timestamp here
		C5 BB
		C6 AA
		06 00000A 000081 09 01000000 CC*128
		05 000014 000001 08 01000000 DD
		C6 CC
		`, want: []string{
		"5:8 @4294964576/1 (BB*129)",
		"6:9 @4294964564/1 (AA*257)",
		"5:8 @20/1 DD",
		"6:9 @10/1 (CC*129)",
	}},
	{name: "go2rtc uses one chunk stream and format 0", bytes: `
		02 000000 000004 01 00000000 00001000
		04 000000 000003 12 01000000 020000
		04 000000 000007 08 01000000 AF001210000000
		04 000000 000004 09 01000000 17000000
		04 000028 000004 09 01000000 27010000
		04 000017 000003 08 01000000 AF0121   # back in time
		`, want: []string{
		"2:1 @0/0 00001000",
		"4:18 @0/1 020000",
		"4:8 @0/1 AF001210000000",
		"4:9 @0/1 17000000",
		"4:9 @40/1 27010000",
		"4:8 @23/1 AF0121",
	}},
	{name: "mediamtx begins messages with formats 1, 2 and 3", bytes: `
		02 000000 000004 05 00000000 002625A0
		42 000000 000005 06          002625A002
		42 000000 000004 01          00010000
		05 000000 000003 14 01000000 020000
		85 000000                    020001
		C5                           020002
		C2                           00010000
		`, want: []string{
		"2:5 @0/0 002625A0",
		"2:6 @0/0 002625A002",
		"2:1 @0/0 00010000",
		"5:20 @0/1 020000",
		"5:20 @0/1 020001",
		"5:20 @0/1 020002",
		"2:1 @0/0 00010000",
	}},
	{name: "gortmplib fills the extended timestamp with zeros", bytes: `
		06 FFFFFF 000101 09 01000000 01000000 AA*128
		C6 00000000 AA*128
		C6 00000000 AA
		46 000028 000081 09 BB*128 C6 BB
		`, want: []string{
		"6:9 @16777216/1 (AA*257)",
		"6:9 @16777256/1 (BB*129)",
	}},
	{name: "gortmplib, in the last chunk", bytes: `
		06 FFFFFF 000081 09 01000000 01000000 AA*128
		C6 00000000 AA
		06 FFFFFF 000081 09 01000000 01000028 BB*128
		C6 00000000 BB
		`, want: []string{
		"6:9 @16777216/1 (AA*129)",
		"6:9 @16777256/1 (BB*129)",
	}},
	{name: "lal, nms and SRS repeat the extended timestamp", bytes: `
		06 FFFFFF 000101 09 01000000 01000000 AA*128
		C6 01000000 AA*128
		04 FFFFFF 000002 08 01000000 01000001 CCCC
		C6 01000000 AA
		`, want: []string{
		"4:8 @16777217/1 CCCC",
		"6:9 @16777216/1 (AA*257)",
	}},
	{name: "old FFmpeg omits the extended timestamp", bytes: `
		06 FFFFFF 000101 09 01000000 01000000 AA*128
		C6 AA*128
		C6 AA
		06 FFFFFF 000081 09 01000000 01000028 BB*128
		C6 BB
		06 FFFFFF 000081 09 01000000 01000050 00*128
		C6 00
		`, want: []string{
		"6:9 @16777216/1 (AA*257)",
		"6:9 @16777256/1 (BB*129)",
		"6:9 @16777296/1 (00*129)",
	}},
	{name: "old FFmpeg, zeros where the timestamp might be", bytes: `
		06 FFFFFF 000101 09 01000000 01000000 00*128
		C6 00*128
		C6 00
		`, want: []string{
		"6:9 @16777216/1 (00*257)",
	}},
	{name: "old FFmpeg, in the last chunk, audio next", bytes: `
		04 000000 000001 08 01000000 CC
		06 FFFFFF 0000A0 09 01000000 01000000 AA*128
		C6 AA*32
		04 FFFFFF 000001 08 01000000 01000001 CC
		`, want: []string{
		"4:8 @0/1 CC",
		"6:9 @16777216/1 (AA*160)",
		"4:8 @16777217/1 CC",
	}},
	{name: "old FFmpeg repeats the extended timestamp where a message begins", bytes: `
		06 FFFFFF 000004 09 01000000 01000000 AAAAAAAA
		86 FFFFFF                    01000000 BBBBBBBB   # as a delta
		C6                           01000000 CCCCCCCC
		06 FFFFFF 000101 09 01000000 03000000 AA*128
		C6 AA*128
		C6 AA
		`, want: []string{
		"6:9 @16777216/1 AAAAAAAA",
		"6:9 @33554432/1 BBBBBBBB",
		"6:9 @50331648/1 CCCCCCCC",
		"6:9 @50331648/1 (AA*257)",
	}},
	{name: "librtmp omits the extended timestamp where the time is the same", bytes: `
		04 FFFFFF 000001 08 01000000 01000000 DD
		06 FFFFFF 000081 09 01000000 01000000 AA*128
		C6 01000000 AA
		C6 BB*128        # 4.66 h are not added
		C6 01000000 BB
		04 FFFFFF 000001 08 01000000 01000017 DD
		`, want: []string{
		"4:8 @16777216/1 DD",
		"6:9 @16777216/1 (AA*129)",
		"6:9 @16777216/1 (BB*129)",
		"4:8 @16777239/1 DD",
	}},
	{name: "nginx-rtmp steps back by a delta of 2^32-n", bytes: `
		06 0003E8 000001 09 01000000 AA
		46 FFFFFF 000001 09          FFFFFFD8 BB   # - 40
		86 000050                    CC
		86 FFFFFF                    FFFFFFD8 DD
		C6                           FFFFFFD8 EE
		`, want: []string{
		"6:9 @1000/1 AA",
		"6:9 @960/1 BB",
		"6:9 @1040/1 CC",
		"6:9 @1000/1 DD",
		"6:9 @960/1 EE",
	}},
	{name: "FMLE counts on format 3 adding the timestamp", bytes: `
		04 00001A 000001 08 01000000 AA
		C4 BB
		C4 CC
		`, want: []string{"4:8 @26/1 AA", "4:8 @52/1 BB", "4:8 @78/1 CC"}},
	{name: "librtmp begins the control stream with format 1", bytes: `
		42 000000 000006 04 00070000000A
		42 000000 00000A 04 00030000000100000BB8
		`, want: []string{"2:4 @0/0 00070000000A", "2:4 @0/0 00030000000100000BB8"}},
	{name: "crtmpserver sets a chunk size of 4194304", bytes: `
		02 000000 000004 01 00000000 00400000
		15 000000 011170 09 01000000 AA*70000
		14 000000 000001 08 01000000 BB
		D4 CC
		`, want: []string{
		"2:1 @0/0 00400000",
		"21:9 @0/1 (AA*70000)",
		"20:8 @0/1 BB",
		"20:8 @0/1 CC",
	}},
	{name: "nms4 has media on message stream 0", bytes: `
		06 000000 000001 09 00000000 AA
		46 000028 000001 09          BB
		`, want: []string{"6:9 @0/0 AA", "6:9 @40/0 BB"}},
	{name: "rtmp-go wraps at 24 bits", bytes: `
		06 FFFFF0 000001 09 01000000 AA
		06 000018 000001 09 01000000 BB
		`, want: []string{"6:9 @16777200/1 AA", "6:9 @24/1 BB"}},
}
