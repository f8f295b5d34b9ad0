#!/usr/bin/env bash
# Installs bin/rtmpull, or the program that is given, its manual and what completes its
# flags in shells, below $DESTDIR$PREFIX, for everybody to read.
set -euo pipefail
program=${1-$(dirname "$0")/../bin/rtmpull}
to=${DESTDIR-}${PREFIX-/usr/local}
umask 022

mkdir -p "$to"/bin "$to"/share/{man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
install -m 755 "$program" "$to/bin/rtmpull"
rtmpull=$to/bin/rtmpull
"$rtmpull" man --dir "$to/share/man/man1"
"$rtmpull" completion bash >"$to/share/bash-completion/completions/rtmpull"
"$rtmpull" completion zsh >"$to/share/zsh/site-functions/_rtmpull"
"$rtmpull" completion fish >"$to/share/fish/vendor_completions.d/rtmpull.fish"
