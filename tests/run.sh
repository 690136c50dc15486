#!/usr/bin/env bash
# Installs what the tests need (Debian packages; quiet, idempotent, retried), builds, and runs every test.
# The last line is "N passed, N failed". Anything that could not run counts as failed.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
logs=artifacts/test-logs
mkdir -p "$logs"

packages=(python3-openstackclient python3-novaclient python3-oslo.policy python3-oslo.context curl redis-server faketime postgresql-15 keystone uwsgi-core uwsgi-plugin-python3 procps rsyslog rsyslog-openssl util-linux-extra)
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)

install_packages() {
  local missing=() p as_root=()
  for p in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "installing ${missing[*]}"
  # Daemons among the packages must not start by themselves; the tests start their own.
  local no_daemons=/usr/sbin/policy-rc.d
  if [ ! -e "$no_daemons" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$no_daemons" >/dev/null
    "${as_root[@]}" chmod 755 "$no_daemons"
    trap '"${as_root[@]}" rm -f "$no_daemons"; trap - RETURN' RETURN
  fi
  for _ in 1 2 3; do
    "${as_root[@]}" apt-get -qq update >"$logs/apt.log" 2>&1 &&
      DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get -qq install -y --no-install-recommends "${missing[@]}" >>"$logs/apt.log" 2>&1 && return 0
    sleep 3
  done
  tail -n 20 "$logs/apt.log"
  return 1
}

fail() {
  echo "$1"
  echo "0 passed, 1 failed"
  exit 1
}

install_packages || fail "the Debian packages that the tests need could not be installed"
dotnet build Gateway.sln -v quiet >"$logs/build.log" 2>&1 || { tail -n 60 "$logs/build.log"; fail "the build failed"; }

passed=0
failed=0
if dotnet format Gateway.sln --verify-no-changes --no-restore >"$logs/format.log" 2>&1; then
  passed=$((passed + 1))
else
  tail -n 30 "$logs/format.log"
  failed=$((failed + 1))
fi

# The end-to-end tests have the machine to themselves: they start servers and drive real clients.
for selection in units EndToEnd; do
  projects=()
  for project in tests/Gateway.*/*.csproj; do
    case "$selection:$project" in
      *Benchmarks*) ;;
      EndToEnd:*EndToEnd*) projects+=("$project") ;;
      EndToEnd:* | units:*EndToEnd*) ;;
      *) projects+=("$project") ;;
    esac
  done
  for project in "${projects[@]}"; do
    name=$(basename "$project" .csproj)
    echo "== $name"
    "artifacts/bin/$name/debug/$name" -noLogo -noColor >"$logs/$name.log" 2>&1
    status=$?
    summary=$(sed -n 's/^ *'"$name"'  Total: \([0-9]*\), Errors: \([0-9]*\), Failed: \([0-9]*\), Skipped: \([0-9]*\), Not Run: \([0-9]*\),.*/\1 \2 \3 \4 \5/p' "$logs/$name.log")
    if [ -z "$summary" ]; then
      tail -n 40 "$logs/$name.log"
      failed=$((failed + 1))
      continue
    fi
    # A skipped test is one that could not run, and a run that ends badly without a failed test is a failure too.
    read -r total errors bad skipped left <<<"$summary"
    bad=$((errors + bad + skipped + left))
    ok=$((total - bad > 0 ? total - bad : 0))
    if [ "$total" -eq 0 ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then bad=$((bad + 1)); fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    if [ "$bad" -gt 0 ]; then grep -vE '^ *$' "$logs/$name.log" | tail -n 80; else echo "$ok passed"; fi
  done
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
