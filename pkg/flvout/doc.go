// Package flvout writes what a stream sends as FLV files, and reads, inspects and
// mends them.
//
// Tags go from one Sink to the next. A Splicer takes them as a server sent them:
// it begins at a key frame, mends the clock, and leaves out what comes twice. A
// Rotator cuts what it is given into a row of files. A File is one of these on
// disk, which is completed on Close; a Writer writes to a pipe or any io.Writer.
// ResumeOptions take up a File that was broken off.
//
// A Scanner reads the tags of a file that is sound, a Salvager those of one that
// is not. An Inspector measures a stream or a file; Inspect and InspectFile do so
// for a whole one. Repair mends a file, Recover what a recording left behind.
// Classify tells what a tag is, for legacy and Enhanced RTMP alike.
//
// The bodies of audio and video tags are the payloads of RTMP messages, byte for
// byte, but for one thing: a Splicer that gives a frame a later timestamp lowers
// its composition time by as much. The package has no clock and no goroutine: how
// long to wait, and for whom, is the caller's to decide.
package flvout
