"""The gateway beside bare YARP and beside nginx with Lua: one run on one machine, all of them in turn over several rounds.

The contender has core 1 for itself, the load and the backend have core 0. What a request costs is the contender's own CPU time from /proc, which holds on a
busy machine; requests per second do not.
"""
import base64
import json
import os
import pwd
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 5
WARM_UP_STEP, WARM_UP_STEPS = 10, 12
CONNECTIONS = 64
USERS, PROJECTS, SERVERS = 256, 64, 1024
BACKUP = '{"createBackup": {"name": "monday", "backup_type": "daily", "rotation": 2}}'
LIMITS = """limits:
  - {name: user, per: user, actions: ["*"], rate: 1000000/second, burst: 1000000}
  - {name: project, per: project, actions: ["*"], rate: 1000000/second, burst: 1000000}
  - {name: heavy, per: [user, action], actions: [createBackup], rate: 1000000/second, burst: 1000000}
  - {name: server, per: server, actions: ["*"], rate: 1000000/second, burst: 1000000}
  - {name: narrow, per: user, actions: [resetNetwork], rate: 1/hour, burst: 1}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Signs tokens as an identity provider does (ES256), and forges them."""

    def __init__(self, work):
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        jwk = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "one",
               "x": base64url(numbers.x.to_bytes(32, "big")), "y": base64url(numbers.y.to_bytes(32, "big"))}
        self.keys_file = write(work, "keys.json", json.dumps({"keys": [jwk]}))
        self.key_file = write(work, "key.pem", self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode())

    def token(self, user, project, roles):
        now = int(time.time())
        claims = {"iss": "https://bench.example", "aud": "compute", "sub": user, "iat": now, "exp": now + 86400, "openstack_user_name": f"user {user}",
                  "openstack_user_domain_id": "default", "openstack_project_id": project, "openstack_project_domain_id": "default", "openstack_roles": roles,
                  "openstack_methods": ["password"], "openstack_audit_ids": [user]}
        signed = f"{base64url(json.dumps({'alg': 'ES256', 'kid': 'one', 'typ': 'JWT'}).encode())}.{base64url(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    @staticmethod
    def forged(token):
        head, signature = token.rsplit(".", 1)
        return f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Contender:
    """A program under load, and what it has used."""

    def __init__(self, name, command, port, cwd, env=None, pinned=True):
        self.name, self.port, self.log = name, port, open(os.path.join(cwd, f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.log"), "wb")
        pin = ["taskset", "-c", "1" if pinned else "0"]
        started = time.monotonic()
        self.process = subprocess.Popen(pin + command, cwd=cwd, stdout=self.log, stderr=self.log, env={**os.environ, **(env or {})})
        self.wait(started)

    def wait(self, started):
        """The first answer, of whatever status, is the end of the start."""
        while time.monotonic() - started < 60:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
                    connection.sendall(b"GET /v2.1/servers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    if connection.recv(12):
                        self.started_in = time.monotonic() - started
                        return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        self.stop()
        raise SystemExit(f"{self.name} did not start:\n{open(self.log.name, encoding='utf-8', errors='replace').read()}")

    def pids(self):
        """The program and its children: nginx does its work in one."""
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [self.process.pid, *map(int, children)]

    def cpu_seconds(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(") ", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return total

    def compiler_seconds(self):
        """CPU time of the thread that compiles anew what runs often; 0 where there is none."""
        total = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/stat", encoding="ascii") as file:
                name, fields = file.read().split("(", 1)[1].rsplit(") ", 1)
            if name.startswith(".NET Tiered"):
                total += sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")
        return total

    def settle(self):
        """Waits until it has nothing left to do, as the gateway has that keeps its search index up when calls are few. Gives the CPU seconds of that."""
        begun = self.cpu_seconds()
        for _ in range(240):
            before = self.cpu_seconds()
            time.sleep(0.5)
            if self.cpu_seconds() - before < 0.02:
                break
        return self.cpu_seconds() - begun

    def megabytes(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                total += int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024
        return total

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.log.close()


def nginx(work, name, port, inner, more="", workers=""):
    folder = os.path.join(work, name)
    os.makedirs(folder, exist_ok=True)
    modules = "load_module /usr/lib/nginx/modules/ndk_http_module.so; load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;" if more else ""
    conf = write(folder, "nginx.conf", f"""
{modules}
daemon off; user {pwd.getpwuid(os.getuid()).pw_name}; worker_processes 1; pid nginx.pid; error_log error.log; {workers}
events {{ worker_connections 2048; }}
http {{
  access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  keepalive_requests 1000000000; client_body_buffer_size 128k; client_max_body_size 112k;
  {more}
  server {{ listen 127.0.0.1:{port}; {inner} }}
}}
""")
    return ["nginx", "-p", folder, "-c", conf]


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


def gateway(work, name, program, issuer, backend, redis=None):
    folder, port = os.path.join(work, name), free_port()
    for part in ("config", "policies"):
        shutil.copytree(os.path.join(work, part), os.path.join(folder, part))
    write(folder, "config/limits.yaml", LIMITS)
    command = [program, f"--Listen:Data=http://127.0.0.1:{port}", "--Listen:Admin=http://127.0.0.1:0", "--Identity:AuthUrl=https://bench.example",
               "--Identity:Issuers:0:Issuer=https://bench.example", "--Identity:Issuers:0:Audiences:0=compute", f"--Identity:Issuers:0:KeysFile={issuer.keys_file}",
               "--ReverseProxy:Routes:all:ClusterId=nginx", "--ReverseProxy:Routes:all:Match:Path=/{**path}",
               f"--ReverseProxy:Clusters:nginx:Destinations:one:Address=http://127.0.0.1:{backend}"]
    if redis:
        command.append(f"--Limits:Redis:Connection=127.0.0.1:{redis}")
    return command, port, folder


def load(work, contender, requests, status, seconds=SECONDS, delay=None):
    command = ["taskset", "-c", "0", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", os.path.join(HERE, "load.lua"), f"http://127.0.0.1:{contender.port}", "--",
               requests, str(status)]
    if delay is not None:
        command.append(f"{delay:.3f}")
    contender.settle()
    before, begun = contender.cpu_seconds(), time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True, cwd=work)
    output = run.stdout + run.stderr
    cpu, took = contender.cpu_seconds() - before, time.monotonic() - begun
    found = re.search(r"RESULT requests=(\d+) microseconds=(\d+) refused=(\d+) others=(\d+) broken=(\d+) p50=(\d+) p99=(\d+)", output)
    if not found:
        raise SystemExit(f"{contender.name}: wrk said\n{output}")
    count, microseconds, refused, others, broken, p50, p99 = map(int, found.groups())
    wrong = refused if status == 202 else others
    if wrong or broken or not count:
        raise SystemExit(f"{contender.name}: of {count} answers {wrong} were not {status}, {broken} connections broke\n{output}")
    return {"count": count, "rate": count / (microseconds / 1e6), "cpu": 1e6 * cpu / count, "busy": cpu / took, "p50": p50 / 1000, "p99": p99 / 1000}


def warm_up(work, contender, requests, status):
    """Until the code that runs often has been compiled for that: the compiler's thread takes less than a hundredth of the time."""
    for _ in range(WARM_UP_STEPS):
        before = contender.compiler_seconds()
        load(work, contender, requests, status, seconds=WARM_UP_STEP)
        if contender.compiler_seconds() - before < WARM_UP_STEP / 100:
            return
    print(f"{contender.name}: is still being compiled after {WARM_UP_STEP * WARM_UP_STEPS} s")


def answers(contender, token, body=BACKUP, server=None):
    """The status of one request."""
    with socket.create_connection(("127.0.0.1", contender.port), timeout=10) as connection:
        connection.sendall((f"POST /v2.1/servers/{server}/action HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Auth-Token: {token}\r\n"
                            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}").encode())
        return int(connection.recv(12).split()[1])


def prepare(work, issuer):
    """The load: who asks what of which server. A server's id ends with its project's number, by which the backend knows its owner."""
    def project(i):
        return f"00000000000000000000{i:012x}"

    def server(i):
        return f"11111111-2222-3333-{i:04x}-{i % PROJECTS:012x}"

    members = [issuer.token(f"{i:032x}", project(i % PROJECTS), ["member", "reader"]) for i in range(USERS)]
    admin = issuer.token("a" * 32, "b" * 32, ["admin", "member", "reader"])
    own = [(members[i % USERS], f"/v2.1/servers/{server(i)}/action") for i in range(SERVERS)]

    def lines(name, requests):
        return write(work, f"load/{name}", "".join(f"POST {path} {token} {body}\n" for path, token, body in requests))

    kinds = {
        "allowed": (lines("allowed", [(path, token, BACKUP) for token, path in own]), 202),
        "400": (lines("400", [(path, token, '{"migrate": null, "os-start": null}') for token, path in own]), 400),
        "401, no token": (lines("401", [(path, "-", BACKUP) for _, path in own]), 401),
        "401, forged": (lines("forged", [(path, issuer.forged(token), BACKUP) for token, path in own]), "401,429"),
        "403": (lines("403", [(path, token, '{"migrate": null}') for token, path in own]), 403),
        "429": (lines("429", [(path, admin, '{"resetNetwork": null}') for _, path in own]), 429),
    }
    return kinds, own[0], issuer.forged(own[0][0])


def main():
    work, gateway_program, benchmarks = sys.argv[1:4]
    rounds, chosen = int(sys.argv[4]), sys.argv[5:]
    issuer = Issuer(work)
    kinds, (token, path), forged = prepare(work, issuer)
    server = path.split("/")[3]
    backend_port = free_port()
    backend_command = nginx(work, "backend", backend_port, f"""
    location ~ "^/v2.1/servers/([0-9a-f-]{{24}}([0-9a-f]{{12}}))$" {{
      default_type application/json; return 200 '{{"server": {{"id": "$1", "tenant_id": "00000000000000000000$2", "user_id": "u"}}}}';
    }}
    location / {{ return 202; }}""")
    running = []

    def start(*arguments, **more):
        contender = Contender(*arguments, **more)
        running.append(contender)
        return contender

    try:
        backend = start("backend", backend_command, backend_port, work, pinned=False)
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
