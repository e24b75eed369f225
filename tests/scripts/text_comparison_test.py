"""The pure parts of bench/compare --texts: the lines, statistics, the table, the picture, turns."""
import array
import json
import math
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
sys.dont_write_bytecode = True

from comparison import contenders, measure, measure_texts, picture  # noqa: E402
from comparison import results, table, texts, worker  # noqa: E402

ABOUT = {"date": "2026-01-31", "cpu": "Some <CPU> & more", "command": "bench/compare --texts",
         "load": 0.04, "versions": {"torch": "2.13.0"}, "skipped": {}}
VOCABULARY = ["[PAD]", "[CLS]", "b", "the", "of", "##s", "##ing", "12", "house", "été", "##ed"]


def text_group_of(**milliseconds):
    """Ten texts of 40 tokens, and a contender for each argument."""
    found = [results.Contender(name.replace("_", "-"), name.title(), {"texts": times})
             for name, times in milliseconds.items()]
    return results.TextGroup("Small", 2, results.Texts("10 lines", 10), found, tokens=40)


class Lines(unittest.TestCase):

    def test_vocabulary(self):
        self.assertEqual(texts.words_and_pieces(VOCABULARY),
                         (["the", "of", "house"], ["ing", "ed"]))

    def test_made(self):
        lines = texts.make_lines(VOCABULARY, 2000)
        self.assertEqual(lines, texts.make_lines(VOCABULARY, 2000))
        self.assertNotEqual(lines, texts.make_lines(VOCABULARY, 2000, seed=1))
        lengths = sorted(len(line.split(" ")) for line in lines)
        self.assertEqual((lengths[0], lengths[-1]), (5, 60))
        self.assertAlmostEqual(lengths[1000], 18, delta=1)
        for line in lines:
            self.assertRegex(line, r"^[A-Z][A-Za-z, ]*[.?!]$")

    def test_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "lines"
            path.write_bytes(b"one\r\n\n  \ntwo \xe2\x80\xa8 2\nb\xffd\nlast")
            self.assertEqual(texts.read_lines(path, 9), ["one", "two \u2028 2", "b\ufffdd", "last"])
            self.assertEqual(texts.read_lines(path, 2), ["one", "two \u2028 2"])
            path.write_bytes(b" \n")
            with self.assertRaisesRegex(ValueError, "has no text"):
                texts.read_lines(path, 9)

    def test_described(self):
        self.assertEqual(texts.describe(["a b c", "d", "e f"]),
                         "3 lines of 1 to 3 words, median 2")


class TextResults(unittest.TestCase):

    def test_row(self):
        group = text_group_of(henson=[40.0, 20.0], sentence_transformers=[70.0, 60.0])
        row = group.row(group.contenders[0])
        self.assertEqual((row["best_ms"], row["median_ms"], row["runs"]), (20.0, 30.0, 2))
        self.assertEqual((row["sentences_per_second"], row["tokens_per_second"]), (500, 2000))
        self.assertEqual(row["times_sentence_transformers"], 3.0)

    def test_alone(self):
        group = text_group_of(henson=[20.0], sentence_transformers_tuned=[10.0])
        self.assertIsNone(group.row(group.contenders[0])["times_sentence_transformers"])
        self.assertIsNone(text_group_of(henson=[]).row(group.contenders[0].__class__("a", "A")))

    def test_json(self):
        group = text_group_of(henson=[20.0], sentence_transformers=[60.0])
        group.contenders[1].batches["texts"] = 32
        found = json.loads(json.dumps(results.as_json([], [group], ABOUT)))
        [part] = found["texts"]
        self.assertEqual((part["threads"], part["count"], part["tokens"]), (2, 10, 40))
        self.assertEqual(part["contenders"][0]["sentences_per_second"], 500)
        self.assertEqual(part["contenders"][1]["texts_at_once"], 32)

    def test_table(self):
        group = text_group_of(henson=[2.0], sentence_transformers=[6.0])
        group.contenders[0].peak_bytes = 150_000_000
        group.contenders[0].worst_difference = 3.06e-7
        text = table.document([], [group], ABOUT)
        for part in ("## Texts to vectors, Small, 2 threads",
                     "| Henson | 5,000 | 20,000 | 3.00× | 0.002 | 0.002 | 150 | – |",
                     "10 lines; 40 tokens, special ones too. Vectors are within 3.1e-07 of those"):
            self.assertIn(part, text)
        self.assertNotIn("eager model", text)

    def test_unchecked(self):
        self.assertIn("Vectors are not checked", table.texts_section(text_group_of(henson=[2.0])))

    def test_picture(self):
        group = text_group_of(henson=[20.0], sentence_transformers=[60.0], failed=[])
        root = ElementTree.fromstring(picture.draw_texts(group, ABOUT))
        _, track, ours, _, theirs = [float(e.get("width")) for e in root if e.tag.endswith("rect")]
        self.assertEqual(ours, track)
        self.assertAlmostEqual(theirs / ours, 1 / 3, delta=0.01)
        words = [e.text for e in root if e.tag.endswith("text")]
        for part in ("Texts to vectors, Small, 2 threads", "500 sentences/s", "3.00×", "–"):
            self.assertIn(part, words)


class FakeTextBout(measure_texts.TextBout):
    """A bout whose contenders give vectors and numbers of tokens from tables."""

    def __init__(self, vectors, tokens=(40, 40), rounds=3):
        entrants = [contenders.Entrant(kind, kind.title, ()) for kind in contenders.TEXT_KINDS]
        environment = type("Nowhere", (), {"folder": pathlib.Path(".")})()
        super().__init__(environment, results.Texts("10 lines", 10), 1, entrants,
                         measure.Options(rounds, 1, 1e-5))
        self.vectors = vectors
        self.tokens = dict(zip(vectors, tokens))
        self.asked = []
        self.workers = {name: type("Worker", (), {"peak_bytes": lambda self: 5})()
                        for name in vectors}

    def warm_up(self, contender):
        self.asked.append(("warm", contender.name))

    def prepare(self, contender, name):
        self.asked.append((name, contender.name))

    def take_turn(self, contender, shape, count):
        if self.vectors[contender.name] is None:
            raise worker.WorkerError("it ended")
        self.asked.append(("run", contender.name))
        contender.milliseconds.setdefault(shape.name, []).append(1.0)

    def vectors_of(self, contender):
        return array.array("f", self.vectors[contender.name] or [0])

    def tokens_of(self, contender):
        return self.tokens[contender.name]


class TextBouts(unittest.TestCase):

    def setUp(self):
        self.addCleanup(setattr, measure_texts, "say", measure_texts.say)
        self.addCleanup(setattr, measure, "say", measure.say)
        measure_texts.say = measure.say = lambda *words: None

    def bout(self, henson=(1, 2), rival=(1, 2), **options):
        return FakeTextBout({"henson": henson, "sentence-transformers": rival}, **options)

    def test_in_turn_and_warm(self):
        bout = self.bout(rounds=2)
        bout.compete()
        ours, theirs = "henson", "sentence-transformers"
        self.assertEqual(bout.asked, [("warm", ours), ("warm", theirs), ("texts", ours),
                                      ("texts", theirs), ("run", ours), ("run", theirs),
                                      ("run", theirs), ("run", ours)])
        self.assertEqual(bout.contenders[0].peak_bytes, 5)
        self.assertEqual(bout.contenders[0].worst_difference, 0)

    def test_disagreement(self):
        for ours in ((1, 2.1), (1,), (1, math.nan)):
            with self.subTest(ours):
                with self.assertRaisesRegex(results.Disagreement, "Henson at texts"):
                    self.bout(henson=ours).compete()

    def test_tokens(self):
        self.assertEqual(self.bout().count_tokens(), 40)
        with self.assertRaisesRegex(results.Disagreement, "henson makes 41 tokens; sentence-tr"):
            self.bout(tokens=(41, 40)).count_tokens()

    def test_rival_fails(self):
        bout = self.bout(rival=None)
        bout.workers["sentence-transformers"].close = lambda: None
        bout.vectors_of = lambda contender: array.array("f", [1, 2])
        bout.compete()
        self.assertEqual([contender.name for contender in bout.contenders], ["henson"])
        self.assertEqual(bout.left_out, {"sentence-transformers": "it ended"})

    def test_tuned(self):
        self.assertEqual(measure_texts.fastest({16: [3, 9], 32: [5, 2], 64: [2, 7]}), 32)
        bout = self.bout()
        bout.note_fastest(bout.contenders[1], 32)
        self.assertEqual([contender.title for contender in bout.contenders],
                         ["Henson", "sentence-transformers, batches of 32 (default)"])
        bout = self.bout()
        bout.note_fastest(bout.contenders[1], 64)
        tuned = bout.contenders[2]
        self.assertEqual((tuned.name, tuned.title, bout.size_of(tuned)), (
            "sentence-transformers-tuned", "sentence-transformers, batches of 64 (tuned)", 64))
        self.assertIn(tuned.name, bout.entrants)


if __name__ == "__main__":
    unittest.main()
