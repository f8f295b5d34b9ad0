// Package interop holds the tests of the built program against other people's:
// servers that it records from or publishes to, players of what it publishes,
// and the tools that read what it writes. They are behind the build tag interop;
// `make interop` runs them.
package interop
