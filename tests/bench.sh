#!/usr/bin/env bash
# The gateway beside bare YARP, and beside nginx with Lua doing the same job: CPU seconds per 1,000 requests, requests per second, memory; in turn, over several rounds.
#   tests/bench.sh [ROUNDS] [CONTENDER...]     five rounds of all contenders by default, about half an hour
# Needs Debian's nginx-light, libnginx-mod-http-lua, lua-cjson, lua-luaossl, lua-resty-core, lua-resty-lrucache, redis-server, wrk and python3-cryptography.
# All traffic is on loopback and ends by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 PATH=$PATH:/usr/sbin
for program in nginx wrk redis-server taskset; do
  command -v "$program" >/dev/null || { echo "\`$program\` is missing; the packages are named at the top of tests/bench.sh"; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{ dotnet publish src/Gateway -c Release -o "$work/program" -v quiet && dotnet build tests/Gateway.Benchmarks -c Release -v quiet; } >"$work/build.log" || { cat "$work/build.log"; exit 1; }
cp -r config policies "$work"
/usr/bin/python3 tests/Gateway.Benchmarks/Proxy/bench.py "$work" "$work/program/Gateway" "$PWD/artifacts/bin/Gateway.Benchmarks/release/Gateway.Benchmarks" "${@:-5}"
