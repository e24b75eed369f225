"""A rival in Python as a process: the protocol of bench/worker.h, and the padding it needs."""
import os
import sys
import time

import numpy as np


def read_sequences(path):
    """Arrays of ids from a file of int64: the number of sequences, their lengths, their ids."""
    numbers = np.fromfile(path, np.int64)
    count = int(numbers[0])
    ends = 1 + count + np.cumsum(numbers[1:1 + count])
    return [numbers[end - length:end] for length, end in zip(numbers[1:1 + count], ends)]


class Batch:
    """Sequences that are run together, each padded to the longest."""

    def __init__(self, members, sequences):
        self.members = members
        self.lengths = [len(sequences[member]) for member in members]
        shape = (len(members), max(self.lengths))
        self.ids = np.zeros(shape, np.int64)
        self.mask = np.zeros(shape, np.int64)
        for row, member in enumerate(members):
            self.ids[row, :self.lengths[row]] = sequences[member]
            self.mask[row, :self.lengths[row]] = 1


def batches_of(sequences, size):
    """The sequences, longest first, `size` at a time."""
    order = sorted(range(len(sequences)), key=lambda member: -len(sequences[member]))
    return [Batch(order[first:first + size], sequences) for first in range(0, len(order), size)]


class Rival:
    """What a rival has to say: `load(path, threads)`; `inputs(batch)`, made before the clock
    starts; `forward(inputs)`, which gives hidden states as something that numpy takes."""

    def prepare(self, path, size):
        sequences = read_sequences(path)
        self.count = len(sequences)
        self.batches = batches_of(sequences, size)
        self.ready = [self.inputs(batch) for batch in self.batches]

    def run(self):
        self.outputs = [self.forward(inputs) for inputs in self.ready]

    def answer(self, path):
        rows = [None] * self.count
        for batch, output in zip(self.batches, self.outputs):
            for member, length, row in zip(batch.members, batch.lengths, np.asarray(output)):
                rows[member] = row[:length]
        np.concatenate(rows).astype(np.float32).tofile(path)


def obey(rival, line):
    command, _, rest = line.partition(" ")
    number, _, path = rest.partition(" ")
    if command == "load":
        rival.load(path, int(number))
    elif command == "prepare":
        rival.prepare(path, int(number))
    elif command == "answer":
        rival.answer(rest)
    elif command == "tokens":
        return f" {rival.tokens()}"
    elif command == "run":
        times = []
        for _ in range(int(number)):
            start = time.perf_counter()
            rival.run()
            times.append(f" {1e3 * (time.perf_counter() - start):.6f}")
        return "".join(times)
    else:
        raise ValueError(f"unknown command: {line}")
    return ""


def serve(rival):
    """Serves commands until standard input ends. What libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            answer = "ok" + obey(rival, line.rstrip("\n"))
        except Exception as error:  # whatever a rival raises is its answer
            first = str(error).partition("\n")[0]
            answer = f"error {type(error).__name__}: {first}"
        print(answer, file=answers, flush=True)
