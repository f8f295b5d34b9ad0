module github.com/rtmpull/rtmpull

go 1.26

require github.com/yutopp/go-flv v0.3.1

require (
	github.com/yutopp/go-amf0 v0.1.0 // indirect
	go.uber.org/goleak v1.3.0 // indirect
)
