#!/usr/bin/env bash
# Shows vaultctl at its main job, from nothing: builds it, starts an identity platform on this machine, makes a vault,
# stores a service principal, and issues a Databricks token by its name. Leaves nothing behind but the build.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/prepare.sh
prepare_system
prepare_python

echo "== building (a first build takes some minutes)"
swift build --product vaultctl
swift build --product entra-emulator
export PATH="$(swift build --show-bin-path):$PATH"

demo=$(mktemp -d)
export HOME=$demo XDG_DATA_HOME=$demo/data XDG_STATE_HOME=$demo/state
unset VAULTCTL_VAULT VAULTCTL_PASSPHRASE_FILE VAULTCTL_KEY_FILE VAULTCTL_NO_AGENT VAULTCTL_AGENT_SOCKET XDG_RUNTIME_DIR HTTPS_PROXY https_proxy ALL_PROXY all_proxy
trap 'vaultctl -q lock >/dev/null 2>&1 || true; kill "${emulator:-}" 2>/dev/null || true; rm -rf "$demo"' EXIT
umask 077

show() {
  echo
  echo "\$ $*"
  "$@"
}

echo "== starting an identity platform of our own, over TLS"
entra-emulator --port 0 --ca-out "$demo/ca.pem" --ready-file "$demo/ready" >"$demo/emulator.log" 2>&1 &
emulator=$!
for _ in $(seq 300); do
  [ -s "$demo/ready" ] && break
  kill -0 "$emulator" || { cat "$demo/emulator.log" >&2; exit 1; }
  sleep 0.1
done
authority=$(cat "$demo/ready")
echo "it listens at $authority"

# In real use vaultctl asks for both at a prompt that does not show them.
head -c 24 /dev/urandom | base64 >"$demo/passphrase"
printf '%s' 'Xq38Q~example+secret/for=the%emulator.0' >"$demo/secret"
export VAULTCTL_PASSPHRASE_FILE=$demo/passphrase VAULTCTL_CA_FILE=$demo/ca.pem

show vaultctl init -o table
show vaultctl add prod/databricks-ci \
  --client-id 22222222-2222-4222-8222-222222222222 --tenant 11111111-1111-4111-8111-111111111111 \
  --cloud emulator --authority "$authority" --graph "$authority" --arm "$authority" \
  --resource databricks --tag env=prod --secret-file "$demo/secret" -o table
show vaultctl list -o table

requests() { curl --silent --fail --cacert "$demo/ca.pem" "$authority/emulator/requests" | "$python" -c 'import json,sys; print(json.load(sys.stdin)["count"])'; }

echo
echo '$ vaultctl issue prod/databricks-ci'
vaultctl issue prod/databricks-ci >"$demo/token"
"$python" scripts/verify_token.py --ca "$demo/ca.pem" --authority "$authority" <"$demo/token"
before=$(requests)

echo
echo '$ vaultctl issue prod/databricks-ci        # again: from the sealed cache'
vaultctl issue prod/databricks-ci | cmp - "$demo/token"
after=$(requests)
[ "$before" = "$after" ] || { echo "the second issuance asked the provider" >&2; exit 1; }
echo "the same token; the identity platform saw no request ($after before and after)"

echo
echo "== unlocked once: an agent answers, and nothing asks for the passphrase any more"
show vaultctl unlock -o table
(
  unset VAULTCTL_PASSPHRASE_FILE
  echo
  echo '$ vaultctl issue prod/databricks-ci --no-input'
  vaultctl issue prod/databricks-ci --no-input | cmp - "$demo/token"
  echo
  echo "== a command whose clients get tokens of the profile: this az is vaultctl"
  show vaultctl exec prod/databricks-ci --az -- \
    az account get-access-token --resource 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d --query '{type:tokenType,until:expiresOn}'
)
show vaultctl lock -o table

echo
echo "== a new secret: made by the provider, verified over ten seconds, used; the one made by hand is removed with --retire"
show vaultctl rotate prod/databricks-ci --retire 22222222-2222-4222-8222-22222222cccc --grace 0s -o table
show vaultctl rotate prod/databricks-ci --dry-run -o table
echo
echo '$ vaultctl issue prod/databricks-ci --force-refresh     # with the new secret'
vaultctl issue prod/databricks-ci --force-refresh >"$demo/token"
"$python" scripts/verify_token.py --ca "$demo/ca.pem" --authority "$authority" <"$demo/token"

show vaultctl expiring --all -o table
show vaultctl backup "$demo/backup.db" -o table

show vaultctl audit list --limit 20 -o table
show vaultctl verify -o table
issued=$(vaultctl audit list --action issue --audience databricks -o jsonl | wc -l)
[ "$issued" = 5 ] || { echo "the record shows $issued issuances instead of 5" >&2; exit 1; }
echo
echo "Done: a token issued by name, its signature verified, every issuance on the record."
