//go:build tools

// Package lal keeps lal's requirements in go.mod: the command that is built is
// a main package, which cannot be imported.
package lal

import _ "github.com/q191201771/lal/pkg/logic"
