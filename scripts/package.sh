#!/usr/bin/env bash
# Makes a package for Debian 12 and a tarball of the same: the program, its manual, completions for bash, zsh and fish, units
# for systemd, and what is to be read. From the same commit and program they are the same, byte for byte.
#
#     scripts/package.sh [--output DIR] [--binary PATH --checkouts DIR] [--quick]
#
# --output: where they go, .build-package by default. --binary: a program that is there already, linked with
# --static-swift-stdlib, and --checkouts: the sources of its libraries, whose licences go along; without them a release
# build is made. --quick: compressed as fast as can be. DEBFULLNAME and DEBEMAIL say who the maintainer is, else it is the
# author of the last commit.
set -euo pipefail
# What is made must not depend on who makes it.
umask 022
export LC_ALL=C TZ=UTC

say() { echo "== $*" >&2; }
fail() {
  echo "error: $*" >&2
  exit 64
}

output= binary= checkouts= compressor=xz level=6
while [ $# -gt 0 ]; do
  if [ "$1" = --quick ]; then
    compressor=zstd level=1
    shift
    continue
  fi
  [ $# -ge 2 ] || fail "$1 takes a value, or is not known; see the head of scripts/package.sh"
  case $1 in
  --output) output=$(realpath -m "$2") ;;
  --binary) binary=$(realpath -e "$2") || fail "--binary names $2, which is no file" ;;
  --checkouts) checkouts=$(realpath -e "$2") || fail "--checkouts names $2, which is not there" ;;
  *) fail "$1 is not known; see the head of scripts/package.sh" ;;
  esac
  shift 2
done

cd "$(dirname "$0")/.."
source scripts/prepare.sh
prepare_system binutils dpkg-dev git python3

if [ -z "$binary" ]; then
  build=(swift build -c release --static-swift-stdlib --disable-local-rpath --scratch-path .build-release)
  say "building for release (a first build takes a quarter of an hour)"
  nice -n 10 "${build[@]}" --product vaultctl >&2
  binary=$("${build[@]}" --show-bin-path)/vaultctl
  checkouts=.build-release/checkouts
fi
[ -n "$checkouts" ] || fail "--binary takes --checkouts, too"
if objdump -p "$binary" | grep -q 'NEEDED *libswift'; then
  fail "$binary needs libraries of Swift, which Debian has not: link it with --static-swift-stdlib"
fi

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
maintainer=$(git log -1 --format='%an <%ae>')
[ -z "${DEBEMAIL:-}" ] || maintainer="${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>"
version=$("$binary" --version)
version=${version#vaultctl }
architecture=$(dpkg --print-architecture)
output=${output:-$PWD/.build-package}
mkdir -p "$output"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
# Or nobody but its owner could read the root of the package.
chmod 755 "$stage"
# Where dpkg-shlibdeps looks for what is of the package itself.
root=$stage/debian/vaultctl
doc=$root/usr/share/doc/vaultctl

say "the program, $binary"
install -D -m 755 "$binary" "$root/usr/bin/vaultctl"
# What is left out are the symbols that nothing but a debugger looks up.
strip --strip-all --remove-section=.comment "$root/usr/bin/vaultctl"

say "manual and completions"
python3 scripts/packaging/manpages.py --program "$binary" --date "$(date -d "@$SOURCE_DATE_EPOCH" +%F)" \
  "$root/usr/share/man/man1"
python3 scripts/packaging/completions.py --program "$binary" "$stage/completions"
install -D -m 644 "$stage/completions/vaultctl.bash" "$root/usr/share/bash-completion/completions/vaultctl"
install -D -m 644 "$stage/completions/vaultctl.zsh" "$root/usr/share/zsh/vendor-completions/_vaultctl"
install -D -m 644 "$stage/completions/vaultctl.fish" "$root/usr/share/fish/vendor_completions.d/vaultctl.fish"

say "units and documents"
install -D -m 644 -t "$root/usr/lib/systemd/user" systemd/user/*
install -D -m 644 -t "$root/usr/lib/systemd/system" systemd/system/*
install -D -m 644 -t "$doc" README.md SECURITY.md FORMAT.md
install -D -m 644 systemd/README.md "$doc/systemd/README.md"
install -D -m 644 CHANGELOG.md "$doc/changelog"
scripts/packaging/copyright.sh "$checkouts" >"$doc/copyright"
cat >"$doc/changelog.Debian" <<CHANGES
vaultctl ($version-1) unstable; urgency=medium

  * See changelog.gz.

 -- $maintainer  $(date -R -d "@$SOURCE_DATE_EPOCH")
CHANGES

# As Debian has them: -n leaves out name and time.
find "$root/usr/share/man" "$doc/changelog" "$doc/changelog.Debian" -type f -exec gzip -9n {} +
find "$root/usr/share/man" -type l | while read -r link; do
  ln -s "$(readlink "$link").gz" "$link.gz"
  rm "$link"
done

say "what it depends on"
printf 'Source: vaultctl\n\nPackage: vaultctl\nArchitecture: any\n' >"$stage/debian/control"
depends=$(cd "$stage" && dpkg-shlibdeps -O --warnings=0 -e debian/vaultctl/usr/bin/vaultctl)
depends=${depends#shlibs:Depends=}
echo "$depends" >&2

mkdir "$root/DEBIAN"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
cat >"$root/DEBIAN/control" <<CONTROL
Package: vaultctl
Version: $version-1
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -k --apparent-size -s "$root/usr" | cut -f 1)
Depends: $depends
Recommends: ca-certificates
Suggests: bash-completion
Section: admin
Priority: optional
Description: vault for the credentials of service principals
 Keeps the credentials of service principals in one encrypted file, hands out
 short-lived tokens of Microsoft Entra ID and Databricks by profile name, and
 keeps a record of every issuance that cannot be quietly rewritten.
 .
 An agent holds the vault unlocked for its user. Units for systemd come with
 it; none is enabled by itself.
CONTROL

find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
package=$output/vaultctl_$version-1_$architecture.deb
tarball=$output/vaultctl-$version-linux-$architecture.tar.gz
say "writing $package"
# How many cores there are is not to be seen in what is made.
dpkg-deb --root-owner-group --threads-max=1 "-Z$compressor" "-z$level" --build "$root" "$package" >&2
say "writing $tarball"
tar --create --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
  --directory "$root/usr" --transform "s,^\.,vaultctl-$version," . | gzip "-${level}n" >"$tarball"
ls -l "$package" "$tarball" >&2
echo "$package"
echo "$tarball"
