"""Speed and accuracy of the real all-MiniLM-L6-v2 in all precisions: 200 sentences to vectors."""
import itertools
import math
import operator

from comparison.measure import Bout, floats_of
from comparison.shapes import SAMPLE, Shape

NAME = "sentences"


def read_shape(path):
    """The lengths of an .ids file."""
    numbers = memoryview(path.read_bytes()).cast("q")
    return Shape(NAME, tuple(numbers[1:1 + numbers[0]]))


def vectors_of(hidden, lengths):
    """The mean of each sequence's rows, of length 1."""
    width = len(hidden) // sum(lengths)
    vectors, first = [], 0
    for length in lengths:
        part = hidden[first:first + length * width]
        sums = [sum(part[k::width]) for k in range(width)]
        norm = math.sqrt(dot(sums, sums)) or 1.0
        vectors.append([one / norm for one in sums])
        first += length * width
    return vectors


def dot(a, b):
    return sum(map(operator.mul, a, b))


def ranks_of(numbers):
    """The place of each number in order; equal ones have the mean of their places."""
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    ranks, first = [0.0] * len(numbers), 0
    for _, group in itertools.groupby(order, key=numbers.__getitem__):
        places = list(group)
        for place in places:
            ranks[place] = first + (len(places) - 1) / 2
        first += len(places)
    return ranks


def rank_correlation(a, b):
    """Spearman's."""
    middle = (len(a) - 1) / 2
    left, right = ([rank - middle for rank in ranks_of(numbers)] for numbers in (a, b))
    return dot(left, right) / math.sqrt(dot(left, left) * dot(right, right))


def pairs_of(vectors):
    return [dot(a, b) for a, b in itertools.combinations(vectors, 2)]


def accuracy_of(found, exact):
    cosines = list(map(dot, found, exact))
    return {"mean_cosine": min(sum(cosines) / len(cosines), 1.0),
            "minimum_cosine": min(*cosines, 1.0),
            "rank_correlation": rank_correlation(pairs_of(found), pairs_of(exact))}


class AccuracyBout(Bout):
    """All entrants on the sentences, with what their vectors are worth."""

    def __init__(self, environment, threads, entrants, options):
        super().__init__(environment, SAMPLE, threads, entrants, options)
        self.answers = {}

    def measure_accuracy(self, shape):
        group = self.measure([shape])
        exact = vectors_of(floats_of(self.input_of(shape).with_suffix(".answer")), shape.lengths)
        for contender in group.contenders:
            vectors = vectors_of(self.answers[contender.name], shape.lengths)
            contender.accuracy = accuracy_of(vectors, exact)
        return group

    def check(self, contender, shape):
        found = super().check(contender, shape)
        self.answers[contender.name] = floats_of(self.folder / "checked.answer")
        return found
