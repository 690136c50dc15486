"""What the whole gateway is put under load with: tokens, a backend, the programs and what they have used, `wrk`."""
import base64
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

HERE = os.path.dirname(os.path.abspath(__file__))
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

    def __init__(self, name, command, port, cwd, env=None, cores="1"):
        self.name, self.port, self.log = name, port, open(os.path.join(cwd, f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.log"), "wb")
        started = time.monotonic()
        self.process = subprocess.Popen(["taskset", "-c", cores, *command], cwd=cwd, stdout=self.log, stderr=self.log, env={**os.environ, **(env or {})})
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
        begun, quiet = self.cpu_seconds(), 0
        for _ in range(240):
            before = self.cpu_seconds()
            time.sleep(0.5)
            quiet = quiet + 1 if self.cpu_seconds() - before < 0.02 else 0
            # It looks once a second whether there is something to do.
            if quiet == 4:
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


def backend(work, port):
    """A compute service that knows whose each server is and accepts every action."""
    return nginx(work, "backend", port, f"""
    location ~ "^/v2.1/servers/([0-9a-f-]{{24}}([0-9a-f]{{12}}))$" {{
      default_type application/json; return 200 '{{"server": {{"id": "$1", "tenant_id": "00000000000000000000$2", "user_id": "u"}}}}';
    }}
    location / {{ return 202; }}""")


def gateway(work, name, program, issuer, backend_port, redis=None):
    folder, port = os.path.join(work, name), free_port()
    for part in ("config", "policies"):
        shutil.copytree(os.path.join(work, part), os.path.join(folder, part))
    write(folder, "config/limits.yaml", LIMITS)
    command = [program, f"--Listen:Data=http://127.0.0.1:{port}", "--Listen:Admin=http://127.0.0.1:0", "--Identity:AuthUrl=https://bench.example",
               "--Identity:Issuers:0:Issuer=https://bench.example", "--Identity:Issuers:0:Audiences:0=compute", f"--Identity:Issuers:0:KeysFile={issuer.keys_file}",
               "--ReverseProxy:Routes:all:ClusterId=nginx", "--ReverseProxy:Routes:all:Match:Path=/{**path}",
               f"--ReverseProxy:Clusters:nginx:Destinations:one:Address=http://127.0.0.1:{backend_port}"]
    if redis:
        command.append(f"--Limits:Redis:Connection=127.0.0.1:{redis}")
    return command, port, folder


def load(work, contender, requests, status, seconds, delay=None, timeout=2):
    command = ["taskset", "-c", "0", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", f"{timeout}s", "--latency", "-s", os.path.join(HERE, "load.lua"), f"http://127.0.0.1:{contender.port}", "--",
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


def answers(contender, token, body=BACKUP, server=None):
    """The status of one request."""
    with socket.create_connection(("127.0.0.1", contender.port), timeout=10) as connection:
        connection.sendall((f"POST /v2.1/servers/{server}/action HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Auth-Token: {token}\r\n"
                            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}").encode())
        return int(connection.recv(12).split()[1])


def project(i):
    return f"00000000000000000000{i:012x}"


def server(i):
    """A server's id ends with its project's number, by which the backend knows its owner."""
    return f"11111111-2222-3333-{i:04x}-{i % PROJECTS:012x}"


def owners(issuer):
    """A token and the path of a server that is its bearer's, for each server."""
    members = [issuer.token(f"{i:032x}", project(i % PROJECTS), ["member", "reader"]) for i in range(USERS)]
    return [(members[i % USERS], f"/v2.1/servers/{server(i)}/action") for i in range(SERVERS)]


def lines(work, name, requests):
    """The file of requests that `load.lua` reads."""
    return write(work, f"load/{name}", "".join(f"POST {path} {token} {body}\n" for path, token, body in requests))
