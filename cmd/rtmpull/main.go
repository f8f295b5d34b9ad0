// Rtmpull pulls RTMP streams and writes them as FLV, to a file or to standard
// output.
package main

import "os"

// version is set by the linker.
var version = "devel"

func main() {
	os.Exit(run(&environment{
		program: os.Args[0],
		args:    os.Args[1:],
		stdout:  os.Stdout,
		stderr:  os.Stderr,
		getenv:  os.Getenv,
		version: version,
	}))
}
