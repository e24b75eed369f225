"""The lines that are made to vectors: a file's, or sentences of words of the vocabulary."""
import itertools
import random
import statistics

MEDIAN_WORDS = 18
SPREAD = 0.6        # of the logarithm of the number of words
FEWEST, MOST = 5, 60
COMMONEST = "the"   # vocabularies of BERT list words from here on, the commonest first
RARE = 0.08         # share of words that are not in the vocabulary
NAMES = 0.06        # share of words with a capital
COMMAS = 0.07
ENDS = ".", "?", "!"
END_WEIGHTS = 90, 7, 3


def read_lines(path, count):
    """The first lines of a file that are not blank."""
    with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
        lines = (line.rstrip("\r\n") for line in file)
        found = list(itertools.islice((line for line in lines if line.strip()), count))
    if not found:
        raise ValueError(f"{path} has no text")
    return found


def words_and_pieces(vocabulary):
    """The words, the commonest first, and pieces that may continue one."""
    first = vocabulary.index(COMMONEST)
    words = [word for word in vocabulary[first:]
             if word.isascii() and word.isalpha() and len(word) > 1]
    pieces = [piece[2:] for piece in vocabulary if piece.startswith("##")
              and piece[2:].isascii() and piece[2:].isalpha() and len(piece) > 3]
    return words, pieces


class Writer:
    """Sentences by chance: a seed gives the same ones everywhere."""

    def __init__(self, vocabulary, seed=0):
        self.words, self.pieces = words_and_pieces(vocabulary)
        self.weights = list(itertools.accumulate(1 / (rank + 3) for rank in
                                                 range(len(self.words))))
        self.chance = random.Random(seed)

    def length(self):
        words = MEDIAN_WORDS * self.chance.lognormvariate(0, SPREAD)
        return min(max(round(words), FEWEST), MOST)

    def word(self):
        [word] = self.chance.choices(self.words, cum_weights=self.weights)
        if self.chance.random() < RARE:
            word += self.chance.choice(self.pieces)
        return word.capitalize() if self.chance.random() < NAMES else word

    def sentence(self):
        count = self.length()
        words = [self.word() for _ in range(count)]
        words[:-1] = [word + "," * (self.chance.random() < COMMAS) for word in words[:-1]]
        text = " ".join(words) + self.chance.choices(ENDS, END_WEIGHTS)[0]
        return text[0].upper() + text[1:]


def make_lines(vocabulary, count, seed=0):
    writer = Writer(vocabulary, seed)
    return [writer.sentence() for _ in range(count)]


def describe(lines):
    """ "1000 lines of 1 to 60 words, median 18" """
    words = [len(line.split()) for line in lines]
    return (f"{len(lines)} lines of {min(words)} to {max(words)} words, "
            f"median {statistics.median_low(words)}")
