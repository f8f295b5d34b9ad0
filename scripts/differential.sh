#!/usr/bin/env bash
# Runs the same command lines with Debian's rtmpdump and with rtmpull called by that
# name, against the same servers, and prints the table of docs/differential.md; fails
# if anything differs that is not meant to. -doc docs/differential.md puts the table
# into its page. Other arguments are given to go test.
set -euo pipefail
cd "$(dirname "$0")/.."
# nginx lives in sbin, which is not in everybody's PATH.
PATH=$PATH:/usr/sbin:/sbin

doc=
if [[ ${1-} == -doc ]]; then
	doc=$2
	shift 2
fi
table=$(mktemp)
trap 'rm -f "$table" "$table.new"' EXIT
DIFFERENTIAL=$table go test -tags interop -count=1 -parallel 8 -run '^TestDifferential$' "$@" ./cmd/rtmpull/internal/differential >&2
if [[ -z $doc ]]; then
	cat "$table"
	exit
fi
begin='<!-- made by scripts/differential.sh -->' end='<!-- end -->'
grep -qxF -e "$begin" "$doc" && grep -qxF -e "$end" "$doc" || { echo "differential: $doc has no lines for the table" >&2; exit 1; }
awk -v table="$table" -v begin="$begin" -v end="$end" '
	$0 == end { within = 0 }
	!within { print }
	$0 == begin { while ((getline line < table) > 0) print line; within = 1 }
' "$doc" >"$table.new"
cat "$table.new" >"$doc"
