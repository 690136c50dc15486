#!/usr/bin/env bash
# Policy decisions side by side: gatewayctl, oslo.policy and node-casbin, in turn, on the same questions over Nova's defaults.
# Needs Debian's python3-oslo.policy and python3-yaml, node and npm. Lines a second of whole processes, start-up included.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
release=2025.2
here=tests/Gateway.Benchmarks/SideBySide
casbin=artifacts/casbin-oracle
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dotnet build src/Gateway.Cli -c Release -v quiet >"$work/build.log" || { cat "$work/build.log"; exit 1; }
ctl=artifacts/bin/Gateway.Cli/release/gatewayctl
policy="--policy policies/policy.yaml --defaults $release"
if ! grep -qs '"version": "5.51.1"' "$casbin/node_modules/casbin/package.json"; then
  mkdir -p "$casbin"
  npm install --prefix "$casbin" casbin@5.51.1 --no-audit --no-fund >"$work/npm.log" 2>&1 || { cat "$work/npm.log"; exit 1; }
fi
# shellcheck disable=SC2086
"$ctl" policy export $policy --out "$work/exported" >/dev/null

/usr/bin/python3 "$here/side_by_side.py" "policies/defaults/$release.yaml" "$work" 3 \
  "gatewayctl=40=$ctl policy decide $policy" \
  "oslo.policy=10=/usr/bin/python3 $here/oslo_decide.py policies/defaults/$release.yaml" \
  "node-casbin=1=node $here/casbin_decide.cjs $PWD/$casbin $work/exported"
