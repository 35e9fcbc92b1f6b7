# Sourced by the other scripts: installs what Debian 12 lacks, and makes the Python environment in .venv.
# Does nothing where everything is there.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

prepare_system() {
  local missing=() package
  for package in gcc libsodium-dev libsqlite3-dev pkg-config sqlite3 curl ca-certificates "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    echo "== installing ${missing[*]}"
    local root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    "${root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
  fi
  command -v swift >/dev/null || {
    echo "Swift 6.2 or newer is needed: https://www.swift.org/install/linux" >&2
    exit 1
  }
}

# Python packages are pinned in Tests/Interop/requirements.txt.
prepare_python() {
  local environment=$repository/.venv
  if ! cmp -s "$repository/Tests/Interop/requirements.txt" "$environment/requirements.txt"; then
    echo "== making the Python environment"
    # Debian's python3 comes without venv, other builds of Python with it.
    python3 -c 'import ensurepip' 2>/dev/null || prepare_system python3 python3-venv
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$repository/Tests/Interop/requirements.txt"
    cp "$repository/Tests/Interop/requirements.txt" "$environment/requirements.txt"
  fi
  python=$environment/bin/python
}
