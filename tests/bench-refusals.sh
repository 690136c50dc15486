#!/usr/bin/env bash
# What a refused request costs beside an allowed one: CPU seconds of the gateway per 1,000 requests, in turn, over several rounds.
# Needs Debian's nginx-light (a backend that answers 202) and wrk. About two minutes; all traffic is on loopback and ends by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
for program in nginx wrk; do
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || { echo "\`$program\` is missing: install Debian's nginx-light and wrk"; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build src/Gateway -c Release -v quiet >"$work/build.log" || { cat "$work/build.log"; exit 1; }
dotnet build src/Gateway.Cli -c Release -v quiet >"$work/build.log" || { cat "$work/build.log"; exit 1; }
cp -r config policies "$work"
PATH=$PATH:/usr/sbin /usr/bin/python3 tests/Gateway.Benchmarks/Refusals/refusals.py "$work" artifacts/bin/Gateway/release/Gateway artifacts/bin/Gateway.Cli/release/gatewayctl "${1:-5}"
