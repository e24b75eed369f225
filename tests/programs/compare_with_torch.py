#!/usr/bin/env python3
"""Random programs: PyTorch's answers against Henson's. README.md beside this file says how to run it."""
import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import torch

import builder
import generator
import shrinker

EXECUTORS = ["interpreter", "plan"]


class Henson:
    def __init__(self, program, time_limit):
        self.program, self.time_limit = program, time_limit

    def verify(self, folder, executor, tolerance):
        """What `henson verify` says of each archive in a folder; None when it did not end well."""
        command = [self.program, "verify", folder, "--json", "--threads", "1", "--executor", executor,
                   "--tolerance", repr(tolerance)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=self.time_limit)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode not in (0, 1):
            return None
        return {one["name"]: one for one in json.loads(done.stdout)}

    def verify_all(self, folder, executor, tolerance):
        """The same; where the whole folder fails, one archive after the other."""
        whole = self.verify(folder, executor, tolerance)
        if whole is not None:
            return whole
        results = {}
        for name in sorted(n[:-3] for n in os.listdir(folder) if n.endswith(".pt")):
            with tempfile.TemporaryDirectory() as alone:
                for ending in (".pt", ".npz"):
                    shutil.copy(os.path.join(folder, name + ending), alone)
                one = self.verify(alone, executor, tolerance)
            results[name] = one[name] if one else {"details": [], "reason": "crashed or hung"}
        return results


def findings(executor, result):
    """Triples of an executor, "wrong" or "refused", and what was said."""
    if not result["details"]:
        kind = "wrong" if result["reason"] == "crashed or hung" else "refused"
        return [(executor, kind, "archive", result["reason"])]
    found = []
    for case in result["details"]:
        if case["state"] != "agrees":
            kind = "wrong" if case["outputs"] else "refused"
            where = "traced" if case["case"] == "0" else "other"
            found.append((executor, kind, where, case["reason"]))
    return found


def grow(seed):
    return generator.Grower(seed).grow()


class Session:
    def __init__(self, henson, folder):
        self.henson, self.folder = henson, folder
        self.counts = collections.Counter()
        self.refusals = collections.Counter()
        self.wrong = []

    def chunk(self, seeds):
        """Makes and compares some programs; keeps those that are answered wrongly."""
        with tempfile.TemporaryDirectory() as work:
            programs = {}
            for seed in seeds:
                program = grow(seed)
                lowest = self.make(program, work)
                if lowest:
                    programs[str(seed)] = (program, lowest)
            for lowest, tolerance in builder.TOLERANCES.items():
                folder = os.path.join(work, lowest)
                if not os.path.isdir(folder):
                    continue
                found = collections.defaultdict(list)
                for executor in EXECUTORS:
                    for name, one in self.henson.verify_all(folder, executor, tolerance).items():
                        found[name] += findings(executor, one)
                for name, all_found in found.items():
                    self.judge(programs[name][0], all_found)

    def make(self, program, work):
        self.counts["programs"] += 1
        path = os.path.join(work, str(program.seed))
        try:
            built = builder.build(program, path)
        except builder.Refused as error:
            self.counts["PyTorch refuses"] += 1
            if os.environ.get("SHOW_TORCH"):
                print(program.seed, program.mode, str(error).strip()[:300])
            return None
        for note in built.notes:
            self.counts[note] += 1
        self.counts["compared"] += 1
        folder = os.path.join(work, built.lowest)
        os.makedirs(folder, exist_ok=True)
        for ending in (".pt", ".npz"):
            os.rename(path + ending, os.path.join(folder, str(program.seed) + ending))
        return built.lowest

    def judge(self, program, found):
        for _, kind, where, reason in found:
            if kind == "refused":
                self.refusals[program.mode, where, reason_kind(reason)] += 1
        kinds = {kind for _, kind, _, _ in found}
        self.counts["refused somewhere"] += "refused" in kinds
        self.counts["agree"] += not kinds
        wrong = [one for one in found if one[1] == "wrong"]
        refused_at_trace = [one for one in found if one[1] == "refused" and one[2] != "other"]
        if wrong:
            self.counts["wrong"] += 1
            self.wrong.append(program.seed)
        for kept, where in ((wrong, "wrong"), (refused_at_trace, "refused")):
            if kept:
                keep(program, kept, os.path.join(self.folder, where))

    def report(self):
        for name, count in self.counts.most_common():
            print(f"{count:7} {name}")
        print("\nRefusals (an executor and a shape each):")
        for (mode, where, reason), count in self.refusals.most_common():
            print(f"{count:7} {mode}, {where}: {reason}")
        print("\nAnswered wrongly:", " ".join(map(str, self.wrong)) or "none")


def reason_kind(reason):
    """A message without what is one program's own: places, numbers and names."""
    reason = re.sub(r"code/\S+?:\d+: ", "", reason)
    reason = re.sub(r"`[^`]*aten::(\w+)[^`]*`", r"`aten::\1`", reason)
    reason = re.sub(r"; the archive (runs where|does not tell).*", "", reason)
    reason = re.sub(r"\b(v\d+|\d+(\.\d+)?)\b", "N", reason)
    return re.sub(r"(N[, ]*)+N", "N", reason)[:160]


def keep(program, found, folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f"{program.seed}.txt"), "w") as file:
        file.write(describe(program, found))


def describe(program, found):
    lines = [f"# {program.seed}, {program.mode}", program.source()]
    lines += [f"# {executor}, {kind}, {where}: {reason}" for executor, kind, where, reason in found]
    return "\n".join(lines) + "\n"


def check(henson, program, folder):
    """What is found of one program, whose archive and cases stay in the folder; None when PyTorch
    refuses it."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    try:
        built = builder.build(program, os.path.join(folder, str(program.seed)))
    except builder.Refused:
        return None
    found = []
    for executor in EXECUTORS:
        results = henson.verify(folder, executor, builder.TOLERANCES[built.lowest])
        result = {"details": [], "reason": "crashed or hung"}
        found += findings(executor, results[str(program.seed)] if results else result)
    return found


def replay(henson, seed, folder, shrink):
    program = grow(seed)
    found = check(henson, program, folder)
    if found is None:
        print("PyTorch refuses it")
        return
    if shrink and found:
        program = shrinker.shrink(program, lambda p: check(henson, p, folder))
        found = check(henson, program, folder)
    print(describe(program, found))
    print(f"# archive and cases: {folder}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--henson", required=True, help="the program to compare with")
    parser.add_argument("--seed", type=int, default=1, help="of the first program")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--chunk", type=int, default=250, help="programs a call of henson")
    parser.add_argument("--time-limit", type=float, default=300, help="seconds a call of henson")
    parser.add_argument("--folder", default="programs-found", help="where failing programs are kept")
    parser.add_argument("--replay", type=int, nargs="+", metavar="SEED",
                        help="make these programs again and say all about them")
    parser.add_argument("--shrink", action="store_true", help="with --replay: cut them down")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch._C._jit_set_profiling_mode(False)
    henson = Henson(options.henson, options.time_limit)
    if options.replay:
        for seed in options.replay:
            replay(henson, seed, os.path.join(options.folder, "replayed", str(seed)), options.shrink)
        return 0
    session = Session(henson, options.folder)
    last = options.seed + options.count
    for first in range(options.seed, last, options.chunk):
        session.chunk(range(first, min(first + options.chunk, last)))
        print(f"{first + options.chunk - options.seed} of {options.count}: "
              f"{session.counts['wrong']} wrong", file=sys.stderr)
    session.report()
    return 1 if session.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
