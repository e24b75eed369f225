"""What was measured, and the figures that follow from it."""
import dataclasses
import math
import statistics


class Disagreement(Exception):
    """Answers differ: there is nothing to compare."""


@dataclasses.dataclass
class Contender:
    """One contender on one model with one number of threads."""
    name: str
    title: str
    milliseconds: dict = dataclasses.field(default_factory=dict)  # shape -> all timed runs
    start_seconds: float | None = None   # process start to first answer, best
    peak_bytes: int | None = None        # resident, after all shapes
    worst_difference: float | None = None  # from the reference, over all shapes
    batches: dict = dataclasses.field(default_factory=dict)  # shape -> sequences padded together
    precision: str = "fp32"
    accuracy: dict = dataclasses.field(default_factory=dict)  # of vectors, see measure_accuracy

    def note_difference(self, found):
        """NaN stays: no difference is worse."""
        worst = self.worst_difference
        if worst is None or math.isnan(found) or found > worst:
            self.worst_difference = found


@dataclasses.dataclass
class Group:
    """All contenders on one model with one number of threads."""
    encoder: object
    threads: int
    peak_gops: float
    shapes: list
    contenders: list
    peaks: dict = dataclasses.field(default_factory=dict)  # precision -> Gop/s, where several are

    def peak_of(self, contender):
        """Of multiply-adds in its precision."""
        return self.peaks.get(contender.precision, self.peak_gops)

    def row(self, contender, shape):
        times = contender.milliseconds.get(shape.name)
        if not times:
            return None
        best = min(times)
        gops = self.encoder.operations(shape) / best / 1e6
        base = self.trace_best(shape)
        return {"best_ms": best, "median_ms": statistics.median(times), "runs": len(times),
                "gops": gops, "share_of_peak": gops / self.peak_of(contender),
                "times_the_trace": base / best if base else None}

    def trace_best(self, shape):
        times = [t for c in self.contenders if c.name == "trace"
                 for t in c.milliseconds.get(shape.name, [])]
        return min(times, default=None)


@dataclasses.dataclass(frozen=True)
class Texts:
    """The lines that are made to vectors."""
    description: str
    count: int
    name: str = "texts"


@dataclasses.dataclass
class TextGroup:
    """All contenders from texts to vectors with one number of threads."""
    model: str
    threads: int
    texts: Texts
    contenders: list
    tokens: int = 0  # of all texts, special ones too

    def row(self, contender):
        times = contender.milliseconds.get(self.texts.name)
        if not times:
            return None
        best = min(times)
        base = self.default_best()
        return {"best_ms": best, "median_ms": statistics.median(times), "runs": len(times),
                "sentences_per_second": 1e3 * self.texts.count / best,
                "tokens_per_second": 1e3 * self.tokens / best,
                "times_sentence_transformers": base / best if base else None}

    def default_best(self):
        """Of sentence-transformers with its own size of batches."""
        times = [t for c in self.contenders if c.name == "sentence-transformers"
                 for t in c.milliseconds.get(self.texts.name, [])]
        return min(times, default=None)


def facts_of(contender):
    """What is told of a contender whatever it ran."""
    return {"name": contender.name,
            "title": contender.title,
            "precision": contender.precision,
            "start_seconds": contender.start_seconds,
            "peak_rss_bytes": contender.peak_bytes,
            "worst_difference": contender.worst_difference}


def texts_as_json(group):
    return {"model": group.model, "threads": group.threads, "texts": group.texts.description,
            "count": group.texts.count, "tokens": group.tokens,
            "contenders": [{
                **facts_of(contender),
                "texts_at_once": contender.batches.get(group.texts.name),
                **(group.row(contender) or {}),
            } for contender in group.contenders]}


def as_json(groups, text_groups, about):
    """One object, for machines."""
    return {**about, "texts": [texts_as_json(group) for group in text_groups], "groups": [{
        "model": group.encoder.name,
        "threads": group.threads,
        "peak_gops": group.peak_gops,
        "peaks": group.peaks,
        "contenders": [{
            **facts_of(contender),
            "padded_together": contender.batches,
            **({"accuracy": contender.accuracy} if contender.accuracy else {}),
            "shapes": {shape.name: group.row(contender, shape) for shape in group.shapes
                       if contender.milliseconds.get(shape.name)},
        } for contender in group.contenders],
    } for group in groups]}


def disagreements(differences, tolerance):
    """Lines for contenders that are further than `tolerance` from the reference: `differences` are
    (contender, shape, greatest absolute difference); one that is no number disagrees."""
    return [f"{contender} at {shape}: differs by {difference:.3g}, allowed is {tolerance:g}"
            for contender, shape, difference in differences if not difference <= tolerance]
