"""Runs the contenders in turn on the same inputs."""
import array
import dataclasses
import math
import operator
import random
import sys

from comparison.results import Contender, Group
from comparison.worker import Worker, WorkerError

VOCABULARY = 30522
TURN = 100     # milliseconds of work in a turn, at least one run
RUNS = 20      # in a turn, at most
WARM_UPS = 3   # the trace profiles itself in the first ones


@dataclasses.dataclass(frozen=True)
class Options:
    rounds: int
    starts: int


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def sequences_of(shape, seed=0):
    """The numbers of an .ids file: how many sequences, their lengths, their ids."""
    chance = random.Random(seed)
    ids = (chance.randrange(VOCABULARY) for _ in range(shape.tokens))
    return array.array("q", [len(shape.lengths), *shape.lengths, *ids])


def floats_of(path):
    values = array.array("f")
    values.frombytes(path.read_bytes())
    return values


def difference(ours, theirs):
    """The greatest absolute difference; NaN for NaNs and for other sizes."""
    if len(ours) != len(theirs) or not ours:
        return math.nan
    if any(map(math.isnan, ours)) or any(map(math.isnan, theirs)):
        return math.nan
    return max(map(abs, map(operator.sub, ours, theirs)))


def batch_sizes(kind, shape):
    """How many sequences a contender may pad together: it is given its best."""
    count = len(shape.lengths)
    if not (kind.pads and shape.ragged and kind.any_batch):
        return [count]
    return sorted({1, min(8, count), count}, reverse=True)


def runs_in_turn(milliseconds):
    return min(max(round(TURN / max(milliseconds, 1e-3)), 1), RUNS)


class Bout:
    """All entrants on one model with one number of threads."""

    def __init__(self, environment, encoder, threads, entrants, options):
        self.environment = environment
        self.encoder = encoder
        self.threads = threads
        self.entrants = {entrant.kind.name: entrant for entrant in entrants}
        self.options = options
        self.folder = environment.folder / encoder.name
        self.contenders = [Contender(entrant.kind.name, entrant.title) for entrant in entrants]
        self.workers = {}
        self.peak = 0.0
        self.left_out = {}
        self.differences = []

    def measure(self, shapes):
        with self.start(self.environment.build / "henson_worker", "peak") as gauge:
            try:
                for contender in list(self.contenders):
                    self.attempt(contender, self.load)
                for shape in shapes:
                    self.measure_peak(gauge)
                    self.compete(shape)
                for contender in self.contenders:
                    contender.peak_bytes = self.workers[contender.name].peak_bytes()
            finally:
                for worker in self.workers.values():
                    worker.close()
        shortest = min(shapes, key=lambda shape: shape.tokens)
        for contender in list(self.contenders):
            self.attempt(contender, self.time_start, shortest)
        return Group(self.encoder, self.threads, self.peak, shapes, self.contenders)

    def start(self, program, name, *words):
        log = self.folder / f"{name}-{self.threads}.log"
        return Worker((program, *words), self.environment.variables, log)

    def attempt(self, contender, action, *words):
        """A rival that fails is left out, with its reason; Henson must not."""
        try:
            return action(contender, *words)
        except WorkerError as error:
            if contender.name == "henson":
                raise
            say(f"  {contender.title} is left out: {error}")
            self.left_out[contender.title] = str(error)
            self.contenders.remove(contender)
            if contender.name in self.workers:
                self.workers.pop(contender.name).close()
            return None

    def open_worker(self, contender):
        return self.start(*self.entrants[contender.name].command[:1], contender.name,
                          *self.entrants[contender.name].command[1:])

    def load_into(self, worker, contender):
        path = self.folder / self.entrants[contender.name].kind.file
        worker.ask("load", self.threads, path.resolve())

    def load(self, contender):
        worker = self.workers[contender.name] = self.open_worker(contender)
        self.load_into(worker, contender)
        worker.rest()

    def measure_peak(self, gauge):
        """The best that was seen is the machine's peak."""
        for _ in range(3):
            self.peak = max(self.peak, float(gauge.ask("peak", self.threads)[0]))
        gauge.rest()

    def compete(self, shape):
        say(f"{self.encoder.title}, {self.threads} threads, {shape.name}")
        counts = {}
        for contender in list(self.contenders):
            best = self.attempt(contender, self.warm_up, shape)
            counts[contender.name] = runs_in_turn(best or TURN)
        for number in range(self.options.rounds):
            first = number % max(len(self.contenders), 1)
            for contender in self.contenders[first:] + self.contenders[:first]:
                self.attempt(contender, self.take_turn, shape, counts[contender.name])
        for contender in list(self.contenders):
            self.attempt(contender, self.check, shape)

    def input_of(self, shape):
        return (self.folder / f"{shape.name}.ids").resolve()

    def warm_up(self, contender, shape):
        """Milliseconds of a run, with the size of batches that suits the contender best."""
        worker = self.workers[contender.name]
        kind = self.entrants[contender.name].kind
        seen = {}
        for size in batch_sizes(kind, shape):
            worker.ask("prepare", size, self.input_of(shape))
            seen[size] = min(worker.run(WARM_UPS))
        size = min(seen, key=seen.get)
        if len(seen) > 1:
            worker.ask("prepare", size, self.input_of(shape))
        if kind.pads and shape.ragged:
            contender.batches[shape.name] = size
        worker.rest()
        return seen[size]

    def take_turn(self, contender, shape, count):
        worker = self.workers[contender.name]
        contender.milliseconds.setdefault(shape.name, []).extend(worker.run(count))
        worker.rest()

    def check(self, contender, shape):
        """The answer of the last timed run against the eager model's."""
        path = (self.folder / "checked.answer").resolve()
        worker = self.workers[contender.name]
        worker.ask("answer", path)
        worker.rest()
        found = difference(floats_of(path), floats_of(self.input_of(shape).with_suffix(".answer")))
        contender.note_difference(found)
        self.differences.append((contender.title, shape.name, found))
        say(f"  {contender.title}: {min(contender.milliseconds[shape.name]):.2f} ms, "
            f"differs by {found:.1e}")

    def time_start(self, contender, shape):
        """Seconds from the start of a process to its first answer, the file being in memory."""
        for _ in range(self.options.starts):
            with self.open_worker(contender) as worker:
                self.load_into(worker, contender)
                worker.ask("prepare", len(shape.lengths), self.input_of(shape))
                worker.run(1)
                seconds = worker.age()
            contender.start_seconds = min(contender.start_seconds or seconds, seconds)
