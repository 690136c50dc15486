#!/usr/bin/env bash
# Whether anything grows while the gateway is saturated: live objects of each type, heap, resident memory, descriptors and threads after a minute of load, and again after many.
#   tests/soak.sh [MINUTES]     ten minutes by default, and two to three times as long for the search index to catch up; exit 1 when something grew, or when a request was not answered as it should be
# Needs Debian's nginx-light, wrk and python3-cryptography, and the .NET tool dotnet-gcdump, which it fetches. All traffic is on loopback and ends by itself.
# The record of ten minutes at saturation takes some gigabytes in the temporary directory meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 PATH=$PATH:/usr/sbin PYTHONDONTWRITEBYTECODE=1
for program in nginx wrk taskset; do
  command -v "$program" >/dev/null || { echo "\`$program\` is missing; the packages are named at the top of tests/soak.sh"; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet tool install --tool-path "$work/tools" dotnet-gcdump --version 10.0.750501 >"$work/tool.log" 2>&1 || { cat "$work/tool.log"; exit 1; }
dotnet publish src/Gateway -c Release -o "$work/program" -v quiet >"$work/build.log" || { cat "$work/build.log"; exit 1; }
cp -r config policies "$work"
/usr/bin/python3 tests/Gateway.Benchmarks/Soak/soak.py "$work" "$work/program/Gateway" "$work/tools/dotnet-gcdump" "${1:-10}"
