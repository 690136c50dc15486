"""CPU of the gateway per 1,000 requests, for floods of allowed and of refused requests, one after the other over several rounds."""
import os
import re
import socket
import statistics
import subprocess
import sys
import time

work, gateway_program, gatewayctl, rounds = sys.argv[1], os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3]), int(sys.argv[4])
SERVER = "11111111-2222-3333-4444-555555555555"
PROJECT = "d799dd2d294cd5344e7bdd6ee4c62554"
BACKUP = '{"createBackup": {"name": "b", "backup_type": "daily", "rotation": 1}}'
SECONDS = 4
CONNECTIONS = 32


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(name, text):
    path = os.path.join(work, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_backend(project):
    port = free_port()
    conf = write("nginx.conf", f"""
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3; uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
  keepalive_requests 1000000000;
  server {{
    listen 127.0.0.1:{port};
    location = /v2.1/servers/{SERVER} {{ default_type application/json; return 200 '{{"server": {{"id": "{SERVER}", "tenant_id": "{project}", "user_id": "u"}}}}'; }}
    location / {{ return 202; }}
  }}
}}
""")
    return subprocess.Popen(["nginx", "-p", work, "-c", conf]), port


def start_gateway(backend_port, limits):
    write("config/limits.yaml", limits)
    arguments = ["--Listen:Data=http://127.0.0.1:0", "--Listen:Admin=http://127.0.0.1:0", "--StandIns:Identity=http://127.0.0.1:0",
                 "--ReverseProxy:Routes:all:ClusterId=nginx", "--ReverseProxy:Routes:all:Match:Path=/{**path}",
                 f"--ReverseProxy:Clusters:nginx:Destinations:one:Address=http://127.0.0.1:{backend_port}"]
    process = subprocess.Popen([gateway_program, *arguments], cwd=work, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "ASPNETCORE_ENVIRONMENT": "Development"})
    addresses = {}
    for line in process.stdout:
        if match := re.match(r"^  (compute API|identity) +(http://\S+)", line):
            addresses[match[1]] = match[2]
        if "audit record" in line:
            return process, addresses
    raise SystemExit("the gateway did not start")


def token(identity, user):
    return subprocess.run([gatewayctl, "token", "issue", "--os-cloud", user, "--auth-url", f"{identity}/v3"], cwd=work, check=True, capture_output=True, text=True).stdout.strip()


def flood(address, kind, headers, body, path, status):
    lines = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())
    script = write(f"{kind}.lua", f"""
wrk.method = "POST"
wrk.body = '{body}'
{lines}
local threads = {{}}
function setup(thread) table.insert(threads, thread) end
function init() wrong = 0 end
function response(status) if status ~= {status} then wrong = wrong + 1 end end
function done(summary)
  local w = 0
  for _, thread in ipairs(threads) do w = w + thread:get("wrong") end
  io.write("requests " .. summary.requests .. " wrong " .. w .. "\\n")
end
""")
    output = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script, address + path], check=True, capture_output=True, text=True).stdout
    requests, wrong = map(int, re.search(r"requests (\d+) wrong (\d+)", output).groups())
    if wrong > CONNECTIONS:
        raise SystemExit(f"{kind}: {wrong} of {requests} answers were not {status}\n{output}")
    return requests


backend, backend_port = start_backend(PROJECT)
gateway, at = start_gateway(backend_port, "limits:\n  - name: narrow\n    per: user\n    actions: [resetNetwork]\n    rate: 1/hour\n    burst: 1\n")
try:
    admin, alice = token(at["identity"], "admin"), token(at["identity"], "alice")
    json = {"Content-Type": "application/json"}
    action = f"/v2.1/servers/{SERVER}/action"
    kinds = {
        "allowed": ({**json, "X-Auth-Token": admin}, BACKUP, action, 202),
        "400 two actions": ({**json, "X-Auth-Token": admin}, '{"migrate": null, "os-start": null}', action, 400),
        "401 no token": (json, BACKUP, action, 401),
        "401 forged token": ({**json, "X-Auth-Token": alice[:-8] + "AAAAAAAA"}, BACKUP, action, 401),
        "403 policy": ({**json, "X-Auth-Token": alice}, '{"migrate": null}', action, 403),
        "404 unlisted": ({**json, "X-Auth-Token": admin}, "{}", "/v2.1/os-vendor", 404),
        "415 compressed": ({**json, "X-Auth-Token": admin, "Content-Encoding": "gzip"}, BACKUP, action, 415),
        "429 limited": ({**json, "X-Auth-Token": admin}, '{"resetNetwork": null}', action, 429),
    }
    for kind, request in kinds.items():
        flood(at["compute API"], kind, *request)
    cost = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, request in kinds.items():
            before = cpu_seconds(gateway.pid)
            requests = flood(at["compute API"], kind, *request)
            cost[kind].append(1000 * (cpu_seconds(gateway.pid) - before) / requests)
            time.sleep(0.5)
    base = statistics.median(cost["allowed"])
    print(f"{'requests':24} {'CPU s per 1,000':>16} {'lowest – highest':>20} {'ratio':>7}")
    for kind, values in cost.items():
        print(f"{kind:24} {statistics.median(values):16.4f} {min(values):9.4f} – {max(values):8.4f} {statistics.median(values) / base:7.2f}")
finally:
    for process in (gateway, backend):
        process.terminate()
        process.wait()
