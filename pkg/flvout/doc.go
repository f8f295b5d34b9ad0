// Package flvout writes what a stream sends as FLV files, and reads them.
//
// A Writer writes to a pipe or any io.Writer, a File to a file on disk that is
// completed on Close, a Rotator to a row of such files, and a Scanner reads the
// tags of any. Classify tells what a tag is, for legacy and Enhanced RTMP alike.
//
// The bodies of audio and video tags are the payloads of RTMP messages, byte for
// byte; they are looked at and never changed. The package has no clock and no
// goroutine: how long to wait, and for whom, is the caller's to decide.
package flvout
