"""Runs the contenders in turn from the same texts to vectors."""
import dataclasses

from comparison.measure import Bout, difference, floats_of, rounds_at, say
from comparison.results import Contender, Disagreement, TextGroup, disagreements
from comparison.table import threads_of

TITLE = "all-MiniLM-L6-v2"
REFERENCE = "sentence-transformers"
OWN_SIZE = {"henson": 1024, REFERENCE: 32}  # texts at once: of `henson embed`, of encode()
SIZES = 16, 32, 64, 128  # that sentence-transformers is tried with
TRIED = 1000             # lines that are enough to try a size
WARMING = 100            # lines that are enough to warm up
TRIALS = 2               # of each size, at most


@dataclasses.dataclass(frozen=True)
class Model:
    name: str = "sample"
    title: str = TITLE


def write_texts(folder, lines):
    """texts.txt for the runs, some.txt for trials, few.txt to warm up, first.txt for the start."""
    for name, count in (("texts", None), ("some", TRIED), ("few", WARMING), ("first", 1)):
        text = "".join(line + "\n" for line in lines[:count])
        (folder / f"{name}.txt").write_bytes(text.encode())


def fastest(seen):
    """The key with the least of all times; the earlier one when they are alike."""
    return min(seen, key=lambda size: min(seen[size]))


def raise_faults(faults):
    if faults:
        raise Disagreement("; ".join(faults))


class TextBout(Bout):
    """All entrants with one number of threads."""

    def __init__(self, environment, texts, threads, entrants, options):
        super().__init__(environment, Model(), threads, entrants, options)
        self.texts = texts
        for contender in self.contenders:
            contender.batches[texts.name] = OWN_SIZE[contender.name]

    def measure(self):
        say(f"Texts, {TITLE}, {threads_of(self.threads)}")
        for contender in list(self.contenders):
            if contender.name == REFERENCE:
                self.attempt(contender, self.add_tuned)
        group = TextGroup(TITLE, self.threads, self.texts, self.contenders)
        try:
            self.all_do(self.load)
            self.compete()
            self.check_all(self.texts)
            group.tokens = self.count_tokens()
        finally:
            for worker in self.workers.values():
                worker.close()
        for contender in list(self.contenders):
            self.attempt(contender, self.time_start, self.size_of(contender), self.path("first"))
        return group

    def path(self, name):
        return (self.folder / f"{name}.txt").resolve()

    def size_of(self, contender):
        return contender.batches[self.texts.name]

    def add_tuned(self, contender):
        """A second contender with the size of batches that suits it best, if that is another. It is
        found in a process of its own, whose memory does not count."""
        seen = {size: [] for size in SIZES}
        with self.open_worker(contender) as worker:
            self.load_into(worker, contender)
            worker.ask("prepare", OWN_SIZE[REFERENCE], self.path("few"))
            worker.run(1)
            for _ in range(min(TRIALS, self.options.rounds)):
                for size in SIZES:
                    worker.ask("prepare", size, self.path("some"))
                    seen[size] += worker.run(1)
        say("  batches of " + ", ".join(f"{size}: {min(times):.0f} ms"
                                        for size, times in seen.items()))
        self.note_fastest(contender, fastest(seen))

    def note_fastest(self, contender, size):
        title = contender.title
        if size == OWN_SIZE[REFERENCE]:
            contender.title = f"{title}, batches of {size} (default)"
            return
        contender.title = f"{title}, batches of {OWN_SIZE[REFERENCE]} (default)"
        entrant = self.entrants[REFERENCE]
        name = f"{REFERENCE}-tuned"
        self.entrants[name] = dataclasses.replace(
            entrant, kind=dataclasses.replace(entrant.kind, name=name))
        tuned = Contender(name, f"{title}, batches of {size} (tuned)")
        tuned.batches[self.texts.name] = size
        self.contenders.append(tuned)

    def compete(self):
        self.all_do(self.warm_up)
        self.check_all(self.texts)
        self.all_do(self.prepare, "texts")
        self.take_turns(0)
        milliseconds = sum(self.times_of(contender)[0] for contender in self.contenders)
        for number in range(1, rounds_at(self.options.rounds, milliseconds)):
            self.take_turns(number)
        for contender in self.contenders:
            contender.peak_bytes = self.workers[contender.name].peak_bytes()
            say(f"  {contender.title}: {min(self.times_of(contender)) / 1e3:.2f} s")

    def all_do(self, action, *words):
        """What each answers, by name."""
        found = {contender.name: self.attempt(contender, action, *words)
                 for contender in list(self.contenders)}
        return {contender.name: found[contender.name] for contender in self.contenders}

    def take_turns(self, number):
        first = number % max(len(self.contenders), 1)
        for contender in self.contenders[first:] + self.contenders[:first]:
            self.attempt(contender, self.take_turn, self.texts, 1)

    def times_of(self, contender):
        return contender.milliseconds[self.texts.name]

    def prepare(self, contender, name):
        worker = self.workers[contender.name]
        worker.ask("prepare", self.size_of(contender), self.path(name))
        worker.rest()

    def warm_up(self, contender):
        self.prepare(contender, "few")
        worker = self.workers[contender.name]
        worker.run(1)
        worker.rest()

    def check_all(self, texts):
        """The vectors of the last runs against sentence-transformers' own: no figures when they
        differ."""
        vectors = self.all_do(self.vectors_of)
        if REFERENCE not in vectors:
            return
        found = []
        for contender in self.contenders:
            if contender.name != REFERENCE:
                distance = difference(vectors[contender.name], vectors[REFERENCE])
                contender.note_difference(distance)
                found.append((contender.title, texts.name, distance))
        raise_faults(disagreements(found, self.options.tolerance))

    def vectors_of(self, contender):
        path = (self.folder / "checked.answer").resolve()
        worker = self.workers[contender.name]
        worker.ask("answer", path)
        worker.rest()
        return floats_of(path)

    def count_tokens(self):
        """What all agree on: that it is the same work."""
        counts = self.all_do(self.tokens_of)
        if len(set(counts.values())) > 1:
            raise_faults([f"{name} makes {count} tokens" for name, count in counts.items()])
        return next(iter(counts.values()), 0)

    def tokens_of(self, contender):
        worker = self.workers[contender.name]
        count = int(worker.ask("tokens")[0])
        worker.rest()
        return count
