#!/usr/bin/python3
"""Asks three engines the same decisions in turn, checks that they agree, and prints lines a second. Called by tests/bench-policy.sh.

    side_by_side.py RULES WORK ROUNDS NAME=REPETITIONS=COMMAND...

RULES holds the release's rules; REPETITIONS tells how often an engine is given the set of questions in one run, so that a fast one is
timed over more than its start. Wall time of the whole process: start, loading of the rules, reading and writing of the lines.
"""
import json
import os
import shlex
import statistics
import subprocess
import sys
import time

import yaml

CALLERS = [
    {"user_id": "user-1", "project_id": "project-1", "roles": ["member", "reader"]},
    {"user_id": "user-2", "project_id": "project-1", "roles": ["reader"]},
    {"user_id": "user-3", "project_id": "project-1", "roles": ["manager", "member", "reader"]},
    {"user_id": "user-4", "project_id": "project-2", "roles": ["Member", "reader"]},
    {"user_id": "user-5", "project_id": "project-9", "roles": ["admin", "manager", "member", "reader"]},
    {"user_id": "user-6", "project_id": "project-9", "roles": ["service"]},
    {"user_id": "user-7", "project_id": "project-1", "roles": []},
    {"user_id": "user-8", "system_scope": "all", "roles": ["admin", "member", "reader"]},
]
TARGETS = [{"project_id": "project-1", "user_id": "user-1"}, {"project_id": "project-2", "user_id": "user-4"}]


def run(command, asked, answered):
    with open(asked, "rb") as questions, open(answered, "wb") as answers:
        begun = time.perf_counter()
        subprocess.run(shlex.split(command), stdin=questions, stdout=answers, check=True)
        return time.perf_counter() - begun


def answers_of(path):
    with open(path, encoding="utf-8") as lines:
        return [(answer["id"], answer["allowed"]) for answer in map(json.loads, lines)]


def main():
    rules, work, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    engines = [argument.split("=", 2) for argument in sys.argv[4:]]
    with open(rules, encoding="utf-8") as file:
        actions = [name for name in yaml.safe_load(file) if name.startswith("os_compute_api:")]
    questions = [(action, creds, target) for action in actions for creds in CALLERS for target in TARGETS]
    lines = "".join(
        json.dumps({"id": number, "action": action, "creds": creds, "target": target}) + "\n" for number, (action, creds, target) in enumerate(questions))
    one = os.path.join(work, "one.jsonl")
    with open(one, "w", encoding="utf-8") as file:
        file.write(lines[: lines.index("\n") + 1])
    for name, repetitions, _ in engines:
        with open(os.path.join(work, name + ".jsonl"), "w", encoding="utf-8") as file:
            file.write(lines * int(repetitions))

    starts = {name: [] for name, _, _ in engines}
    rates = {name: [] for name, _, _ in engines}
    agreed = None
    for _ in range(rounds):
        for name, repetitions, command in engines:
            answered = os.path.join(work, name + ".answers")
            starts[name].append(run(command, one, answered))
            took = run(command, os.path.join(work, name + ".jsonl"), answered)
            rates[name].append(len(questions) * int(repetitions) / took)
            answers = answers_of(answered)
            agreed = agreed or answers[: len(questions)]
            if len(agreed) != len(questions) or answers != agreed * int(repetitions):
                differing = [n for n, (a, b) in enumerate(zip(answers, agreed * int(repetitions))) if a != b]
                sys.exit(f"{name}: {len(answers)} answers, {len(differing)} of them differ; the first: {[questions[n % len(questions)] for n in differing[:1]]}")

    allowed = sum(answer for _, answer in agreed)
    print(f"{len(questions)} decisions ({len(actions)} actions, {len(CALLERS)} callers, {len(TARGETS)} targets; {allowed} allowed), {rounds} rounds in turn; all answers are the same")
    print(f"{'':14}{'times asked':>12}{'lines/s, median':>18}{'lowest':>10}{'highest':>10}{'start, s':>10}{'ratio':>9}")
    first = statistics.median(rates[engines[0][0]])
    for name, repetitions, _ in engines:
        median = statistics.median(rates[name])
        print(
            f"{name:14}{repetitions:>12}{median:>18,.0f}{min(rates[name]):>10,.0f}{max(rates[name]):>10,.0f}"
            f"{statistics.median(starts[name]):>10.2f}{'1 /' + format(first / median, '.1f'):>9}")


main()
