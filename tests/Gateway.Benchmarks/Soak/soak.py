"""What grows in a saturated gateway: a heap statistic after a minute of load beside one after many, and what the process holds of the system.

The load is the benchmark's: 256 users, 1,024 servers of 64 projects, so that every cache is full long before the minute is over. Both statistics are taken when the
gateway has come to rest, after a full collection: what is counted is reachable.
"""
import collections
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Proxy"))
import rig

WARM_UP = 60
# A type has grown when it has this many objects more, and this many more for each that it had.
MORE_OBJECTS, MORE_OF_THEM = 500, 0.05
TOTAL_MORE = 0.03
# The runtime takes memory from the system in large pieces and gives it back when it likes.
RESIDENT_MORE = 0.20
DESCRIPTORS_MORE = THREADS_MORE = 8


def rest(gateway):
    """Until the gateway has next to nothing to do: what was answered is recorded, and the search index has caught up with the record."""
    for _ in range(900):
        before = gateway.cpu_seconds()
        time.sleep(2)
        if gateway.cpu_seconds() - before < 0.1:
            return
    raise SystemExit("the gateway does not come to rest within half an hour after the load")


def heap(gcdump, gateway, file):
    """How many objects there are of each type, and bytes and objects in all: what is reachable."""
    for command in ([gcdump, "collect", "-p", str(gateway.process.pid), "-o", file, "-t", "300"], [gcdump, "report", file]):
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            raise SystemExit(f"`{' '.join(command)}` failed:\n{run.stdout}{run.stderr}")
    in_all = [re.search(rf"([\d,]+)\s+GC Heap {what}", run.stdout) for what in ("bytes", "objects")]
    types = collections.Counter()
    for count, name in re.findall(r"^\s*[\d,]+\s+([\d,]+)\s+(\S.*?)\s*$", run.stdout.partition("Object Bytes")[2], re.MULTILINE):
        # Large objects are listed apart by their size; here they are of one type with the small ones.
        types[re.sub(r" \(Bytes > [^)]*\)", "", name)] += number(count)
    # What stands for roots and the like is counted there and not listed.
    if not all(in_all) or not 0.9 * number(in_all[1][1]) <= types.total() <= number(in_all[1][1]):
        raise SystemExit(f"the report is not understood, {types.total()} objects are listed by type:\n{run.stdout[:2000]}")
    return types, number(in_all[0][1])


def number(text):
    return int(text.replace(",", ""))


def descriptors(pid):
    """What the open descriptors are of, without the numbers that tell one socket or one file from another."""
    kinds = collections.Counter()
    for one in os.listdir(f"/proc/{pid}/fd"):
        try:
            kinds[re.sub(r"\d+", "N", os.readlink(f"/proc/{pid}/fd/{one}"))] += 1
        except FileNotFoundError:
            # Closed meanwhile.
            pass
    return kinds


def figures(gcdump, gateway, file):
    pid = gateway.process.pid
    types, size = heap(gcdump, gateway, file)
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        text = status.read()
    held = descriptors(pid)
    return types, held, {
        "live objects": types.total(),
        "live bytes": size,
        "resident, KiB": int(re.search(r"RssAnon:\s+(\d+)", text)[1]),
        "mapped files, KiB": int(re.search(r"RssFile:\s+(\d+)", text)[1]),
        "open descriptors": held.total(),
        "threads": int(re.search(r"Threads:\s+(\d+)", text)[1]),
    }


def allowed_of(name, before):
    if name.startswith("live"):
        return before * (1 + TOTAL_MORE)
    # Pages of files that are mapped come and go as the system likes.
    if name.startswith("mapped"):
        return float("inf")
    return before * (1 + RESIDENT_MORE) if name.startswith("resident") else before + (DESCRIPTORS_MORE if name == "open descriptors" else THREADS_MORE)


def say(what):
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def main():
    # Whoever ends this early leaves nothing running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    work, program, gcdump, minutes = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
    issuer = rig.Issuer(work)
    requests = rig.lines(work, "allowed", [(path, token, rig.BACKUP) for token, path in rig.owners(issuer)])
    backend_port = rig.free_port()
    backend = rig.Contender("backend", rig.backend(work, backend_port), backend_port, work, cores="0")
    try:
        command, port, folder = rig.gateway(work, "gateway", program, issuer, backend_port)
        # On every core there is: what threads do at the same time is part of what is looked for.
        gateway = rig.Contender("gateway", command, port, folder, cores=f"0-{os.cpu_count() - 1}")
        try:
            sys.exit(soak(work, gcdump, gateway, requests, minutes))
        finally:
            gateway.stop()
    finally:
        backend.stop()


def soak(work, gcdump, gateway, requests, minutes):
    say(f"warm-up, {WARM_UP} s")
    # A request that takes a little longer on a busy machine is not what is looked for; one that is not answered is.
    rig.load(work, gateway, requests, 202, WARM_UP, timeout=20)
    rest(gateway)
    # The first statistic of a process leaves something of its own behind.
    heap(gcdump, gateway, os.path.join(work, "first.gcdump"))
    rest(gateway)
    say("statistic before")
    types_before, held_before, before = figures(gcdump, gateway, os.path.join(work, "before.gcdump"))
    say(f"soak, {minutes:g} minutes")
    found = rig.load(work, gateway, requests, 202, round(minutes * 60), timeout=20)
    say("waiting for the search index to catch up")
    rest(gateway)
    types_after, held_after, after = figures(gcdump, gateway, os.path.join(work, "after.gcdump"))

    print(f"{minutes:g} minutes with {rig.CONNECTIONS} connections: {found['rate']:,.0f} requests/s, every one answered 202, p99 {found['p99']:.1f} ms, {found['busy']:.2f} cores busy")
    print(f"\n{'':20} {'before':>14} {'after':>14} {'tolerated':>14}")
    grew = []
    for name, value in before.items():
        if after[name] > allowed_of(name, value):
            grew.append(name)
        most = allowed_of(name, value)
        print(f"{name:20} {value:14,} {after[name]:14,} {'any' if most == float('inf') else format(round(most), ','):>14}{'   grew' if name in grew else ''}")

    for name, count in (held_after - held_before).items():
        print(f"{count:+} descriptors of {name}")

    print(f"\ntypes that have over {MORE_OBJECTS} objects and {MORE_OF_THEM:.0%} more:")
    rows = [(count - had, had, count, name) for name, count in types_after.items() for had in [types_before[name]]
            if count - had > MORE_OBJECTS and count > had * (1 + MORE_OF_THEM)]
    for more, had, count, name in sorted(rows, reverse=True):
        print(f"{more:+10,} {had:10,} → {count:10,}  {name}")
    print("none" if not rows else "")
    print("nothing grew" if not rows and not grew else f"grew: {'; '.join([*grew, *(name for *_, name in sorted(rows, reverse=True))])}")
    return 1 if rows or grew else 0


main()
