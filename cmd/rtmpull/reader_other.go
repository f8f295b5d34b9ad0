//go:build !unix

package main

import (
	"context"
	"os"
)

// whileRead returns a context that ends when the reader of a pipe has gone, where that
// can be found out without a write.
func whileRead(parent context.Context, _ *os.File) (ctx context.Context, stop func()) {
	return parent, func() {}
}

// isClosed tells whether standard output was closed when we began, where that can be
// found out.
func isClosed(*os.File) bool { return false }
