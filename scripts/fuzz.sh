#!/usr/bin/env bash
# Runs each fuzz target of each package in turn: scripts/fuzz.sh [time each].
# go test takes one target at a time, so they are listed first.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-20s}
targets=()
names=()
list=$(go test -list '^Fuzz' ./...)
# -list prints a package's targets, then "ok <package> <time>".
while read -r first second _; do
	case $first in
	Fuzz*) names+=("$first") ;;
	ok)
		for name in "${names[@]}"; do targets+=("$second $name"); done
		names=()
		;;
	esac
done <<<"$list"

((${#targets[@]} > 0)) || { echo 'fuzz: no targets' >&2; exit 1; }
for target in "${targets[@]}"; do
	read -r package name <<<"$target"
	echo "fuzz: $name in $package for $time"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$package"
done
