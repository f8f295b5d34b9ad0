module github.com/rtmpull/rtmpull

go 1.26
