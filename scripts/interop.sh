#!/usr/bin/env bash
# Runs the tests against real peers, and only these: those in files of the build
# tag interop. What else is in their packages is `go test ./...` again, which has
# run. Arguments are given to go test.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t files < <(grep -rl --include='*_test.go' '^//go:build interop' cmd pkg)
mapfile -t packages < <(printf './%s\n' "${files[@]%/*}" | sort -u)
names=$(sed -n 's/^func \(Test[[:alnum:]_]*\)(t \*testing\.T).*/\1/p' "${files[@]}" | sort -u | paste -sd '|')
[ -n "$names" ] || { echo 'interop: there are no such tests' >&2; exit 1; }
# They mostly wait, so more of them may run than there are processors. The program that
# they build and run is no input that go test knows of, so nothing is taken from its cache.
exec go test -tags interop -count=1 -parallel 8 -run "^($names)\$" "$@" "${packages[@]}"
