"""Runs the contenders in turn on the same inputs."""
import array
import contextlib
import dataclasses
import math
import operator
import random
import sys

from comparison.results import Contender, Disagreement, Group, disagreements
from comparison.table import threads_of
from comparison.worker import Worker, WorkerError

VOCABULARY = 30522
TURN = 100     # milliseconds of work in a turn, at least one run
RUNS = 20      # in a turn, at most
WARM_UPS = 3   # the trace profiles itself in the first ones
SLOW = 2000    # milliseconds: a run that takes as long is warm after two
SHAPE_TIME = 60_000  # milliseconds for all turns at a shape, where that leaves FEWEST_ROUNDS
FEWEST_ROUNDS = 5
LONG_START = 10      # seconds: such a start is timed once
# How far answers in lower precisions may be from the eager model's: see deviation().
LOOSE = {"bf16": 0.05, "int8": 0.5}


@dataclasses.dataclass(frozen=True)
class Options:
    rounds: int
    starts: int
    tolerance: float  # how far an answer may be from the eager model's


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


def deviation(ours, theirs):
    """The root mean square of the difference as a share of that of `theirs`; NaN as above."""
    if math.isnan(difference(ours, theirs)):
        return math.nan
    off = map(operator.sub, ours, theirs)
    return math.sqrt(sum(one * one for one in off) / sum(one * one for one in theirs))


def batch_sizes(kind, shape):
    """How many sequences a contender may pad together: it is given its best."""
    count = len(shape.lengths)
    if not (kind.pads and shape.ragged and kind.any_batch):
        return [count]
    return sorted({1, min(8, count), count}, reverse=True)


def runs_in_turn(milliseconds):
    return min(max(round(TURN / max(milliseconds, 1e-3)), 1), RUNS)


def rounds_at(wanted, milliseconds):
    """Fewer than wanted where a round takes so many milliseconds that they would take long."""
    fitting = int(SHAPE_TIME / max(milliseconds, 1e-3))
    return min(wanted, max(fitting, FEWEST_ROUNDS))


class Bout:
    """All entrants on one model with one number of threads."""

    def __init__(self, environment, encoder, threads, entrants, options):
        self.environment = environment
        self.encoder = encoder
        self.threads = threads
        self.entrants = {entrant.kind.name: entrant for entrant in entrants}
        self.options = options
        self.folder = environment.folder / encoder.name
        self.contenders = [Contender(entrant.kind.name, entrant.title,
                                     precision=entrant.kind.precision) for entrant in entrants]
        self.workers = {}
        self.peaks = {}
        self.left_out = {}

    def measure(self, shapes):
        with contextlib.ExitStack() as stack:
            gauge = {name: stack.enter_context(self.start(
                self.environment.build / "henson_worker", f"peak-{name}", name))
                for name in self.precisions()}
            try:
                for contender in list(self.contenders):
                    self.attempt(contender, self.load)
                for shape in shapes:
                    self.compete(shape, gauge)
                for contender in self.contenders:
                    contender.peak_bytes = self.workers[contender.name].peak_bytes()
            finally:
                for worker in self.workers.values():
                    worker.close()
        shortest = min(shapes, key=lambda shape: shape.tokens)
        for contender in list(self.contenders):
            self.attempt(contender, self.time_start, len(shortest.lengths), self.input_of(shortest))
        return Group(self.encoder, self.threads, self.peaks.get("fp32", math.nan), shapes,
                     self.contenders, self.peaks)

    def precisions(self):
        return dict.fromkeys(contender.precision for contender in self.contenders)

    def start(self, program, name, *words):
        log = self.folder / f"{name}-{self.threads}.log"
        return Worker((program, *words), self.environment.variables, log)

    def attempt(self, contender, action, *words):
        """A rival that fails is left out, with its reason; Henson must not."""
        try:
            return action(contender, *words)
        except WorkerError as error:
            if self.entrants[contender.name].kind.is_henson:
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
        """The best that was seen is the machine's peak in a precision."""
        for precision, worker in gauge.items():
            found = float(worker.ask("peak", self.threads)[0])
            self.peaks[precision] = max(self.peaks.get(precision, 0), found)
            worker.rest()

    def compete(self, shape, gauge):
        say(f"{self.encoder.title}, {threads_of(self.threads)}, {shape.name}")
        counts, turns = {}, {}
        for contender in list(self.contenders):
            best = self.attempt(contender, self.warm_up, shape)
            if best is not None:
                counts[contender.name] = runs_in_turn(best)
                turns[contender.name] = counts[contender.name] * best
        self.check_all(shape)
        for number in range(rounds_at(self.options.rounds, sum(turns.values()))):
            self.measure_peak(gauge)
            first = number % max(len(self.contenders), 1)
            for contender in self.contenders[first:] + self.contenders[:first]:
                self.attempt(contender, self.take_turn, shape, counts[contender.name])
        self.check_all(shape)
        for contender in self.contenders:
            say(f"  {contender.title}: {min(contender.milliseconds[shape.name]):.2f} ms, "
                f"differs by at most {contender.worst_difference:.1e}")

    def check_all(self, shape):
        """The answers of the last run against the eager model's: no figures without them."""
        faults = []
        for contender in list(self.contenders):
            found = self.attempt(contender, self.check, shape)
            if found is not None:
                faults += disagreements([(contender.title, shape.name, found)],
                                        LOOSE.get(contender.precision, self.options.tolerance))
        if faults:
            raise Disagreement("; ".join(faults))

    def input_of(self, shape):
        return (self.folder / f"{shape.name}.ids").resolve()

    def warm_up(self, contender, shape):
        """Milliseconds of a run, with the size of batches that suits the contender best."""
        worker = self.workers[contender.name]
        kind = self.entrants[contender.name].kind
        seen = {}
        for size in batch_sizes(kind, shape):
            worker.ask("prepare", size, self.input_of(shape))
            times = worker.run(1)
            seen[size] = min(times + worker.run(1 if times[0] > SLOW else WARM_UPS - 1))
        size = min(seen, key=seen.get)
        if len(seen) > 1:
            worker.ask("prepare", size, self.input_of(shape))
            worker.run(1)  # the answer that is checked is of this size
        if kind.pads and shape.ragged:
            contender.batches[shape.name] = size
        worker.rest()
        return seen[size]

    def take_turn(self, contender, shape, count):
        worker = self.workers[contender.name]
        contender.milliseconds.setdefault(shape.name, []).extend(worker.run(count))
        worker.rest()

    def check(self, contender, shape):
        """How far the answer of the last run is from the eager model's."""
        path = (self.folder / "checked.answer").resolve()
        worker = self.workers[contender.name]
        worker.ask("answer", path)
        worker.rest()
        measure = deviation if contender.precision in LOOSE else difference
        found = measure(floats_of(path), floats_of(self.input_of(shape).with_suffix(".answer")))
        contender.note_difference(found)
        return found

    def time_start(self, contender, size, path):
        """Seconds from the start of a process to its first answer, the file being in memory."""
        for _ in range(self.options.starts):
            with self.open_worker(contender) as worker:
                self.load_into(worker, contender)
                worker.ask("prepare", size, path)
                worker.run(1)
                seconds = worker.age()
            contender.start_seconds = min(contender.start_seconds or seconds, seconds)
            if seconds > LONG_START:
                return
