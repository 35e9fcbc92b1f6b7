#!/usr/bin/env bash
# Writes what is known of the licences of the program in a package: $1 has the sources of the libraries that were built with it.
# What a library asks to be passed on with it is passed on as it is.
set -euo pipefail

cat <<'TEXT'
vaultctl
========

Its authors have not stated a licence.

It has parts of the libraries below, and of Swift's own (Apache-2.0 with the Runtime Library Exception, which lets programs
go without a notice). Where a library is under the Apache License 2.0, its text is /usr/share/common-licenses/Apache-2.0.
TEXT

for library in "$1"/*/; do
  name=$(basename "$library")
  printf '\n%s\n%s\n\n' "$name" "${name//?/=}"
  for file in "$library"LICENSE* "$library"NOTICE*; do
    [ -f "$file" ] || continue
    case $file in
    */LICENSE*)
      # The text that Debian has, and an exception that asks for less than it.
      if grep -q 'Version 2.0, January 2004' "$file"; then
        printf 'Apache License 2.0'
        grep -q 'Runtime Library Exception' "$file" && printf ', with the Runtime Library Exception'
        printf '\n'
      else
        cat "$file"
      fi
      ;;
    *) cat "$file" ;;
    esac
  done
done
