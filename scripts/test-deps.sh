#!/usr/bin/env bash
# Installs what the tests need, as far as it is missing: the peers that rtmpull
# is tested against, from Debian packages, npm and the Go module proxy. What is
# not Debian's goes into build/peers. When everything is there, it says nothing
# and takes a fraction of a second.
#
# A test never skips because its peer is missing, so this script does not
# either: if something is missing in the end, it says what, and exits 1.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly peers=build/peers
# nginx lives in sbin, which is not in everybody's PATH.
PATH=$PATH:/usr/sbin:/sbin

say() { printf 'test-deps: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }
has() { command -v "$1" >/dev/null; }
gst() { has gst-inspect-1.0 && gst-inspect-1.0 --exists "$1"; }

# Each line is a Debian package and the test that tells that it is there. The
# tests look for what is used, not for the package: it may have come otherwise.
readonly packages='
ffmpeg                   has ffmpeg && has ffprobe
flvmeta                  has flvmeta
gstreamer1.0-tools       has gst-launch-1.0
gstreamer1.0-plugins-base gst videotestsrc
gstreamer1.0-plugins-good gst flvdemux
gstreamer1.0-plugins-bad gst rtmp2src
iproute2                 has ip
nftables                 has nft
microsocks               has microsocks
nginx-light              has nginx
libnginx-mod-rtmp        test -e /usr/lib/nginx/modules/ngx_rtmp_module.so
libnginx-mod-stream      test -e /usr/lib/nginx/modules/ngx_stream_module.so
nodejs                   has node
npm                      has npm
rtmpdump                 has rtmpdump
tinyproxy-bin            has tinyproxy
yamdi                    has yamdi
yt-dlp                   has yt-dlp
'

readonly policy=/usr/sbin/policy-rc.d # asked by Debian before it starts a service
root=(env)
((EUID == 0)) || root=(sudo -n)

missing_packages() {
	local package check
	while read -r package check; do
		[[ -z $package ]] || eval "$check" || echo "$package"
	done <<<"$packages"
}

install_packages() {
	if ! has apt-get || ! "${root[@]}" true 2>/dev/null; then
		say "missing, and not mine to install: $*"
		say "install with: sudo apt-get update && sudo apt-get install --no-install-recommends $*"
		say "(names of Debian 12; node-media-server and lal are fetched into $peers when you run this again)"
		exit 1
	fi

	say "installing $*"
	# A test's dependency must not start a web server on this machine.
	if [[ ! -e $policy ]]; then
		trap '"${root[@]}" rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
		"${root[@]}" chmod +x "$policy"
	fi
	local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
	"${apt[@]}" update >&2 || say "apt-get update failed; trying with the lists that are there"
	"${apt[@]}" install -y --no-install-recommends "$@" >&2 || die "apt-get could not install $*"
}

# install_npm fetches one version of node-media-server. The lock file beside
# the result is written last, so that half an installation is done again.
install_npm() {
	local name=$1 dir=$peers/$1
	! cmp -s "scripts/peers/$name/package-lock.json" "$dir/installed.json" || return 0
	say "fetching node-media-server into $dir"
	rm -rf "$dir"
	mkdir -p "$dir"
	cp "scripts/peers/$name"/package{,-lock}.json "$dir"
	npm ci --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 ||
		die "npm could not install $name (see scripts/peers/$name/package.json)"
	cp "$dir/package-lock.json" "$dir/installed.json"
}

install_lal() {
	local dir=$peers/lal
	[[ ! -x $dir/lalserver ]] || ! cmp -s scripts/peers/lal/go.sum "$dir/installed.sum" || return 0
	say "building lal into $dir"
	rm -rf "$dir"
	mkdir -p "$dir"
	# -mod=readonly: go.sum says what lal is, here and on every machine.
	GOFLAGS=-mod=readonly go build -C scripts/peers/lal -trimpath -o "$PWD/$dir/lalserver" \
		github.com/q191201771/lal/app/lalserver >&2 || die "go could not build lal (see scripts/peers/lal/go.mod)"
	cp scripts/peers/lal/go.sum "$dir/installed.sum"
}

has go || die "missing: go (https://go.dev/dl); its version is in go.mod"

# Two runs at once would get into each other's way.
mkdir -p "$peers"
if has flock; then
	exec 9>"$peers/.lock"
	flock 9
fi

mapfile -t missing < <(missing_packages)
if ((${#missing[@]} > 0)); then
	install_packages "${missing[@]}"
	mapfile -t missing < <(missing_packages)
	((${#missing[@]} == 0)) || die "installed, yet still missing: ${missing[*]}"
fi
install_npm nms4
install_npm nms2
install_lal
