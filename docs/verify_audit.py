#!/usr/bin/env python3
"""Verifies a record of Compute Gateway from docs/audit-format.md alone: a store's segments, or an exported bundle.

    verify_audit.py --checkpoints audit.checkpoints --keys audit-keys/key-1.pub audit.000000000001.jsonl audit.jsonl
    verify_audit.py --keys key-1.pub export.zip

Exit code 0: everything holds. 1: something does not, and it is named. 5: nothing is wrong with a bundle, but the keys are its own (`--own-keys`).
"""
import argparse
import base64
import hashlib
import json
import re
import sqlite3
import sys
import zipfile

sha256 = lambda data: hashlib.sha256(data).digest()


class Bad(Exception):
    pass


# Ed25519, verification only (RFC 8032, 5.1.7).
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover(y, sign):
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * ROOT % P
    if (x * x - xx) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = recover(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    result = (0, 1, 1, 0)
    while n:
        if n & 1:
            result = add(result, p)
        p, n = add(p, p), n >> 1
    return result


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_verifies(key, text, signature):
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or len(signature) != 64:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


class Key:
    def __init__(self, text):
        self.text = text.strip()
        self.name, identity, encoded = self.text.split("+", 2)
        kind, self.key = base64.b64decode(encoded)[:1], base64.b64decode(encoded)[1:]
        self.id = sha256(self.name.encode() + b"\n" + kind + self.key)[:4]
        if kind != b"\x01" or self.id.hex() != identity:
            raise Bad(f"{self.text}: not a key")

    def signed(self, text, signatures):
        return any(
            name == self.name and data[:4] == self.id and ed25519_verifies(self.key, text.encode(), data[4:]) for name, data in signatures)


def parse_note(note):
    text, signatures = note.rsplit("\n\n", 1)
    lines = [line[2:].split(" ") for line in signatures.splitlines()]
    return text + "\n", [(name, base64.b64decode(data)) for name, data in lines]


def notes_of(text):
    parts = text.split("\n\n")
    return [f"{parts[i]}\n\n{parts[i + 1]}\n" for i in range(0, len(parts) - 2, 2)]


def published(path):
    """The notes of a file. A crash may leave the beginning of one at its end, and nothing else."""
    text = open(path, encoding="utf-8", newline="").read()
    notes = notes_of(text)
    rest = text[sum(len(note) + 1 for note in notes):]
    if rest and (not "compute-gateway/audit/".startswith(rest[:22]) or any(c < " " and c != "\n" for c in rest) or rest.count("\n\n") > 1 or rest.endswith("\n\n")):
        raise Bad(f"{path}: after {len(notes)} checkpoints stands something that is none")
    return notes


class Checkpoint:
    def __init__(self, note, stream):
        self.note = note
        try:
            self.text, self.signatures = parse_note(note)
            lines = self.text.splitlines()
            rest = dict(line.split(" ", 1) for line in lines[3:])
            self.number, self.size, self.root = int(rest["number"]), int(lines[1]), base64.b64decode(lines[2], validate=True)
            self.previous, self.key = rest["previous"], rest.get("key")
        except (ValueError, KeyError, IndexError) as fault:
            raise Bad(f"a checkpoint cannot be read: {fault}") from fault
        self.digest = sha256(note.encode()).hex()
        if lines[0] != f"compute-gateway/audit/{stream}":
            raise Bad(f"checkpoint {self.number} is of another stream: {lines[0]}")


class Trust:
    """The keys that count, from checkpoint to checkpoint."""

    def __init__(self, keys):
        self.looks, self.keys = bool(keys), list(keys)

    def check(self, checkpoint):
        if not self.looks:
            return
        if not any(key.signed(checkpoint.text, checkpoint.signatures) for key in self.keys):
            raise Bad(f"checkpoint {checkpoint.number} is not signed by a key that counts")
        if checkpoint.key:
            new = Key(checkpoint.key)
            if not new.signed(checkpoint.text, checkpoint.signatures):
                raise Bad(f"checkpoint {checkpoint.number} names a key that did not sign it")
            known = [key.text for key in self.keys]
            self.keys = self.keys[known.index(new.text):] if new.text in known else [new]


def check_checkpoints(notes, keys, stream):
    """The published checkpoints, each signed by a key that counts and naming the one before; and the keys that count after them."""
    trust, found = Trust(keys), []
    for note in notes:
        checkpoint = Checkpoint(note, stream)
        trust.check(checkpoint)
        before = found[-1] if found else None
        if before and (checkpoint.number != before.number + 1 or checkpoint.previous != before.digest or checkpoint.size < before.size):
            raise Bad(f"checkpoint {checkpoint.number} does not follow checkpoint {before.number}")
        found.append(checkpoint)
    return found, trust


class Tree:
    def __init__(self, size=0, peaks=b""):
        self.size, self.peaks = size, [peaks[i:i + 32] for i in range(0, len(peaks), 32)]

    def encoded(self):
        return base64.b64encode(b"".join(self.peaks)).decode()

    def append(self, record_hash):
        node, size = sha256(b"\x00" + record_hash), self.size
        while size & 1:
            node, size = sha256(b"\x01" + self.peaks.pop() + node), size >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        if not self.peaks:
            return sha256(b"")
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = sha256(b"\x01" + peak + root)
        return root


def record_hash(stream, sequence, previous, body):
    name = stream.encode("ascii")
    return sha256(b"\x01" + len(name).to_bytes(2, "big") + name + sequence.to_bytes(8, "big") + previous + sha256(body))


def included(leaf, index, size, path, root):
    node, last, value = index, size - 1, sha256(b"\x00" + leaf)
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            value = sha256(b"\x01" + sibling + value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = sha256(b"\x01" + value + sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and value == root


def attachment(event, name):
    return next((a["content"] for a in event["attachments"] if a["name"] == name), {})


class Trail:
    """The checkpoints in the record itself: without a gap, each naming the one before, and the same as the published ones."""

    def __init__(self, stream, keys, found, trust):
        self.stream, self.own, self.trust, self.last = stream, Trust(keys), trust, None
        self.found, self.newest = {c.number: c for c in found}, found[-1] if found else None

    def check(self, sequence, note, from_the_beginning):
        one = Checkpoint(note, self.stream)
        if one.number in self.found:
            if self.found[one.number].note != note:
                raise Bad(f"checkpoint {one.number} in record {sequence} is not the one that was published")
        else:
            (self.trust if self.newest and one.number > self.newest.number else self.own).check(one)
        before = self.last or (self.newest if self.newest and one.number == self.newest.number + 1 else None)
        if before:
            follows = one.number == before.number + 1 and one.previous == before.digest and one.size >= before.size
        else:
            follows = not from_the_beginning or (one.number == 1 and one.previous == "-")
        if not follows:
            raise Bad(f"checkpoint {one.number} in record {sequence} does not follow the one before")
        self.last = one
        return one


class SqliteSegment:
    """A file of a store `….db`."""

    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.stream, self.sealed, *row = self.db.execute(
            "SELECT stream, sealed, base_sequence, base_hash, base_peaks, head_sequence, head_hash, head_peaks FROM log").fetchone()
        self.base, self.head = [(n, record, base64.b64encode(peaks).decode()) for n, record, peaks in (row[:3], row[3:])]

    def rows(self):
        yield from self.db.execute("SELECT sequence, previous, hash, body FROM record ORDER BY sequence")
        yield self.head


NUMBER, HASH, DIGIT = rb"(0|[1-9][0-9]{0,18})", rb'"([0-9a-f]{64})"', rb"[A-Za-z0-9+/]"
PEAKS = rb'"((?:%b{4})*(?:%b{3}=|%b{2}==)?)"' % (DIGIT, DIGIT, DIGIT)
TEXT = rb'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"'
HEADER = re.compile(rb'\{"format":3,"stream":"([A-Za-z0-9._-]{1,128})","created":%b,"base":\{"sequence":%b,"hash":%b,"peaks":%b,"open_floor":%b\}\}\n' % (
    TEXT, NUMBER, HASH, PEAKS, NUMBER))
RECORD = re.compile(rb'\{"sequence":%b,"previous":%b,"hash":%b,"event":(\{[^\x00-\x1f]*\})\}\n' % (NUMBER, HASH, HASH))
HEAD = re.compile(rb'\{"head":\{"sequence":%b,"hash":%b,"peaks":%b,"open_floor":%b,"newest":%b,"sealed":(true|false),"holder":(?:null|%b)\}\}\n' % (
    NUMBER, HASH, PEAKS, NUMBER, NUMBER, TEXT))


class LineSegment:
    """A file of a store of lines."""

    def __init__(self, path):
        self.path, self.file, self.sealed = path, open(path, "rb"), False
        header = HEADER.fullmatch(self.file.readline())
        if not header:
            raise Bad(f"{path}: its first line is not that of an audit store")
        self.stream, self.base = header[1].decode(), self.place(*header.groups()[1:4])

    @staticmethod
    def place(number, record, peaks):
        return int(number), bytes.fromhex(record.decode()), peaks.decode()

    def rows(self):
        last, end = self.base[0], self.file.tell()
        for line in iter(self.file.readline, b""):
            end += len(line)
            if found := RECORD.fullmatch(line):
                last, self.sealed = int(found[1]), False
                yield last, bytes.fromhex(found[2].decode()), bytes.fromhex(found[3].decode()), found[4]
            elif found := HEAD.fullmatch(line):
                self.sealed = found[6] == b"true"
                yield self.place(*found.groups()[:3])
            elif line != b"\n":
                # A crash may leave a line that is cut short, or has zeros up to the end of a sector, but none with an empty line after it.
                zeros = re.search(rb"\x00+", line)
                unwritten = zeros and (end - len(line) + zeros.end()) % 512 == 0
                if line.endswith(b"\n") and not (unwritten and b"\n" not in self.file):
                    raise Bad(f"{self.path}: record {last + 1} does not hold")
                return


def segment(path):
    """A file of either kind: its stream, the base and the records, as `rows`. Among them are heads: number, hash and peaks that must be those there."""
    with open(path, "rb") as file:
        start = file.read(16)
    if start == b"SQLite format 3\0":
        return SqliteSegment(path)
    if start.startswith(b'{"format":3,'):
        return LineSegment(path)
    raise Bad(f"{path}: not an audit store")


def verify_store(paths, notes, keys):
    stream = last = chain = tree = first = beginning = base_root = tombstone = trail = None
    checkpoints, found, signed = [], [], -1
    for path in paths:
        source = segment(path)
        if stream is None:
            stream, (first, beginning, peaks) = source.stream, source.base
            last, chain, tree = first, beginning, Tree(first, base64.b64decode(peaks))
            if len(b"".join(tree.peaks)) != 32 * first.bit_count() or (first == 0 and chain != bytes(32)):
                raise Bad(f"{path}: what it says of the records before it does not hold")
            base_root = tree.root()
            found, trust = check_checkpoints(notes, keys, stream)
            checkpoints, trail = [c for c in found if c.size >= first], Trail(stream, keys, found, trust)
        if (source.stream, source.base) != (stream, (last, chain, tree.encoded())):
            raise Bad(f"{path}: does not follow record {last}")
        rows = source.rows()
        while True:
            while checkpoints and checkpoints[0].size == last:
                if checkpoints[0].root != tree.root():
                    raise Bad(f"{path}: the records up to {last} are not those that a checkpoint was signed for")
                signed, checkpoints = max(signed, last), checkpoints[1:]
            row = next(rows, None)
            if row is None:
                break
            if len(row) == 3:
                if row != (last, chain, tree.encoded()):
                    raise Bad(f"{path}: the recorded head {row[0]} is not that of the records up to {last}")
                continue
            sequence, previous, stored, body = row
            if sequence != last + 1 or previous != chain or stored != record_hash(stream, sequence, chain, body):
                raise Bad(f"{path}: record {last + 1} does not hold")
            if b"create/checkpoint" in body or b"delete/segment" in body:
                event = json.loads(body)
                about = event["action"] if attachment(event, "record").get("kind") == "lifecycle" else None
                if about == "create/checkpoint":
                    one = trail.check(sequence, attachment(event, "checkpoint")["note"], first == 0)
                    # What it says of the tree is compared only while that is at hand: right behind the records it is about.
                    if one.size > last or (one.size == last and one.root != tree.root()):
                        raise Bad(f"{path}: the checkpoint in record {sequence} is not over these records")
                    signed = max(signed, one.size) if keys else signed
                elif about == "delete/segment":
                    part = attachment(event, "segment")
                    if (part.get("last"), part.get("head"), part.get("root")) == (first, beginning.hex(), base64.b64encode(base_root).decode()):
                        tombstone = tombstone or sequence
            last, chain = sequence, stored
            tree.append(stored)
    if source.sealed:
        raise Bad(f"{paths[-1]}: is sealed: the file that goes on from record {last} is missing")
    if checkpoints:
        raise Bad(f"the log ends at {last}, a checkpoint was signed for {checkpoints[-1].size} records")
    if found and found[-1].number > (trail.last.number if trail.last else 0):
        raise Bad(f"the log ends at {last}, checkpoint {found[-1].number} is not in it")
    if first and tombstone is None:
        raise Bad(f"records 1 to {first} are not there, and no record says that they were dropped")
    if first and (notes or keys) and signed < tombstone:
        raise Bad(f"records 1 to {first} are not there; record {tombstone} says that they were dropped, but no checkpoint is over it")
    return f"{last - first} records hold, held to {len(notes)} checkpoints"


def verify_bundle(path, keys):
    with zipfile.ZipFile(path) as bundle:
        read = lambda name: bundle.read(name)
        names = bundle.namelist()
        for name in names:
            if names.count(name) > 1:
                raise Bad(f"{name} stands in the bundle twice")
        manifest = json.loads(read("manifest.json"))
        stream = manifest["stream"]
        own_keys = [Key(line) for line in read("keys.txt").decode().splitlines() if line]
        notes = notes_of(read("checkpoints.txt").decode())
        checkpoints, trust = check_checkpoints(notes, keys or own_keys, stream)
        text, signatures = parse_note(read("manifest.note").decode())
        if text != f"compute-gateway/audit/{stream}/export\nmanifest sha256 {sha256(read('manifest.json')).hex()}\n":
            raise Bad("the manifest is not the one that was signed")
        if not any(key.signed(text, signatures) for key in trust.keys):
            raise Bad("the manifest is not signed by a key that counts")
        if set(names) != set(manifest["files"]) | {"manifest.json", "manifest.note"}:
            raise Bad("the parts are not those of the manifest")
        size, root = checkpoints[-1].size, checkpoints[-1].root
        count, last, before = 0, 0, None
        proofs = read("proofs.jsonl").decode().splitlines()
        for line in read("events.jsonl").split(b"\n")[:-1]:
            head, body = line.split(b',"event":', 1)
            place = json.loads(head + b"}")
            sequence, previous, stored = place["sequence"], bytes.fromhex(place["previous"]), bytes.fromhex(place["hash"])
            if stored != record_hash(stream, sequence, previous, body[:-1]):
                raise Bad(f"event {sequence} was edited")
            if sequence <= last or (manifest["whole"] and before is not None and (sequence != last + 1 or previous != before)):
                raise Bad(f"event {sequence} does not follow event {last}")
            proof = json.loads(proofs[count]) if count < len(proofs) else {}
            if proof.get("sequence") != sequence or not included(stored, sequence - 1, size, [base64.b64decode(h) for h in proof["path"]], root):
                raise Bad(f"event {sequence} is not among the records that the checkpoint was signed for")
            count, last, before = count + 1, sequence, stored
        if count != manifest["events"]:
            raise Bad(f"the manifest promises {manifest['events']} events, there are {count}")
        brought, policy_proofs = set(), read("policies.proofs.jsonl").decode().splitlines()
        for at, line in enumerate(read("policies.jsonl").split(b"\n")[:-1]):
            head, body = line.split(b',"event":', 1)
            place, event = json.loads(head + b"}"), json.loads(body[:-1])
            sequence, previous, stored = place["sequence"], bytes.fromhex(place["previous"]), bytes.fromhex(place["hash"])
            proof = json.loads(policy_proofs[at]) if at < len(policy_proofs) else {}
            if stored != record_hash(stream, sequence, previous, body[:-1]) or proof.get("sequence") != sequence or not included(
                    stored, sequence - 1, size, [base64.b64decode(h) for h in proof["path"]], root):
                raise Bad(f"record {sequence} of the rules is not among the records that the checkpoint was signed for")
            name = f"policies/{event['target']['id'].replace(':', '-')}.json"
            if name not in names or json.loads(read(name)) != attachment(event, "policy"):
                raise Bad(f"{name} is not what record {sequence} says")
            brought.add(name)
        if brought != {name for name in names if name.startswith("policies/")}:
            raise Bad("there are rules that are in no record")
        for name, digest in manifest["files"].items():
            if sha256(read(name)).hex() != digest:
                raise Bad(f"{name} was edited")
    return f"{count} events hold{'' if keys else '; the keys are the own keys of the bundle: it is of one piece, and anybody may have made it'}"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("files", nargs="+")
    arguments.add_argument("--checkpoints")
    arguments.add_argument("--keys", action="append", default=[])
    arguments.add_argument("--own-keys", action="store_true")
    given = arguments.parse_args()
    try:
        keys = [Key(line) for path in given.keys for line in open(path, encoding="ascii") if line.strip()]
        if zipfile.is_zipfile(given.files[0]):
            if not keys and not given.own_keys:
                raise Bad("name the keys that count with --keys; with --own-keys those of the bundle are taken, which proves only that it is of one piece")
            print(verify_bundle(given.files[0], keys))
            sys.exit(0 if keys else 5)
        print(verify_store(given.files, published(given.checkpoints) if given.checkpoints else [], keys))
    except (Bad, OSError, sqlite3.Error) as fault:
        sys.exit(str(fault))


main()
