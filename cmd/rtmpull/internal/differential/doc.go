// Package differential holds the tests that run the same command lines with
// Debian's rtmpdump and with rtmpull called by that name, against the same
// servers, and compare what a server, a script and a user notice: the messages
// that were sent, the exit status, what was written to stderr, and the file. What
// differs on purpose is written down, with the row of docs/rtmpdump.md that says
// why. They are behind the build tag interop; scripts/differential.sh prints the
// table of docs/differential.md.
package differential
