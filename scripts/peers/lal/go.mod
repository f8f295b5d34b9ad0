// A module of its own, so that lal's requirements stay out of rtmpull's.
module github.com/rtmpull/rtmpull/scripts/peers/lal

go 1.24

require github.com/q191201771/lal v0.37.4

require github.com/q191201771/naza v0.30.48 // indirect
