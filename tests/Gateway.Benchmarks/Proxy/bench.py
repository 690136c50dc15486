"""The gateway beside bare YARP and beside nginx with Lua: one run on one machine, all of them in turn over several rounds.

The contender has core 1 for itself, the load and the backend have core 0. What a request costs is the contender's own CPU time from /proc, which holds on a
busy machine; requests per second do not.
"""
import os
import re
import statistics
import subprocess
import sys

import rig
from rig import BACKUP, CONNECTIONS, HERE, Contender, Issuer, answers, free_port, gateway, lines, nginx

SECONDS = 5
WARM_UP_STEP, WARM_UP_STEPS = 10, 12


def peer(work, issuer, backend, durable):
    name, port = ("peer-durable" if durable else "peer"), free_port()
    more = f"""
  lua_package_path "{HERE}/?.lua;/usr/share/lua/5.1/?.lua;;"; lua_package_cpath "/usr/lib/x86_64-linux-gnu/lua/5.1/?.so;;";
  lua_shared_dict rates 64m;
  init_worker_by_lua_block {{
    peer_key_file, peer_audit_file, peer_is_durable = "{issuer.key_file}", "{work}/{name}/audit.log", {str(durable).lower()}
    require "peer"
  }}
  upstream backend {{ server 127.0.0.1:{backend}; keepalive 128; keepalive_requests 1000000000; }}
"""
    inner = """
    location /lookup/ { internal; rewrite ^/lookup(.*)$ $1 break; proxy_pass http://backend; proxy_method GET; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_http_version 1.1; proxy_set_header Connection ""; }
    location / { access_by_lua_block { require("peer").access() } proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; }
"""
    return nginx(work, name, port, inner, more, "thread_pool commits threads=1; working_directory " + os.path.join(work, name) + ";"), port


def load(work, contender, requests, status, seconds=SECONDS, delay=None):
    return rig.load(work, contender, requests, status, seconds, delay)


def warm_up(work, contender, requests, status):
    """Until the code that runs often has been compiled for that: the compiler's thread takes less than a hundredth of the time."""
    for _ in range(WARM_UP_STEPS):
        before = contender.compiler_seconds()
        load(work, contender, requests, status, seconds=WARM_UP_STEP)
        if contender.compiler_seconds() - before < WARM_UP_STEP / 100:
            return
    print(f"{contender.name}: is still being compiled after {WARM_UP_STEP * WARM_UP_STEPS} s")


def prepare(work, issuer):
    """The load: who asks what of which server."""
    admin = issuer.token("a" * 32, "b" * 32, ["admin", "member", "reader"])
    own = rig.owners(issuer)
    kinds = {
        "allowed": (lines(work, "allowed", [(path, token, BACKUP) for token, path in own]), 202),
        "400": (lines(work, "400", [(path, token, '{"migrate": null, "os-start": null}') for token, path in own]), 400),
        "401, no token": (lines(work, "401", [(path, "-", BACKUP) for _, path in own]), 401),
        "401, forged": (lines(work, "forged", [(path, issuer.forged(token), BACKUP) for token, path in own]), "401,429"),
        "403": (lines(work, "403", [(path, token, '{"migrate": null}') for token, path in own]), 403),
        "429": (lines(work, "429", [(path, admin, '{"resetNetwork": null}') for _, path in own]), 429),
    }
    return kinds, own[0], issuer.forged(own[0][0])


def main():
    work, gateway_program, benchmarks = sys.argv[1:4]
    rounds, chosen = int(sys.argv[4]), sys.argv[5:]
    issuer = Issuer(work)
    kinds, (token, path), forged = prepare(work, issuer)
    server = path.split("/")[3]
    backend_port = free_port()
    running = []

    def start(*arguments, **more):
        contender = Contender(*arguments, **more)
        running.append(contender)
        return contender

    try:
        backend = start("backend", rig.backend(work, backend_port), backend_port, work, cores="0")
        address = f"http://127.0.0.1:{backend_port}"
        inline = {"DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS": "1"}
        makers = {}

        def yarp(name, more=(), env=None):
            def make():
                port = free_port()
                return start(name, [benchmarks, "bare-yarp", f"http://127.0.0.1:{port}", address, *more], port, work, env)
            makers[name] = (make, "allowed")

        def with_gateway(name, kind="allowed", redis=False, env=None):
            def make():
                redis_port = None
                if redis:
                    redis_port = free_port()
                    server_process = subprocess.Popen(["taskset", "-c", "0", "redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
                                                      cwd=work, stdout=subprocess.DEVNULL)
                    others.append(server_process)
                command, port, folder = gateway(work, re.sub(r"[^a-z0-9]+", "-", name.lower()), gateway_program, issuer, backend_port, redis_port)
                return start(name, command, port, folder, env)
            makers[name] = (make, kind)

        def with_nginx(name, durable):
            def make():
                command, port = peer(work, issuer, backend_port, durable)
                return start(name, command, port, work)
            makers[name] = (make, "allowed")

        others = []
        yarp("bare YARP")
        yarp("bare YARP, inline completions", env=inline)
        yarp("YARP that buffers", ["--buffer"])
        with_gateway("gateway")
        with_gateway("gateway, completions not inline", env={name: "0" for name in inline})
        with_gateway("gateway, Redis limits", redis=True)
        with_nginx("nginx with Lua", False)
        with_nginx("nginx with Lua, durable", True)
        for kind in ("400", "401, no token", "401, forged", "403", "429"):
            makers[f"gateway, {kind}"] = (None, kind)

        contenders = {}
        for name, (make, kind) in makers.items():
            if chosen and not any(name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in chosen) and name not in ("bare YARP", "gateway"):
                continue
            contenders[name] = make() if make else contenders["gateway"]
        for name, contender in contenders.items():
            if "YARP" in name:
                continue
            statuses = answers(contender, forged, server=server), answers(contender, token, server=server)
            if statuses != (401, 202):
                raise SystemExit(f"{name} answers a forged token {statuses[0]} and a good one {statuses[1]}")

        kinds_of = {name: makers[name][1] for name in contenders}
        at_rest = {name: contender.megabytes() for name, contender in contenders.items()}
        for name, contender in contenders.items():
            if name != "gateway, 429":
                warm_up(work, contender, *kinds[kinds_of[name]])
        if "gateway, 429" in contenders:
            # The first call of all passes; the rest of the load does not.
            answers(contenders["gateway"], open(kinds["429"][0], encoding="utf-8").read().split()[2], '{"resetNetwork": null}', server)
        direct = load(work, backend, *kinds["allowed"])
        print(f"backend alone: {direct['rate']:,.0f} requests/s, p50 {direct['p50']:.2f} ms")

        found = {name: [] for name in contenders}
        indexed = []
        for _ in range(rounds):
            for name, contender in contenders.items():
                found[name].append(load(work, contender, *kinds[kinds_of[name]]))
                if name == "gateway":
                    indexed.append(1e6 * contender.settle() / found[name][-1]["count"])
        base = [one["cpu"] for one in found["bare YARP"]]
        allowed = [one["cpu"] for one in found["gateway"]]
        print(f"\n{'':32} {'µs CPU/request':>14} {'lowest – highest':>17} {'requests per CPU s':>19} {'requests/s':>11} {'MB at rest':>10} {'MB after':>9} {'start':>7}")
        print(f"{'':32} {'':>14} {'':>17} {'bare YARP = 1':>19}")
        for name, contender in contenders.items():
            cpu = [one["cpu"] for one in found[name]]
            # Round by round, so that what the machine did meanwhile falls on both alike.
            ratio = statistics.median(b / c for b, c in zip(base, cpu))
            print(f"{name:32} {statistics.median(cpu):14.1f} {min(cpu):7.1f} – {max(cpu):7.1f} {ratio:19.2f} {statistics.median(one['rate'] for one in found[name]):11,.0f}"
                  f" {at_rest[name]:10.0f} {contender.megabytes():9.0f} {contender.started_in:6.2f}s")
        for name in contenders:
            if name.startswith("gateway, 4"):
                print(f"{name}: {statistics.median(c['cpu'] / a for c, a in zip(found[name], allowed)):.2f} of an allowed request")

        print(f"the gateway's search index, later, when calls are few: {statistics.median(indexed):.0f} µs of CPU a call")

        if not chosen or "latency" in chosen:
            print("\nlatency at half of the gateway's saturation, ms")
            target = statistics.median(one["rate"] for one in found["gateway"]) / 2
            for name, contender in {"backend alone": backend, "bare YARP": contenders["bare YARP"], "gateway": contenders["gateway"]}.items():
                one = load(work, contender, *kinds["allowed"], delay=1000 * CONNECTIONS / target)
                print(f"{name:32} p50 {one['p50']:.2f}  p99 {one['p99']:.2f}  at {one['rate']:,.0f} requests/s")
    finally:
        for contender in reversed(running):
            contender.stop()
        for process in others:
            process.terminate()
            process.wait()


main()
