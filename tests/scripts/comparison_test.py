"""The pure parts of bench/compare: shapes, statistics, the table, the picture, the protocol."""
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

from comparison import contenders, measure, measure_accuracy, picture, results, table, worker  # noqa: E402
from comparison.environment import Environment, Missing, call, clean  # noqa: E402
from comparison.shapes import ENCODERS, Encoder, parse_shape  # noqa: E402

ABOUT = {"date": "2026-01-31", "cpu": "Some <CPU> & more", "command": "bench/compare --quick",
         "load": 0.04, "versions": {"torch": "2.13.0"}, "skipped": {"OpenVINO": "no network"}}
SMALL = Encoder("small", "Small", layers=1, hidden=10, heads=1, intermediate=20)


def group_of(**milliseconds):
    """A group with one shape, 1x2, and a contender for each argument."""
    found = [results.Contender(name, name.title(), {"1x2": times})
             for name, times in milliseconds.items()]
    return results.Group(SMALL, 1, 0.5, [parse_shape("1x2")], found)


class Shapes(unittest.TestCase):

    def test_even(self):
        shape = parse_shape("8x128")
        self.assertEqual((shape.lengths, shape.tokens, shape.ragged), ((128,) * 8, 1024, False))

    def test_ragged(self):
        shape = parse_shape("64x8..128")
        self.assertEqual((len(shape.lengths), shape.lengths[0], shape.lengths[-1]), (64, 8, 128))
        steps = {b - a for a, b in zip(shape.lengths, shape.lengths[1:])}
        self.assertEqual(steps, {1, 2})
        self.assertTrue(shape.ragged)
        self.assertEqual(parse_shape("1x8..128").lengths, (8,))

    def test_refused(self):
        for text in ("", "8", "x8", "8x", "0x4", "4x0", "2x9..8", "2x3x4", "-1x3", "8 x 4"):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_shape(text)

    def test_operations(self):
        # 800 weights a token, and attention of 2 tokens: 2 products of 2 * 2 * 10 multiply-adds.
        self.assertEqual(SMALL.operations(parse_shape("1x2")), 2 * (2 * 800 + 2 * 40))
        self.assertEqual(SMALL.operations(parse_shape("2x1..2")), 2 * (3 * 800 + 2 * 10 + 2 * 40))

    def test_bert_base(self):
        # 85 million weights in the layers.
        operations = ENCODERS["bert-base"].operations(parse_shape("1x128"))
        self.assertEqual(operations, 2 * 12 * (128 * 7077888 + 2 * 128 * 128 * 768))


class Statistics(unittest.TestCase):

    def test_row(self):
        group = group_of(trace=[4.0, 2.0], henson=[1.0, 9.0, 1.5])
        row = group.row(group.contenders[1], group.shapes[0])
        self.assertEqual((row["best_ms"], row["median_ms"], row["runs"]), (1.0, 1.5, 3))
        self.assertAlmostEqual(row["gops"], 3360 / 1e6)
        self.assertAlmostEqual(row["share_of_peak"], 3360 / 1e6 / 0.5)
        self.assertEqual(row["times_the_trace"], 2.0)

    def test_no_trace(self):
        group = group_of(henson=[1.0])
        self.assertIsNone(group.row(group.contenders[0], group.shapes[0])["times_the_trace"])

    def test_not_measured(self):
        group = group_of(henson=[])
        self.assertIsNone(group.row(group.contenders[0], group.shapes[0]))

    def test_json(self):
        found = json.loads(json.dumps(results.as_json([group_of(trace=[2.0])], [], ABOUT)))
        self.assertEqual(found["date"], "2026-01-31")
        trace = found["groups"][0]["contenders"][0]
        self.assertEqual(trace["shapes"]["1x2"]["best_ms"], 2.0)

    def test_difference(self):
        one = array.array("f", [1, 2, 3])
        self.assertEqual(measure.difference(one, one), 0)
        self.assertEqual(measure.difference(one, array.array("f", [1, 2.5, 2])), 1)
        for other in ([1, 2], [1, 2, math.nan], []):
            self.assertTrue(math.isnan(measure.difference(one, array.array("f", other))))
        self.assertTrue(math.isnan(measure.difference(array.array("f"), array.array("f"))))

    def test_disagreements(self):
        found = [("A", "1x2", 1e-6), ("B", "1x2", 2e-3), ("C", "1x2", math.nan)]
        lines = results.disagreements(found, 1e-3)
        self.assertEqual([line[0] for line in lines], ["B", "C"])

    def test_worst_difference(self):
        contender = results.Contender("a", "A")
        for found, worst in ((1e-6, 1e-6), (1e-7, 1e-6), (2e-6, 2e-6)):
            contender.note_difference(found)
            self.assertEqual(contender.worst_difference, worst)
        contender.note_difference(math.nan)
        contender.note_difference(1.0)
        self.assertTrue(math.isnan(contender.worst_difference))

    def test_turns(self):
        self.assertEqual([measure.runs_in_turn(ms) for ms in (0, 1, 30, 5000)], [20, 20, 3, 1])

    def test_rounds(self):
        self.assertEqual([measure.rounds_at(12, ms) for ms in (0, 700, 7500, 90_000)],
                         [12, 12, 8, 5])
        self.assertEqual(measure.rounds_at(3, 90_000), 3)

    def test_sequences(self):
        numbers = measure.sequences_of(parse_shape("2x1..3"))
        self.assertEqual(list(numbers[:3]), [2, 1, 3])
        self.assertEqual(len(numbers), 7)
        self.assertEqual(numbers, measure.sequences_of(parse_shape("2x1..3")))

    def test_sizes_of_batches(self):
        kinds = {kind.name: kind for kind in contenders.KINDS}
        ragged, even = parse_shape("64x8..128"), parse_shape("8x128")
        self.assertEqual(measure.batch_sizes(kinds["trace"], ragged), [64, 8, 1])
        self.assertEqual(measure.batch_sizes(kinds["trace"], even), [8])
        self.assertEqual(measure.batch_sizes(kinds["henson"], ragged), [64])
        self.assertEqual(measure.batch_sizes(kinds["compile"], ragged), [64])


class Accuracy(unittest.TestCase):

    def test_vectors(self):
        hidden = array.array("f", [3, 0, 0, 4, 5, 0])  # two tokens, then one, of two numbers
        [one, two] = measure_accuracy.vectors_of(hidden, (2, 1))
        for found, wanted in zip(one + two, (0.6, 0.8, 1, 0)):
            self.assertAlmostEqual(found, wanted)

    def test_rank_correlation(self):
        # As scipy.stats.spearmanr has it.
        self.assertAlmostEqual(measure_accuracy.rank_correlation([1, 2, 3], [10, 11, 50]), 1)
        self.assertAlmostEqual(measure_accuracy.rank_correlation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]),
                               0.8207826816681233)
        self.assertAlmostEqual(measure_accuracy.rank_correlation([.1, .3, .3, .2], [7, 7, 9, 8]),
                               0.38888888888888895)

    def test_accuracy(self):
        exact = [[1, 0], [0, 1], [0.6, 0.8]]
        found = measure_accuracy.accuracy_of([[1, 0], [0, 1], [0.8, 0.6]], exact)
        self.assertAlmostEqual(found["mean_cosine"], (2 + 0.96) / 3)
        self.assertAlmostEqual(found["minimum_cosine"], 0.96)
        self.assertAlmostEqual(found["rank_correlation"], 0.5)

    def test_shape(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "sentences.ids"
            path.write_bytes(array.array("q", [2, 1, 3, 7, 8, 9, 10]).tobytes())
            self.assertEqual(measure_accuracy.read_shape(path).lengths, (1, 3))

    def test_deviation(self):
        self.assertAlmostEqual(measure.deviation(array.array("f", [3, 5]),
                                                 array.array("f", [3, 4])), 0.2)
        self.assertTrue(math.isnan(measure.deviation(array.array("f", [1]),
                                                     array.array("f", [math.nan]))))

    def group(self):
        group = group_of(**{"henson": [1.0], "henson-int8": [0.25], "ort-int8": [0.5]})
        group.peaks = {"fp32": 0.5, "int8": 2.0}
        for contender, cosine in zip(group.contenders, (1.0, 0.999, 0.99)):
            contender.precision = "int8" if "int8" in contender.name else "fp32"
            contender.accuracy = {"mean_cosine": cosine, "minimum_cosine": cosine - 0.01,
                                  "rank_correlation": cosine}
        return group

    def test_share_of_its_own_peak(self):
        group = self.group()
        shares = [group.row(contender, group.shapes[0])["share_of_peak"]
                  for contender in group.contenders]
        self.assertAlmostEqual(shares[1], shares[0])  # four times as fast, of four times the peak
        self.assertAlmostEqual(shares[2], shares[0] / 2)
        self.assertIn("fp32 0.500, int8 2.00 Gop/s", table.heading(group))

    def test_section(self):
        lines = table.accuracy_section(self.group()).splitlines()
        self.assertIn("| Henson-Int8 | 4,000 | – | 0.999000 | 0.989000 | 0.999000 | – |", lines)

    def test_picture(self):
        text = picture.draw_accuracy(self.group(), ABOUT)
        root = ElementTree.fromstring(text)
        marks = [e for e in root if (e.get("class") or "").startswith("bar")]
        self.assertEqual([e.tag.rpartition("}")[2] for e in marks], ["circle", "rect", "rect"])
        self.assertEqual(["ours" in e.get("class") for e in marks], [True, True, False])
        ours, theirs = (float(e.get("y")) for e in marks[1:])
        self.assertLess(float(marks[0].get("cy")), ours)  # exact above
        self.assertLess(ours, theirs)                     # the better above the worse
        self.assertGreater(float(marks[1].get("x")), float(marks[2].get("x")))
        width, height = map(float, root.get("viewBox").split()[2:])
        for label in (e for e in root if e.tag.endswith("}text")):
            self.assertTrue(0 <= float(label.get("x")) <= width, label.text)
            self.assertTrue(0 <= float(label.get("y")) <= height, label.text)

    def test_labels_keep_apart(self):
        taken = []
        for _ in range(8):
            box = picture.place_label(300, 200, "some contender", taken)
            self.assertFalse(any(picture.overlap(box, other) for other in taken))
            taken.append(box)


class Table(unittest.TestCase):

    def test_numbers(self):
        values = (None, 0.1234, 4.567, 78.94, 1234.5)
        self.assertEqual([table.format_number(value) for value in values],
                         ["–", "0.123", "4.57", "78.9", "1234"])

    def test_details(self):
        group = group_of(trace=[4.0, 2.0], henson=[1.0], eager=[])
        self.assertEqual(table.details(group, group.shapes[0]).splitlines(), [
            "| 1x2 | best ms | median ms | Gop/s | of peak | × trace |",
            "| --- | --: | --: | --: | --: | --: |",
            "| Henson | 1.00 | 1.00 | 0.003 | 1% | 2.00× |",
            "| Trace | 2.00 | 3.00 | 0.002 | 0% | 1.00× |"])

    def test_overview(self):
        group = group_of(henson=[1.0], eager=[])
        group.contenders[0].peak_bytes = 123_400_000
        group.contenders[0].start_seconds = 0.25
        lines = table.overview(group).splitlines()
        self.assertEqual(lines[2:], ["| Henson | 1.00 (1%) | 123 | 0.250 |",
                                     "| Eager | – | – | – |"])

    def test_document(self):
        group = group_of(henson=[1.0], trace=[2.0])
        group.contenders[1].batches["1x2"] = 8
        group.contenders[1].worst_difference = 2.04e-6
        text = table.document([group], [], ABOUT)
        for part in ("2026-01-31, Some <CPU> & more, load 0.0 before the start: "
                     "`bench/compare --quick`",
                     "- OpenVINO: left out, no network", "## Small, one thread, peak 0.500 Gop/s",
                     "at a time as were fastest: Trace 8.", "in fp32 are within 2.0e-06 of the eager",
                     "Versions: torch 2.13.0."):
            self.assertIn(part, text)


class Picture(unittest.TestCase):

    def draw(self, **milliseconds):
        text = picture.draw(group_of(**milliseconds), ABOUT)
        root = ElementTree.fromstring(text)
        kinds = {kind: [e for e in root if e.tag.endswith("}" + kind)] for kind in ("rect", "text")}
        return root, kinds["rect"], [e.text for e in kinds["text"]]

    def test_bars(self):
        # Operations at 1x2 in a thousandth of their number of nanoseconds: half of the peak.
        half = 3360 / 0.25 / 1e6
        _, (card, *rects), _ = self.draw(henson=[half], trace=[2 * half])
        self.assertEqual(card.get("class"), "card")
        track, ours, _, trace = [float(rect.get("width")) for rect in rects]
        self.assertAlmostEqual(ours / track, 0.5, delta=0.01)
        self.assertAlmostEqual(trace / track, 0.25, delta=0.01)
        self.assertEqual([rect.get("class").split() for rect in rects],
                         [["track"], ["bar", "ours"], ["track"], ["bar"]])

    def test_words(self):
        _, _, words = self.draw(henson=[1.0], eager=[])
        self.assertIn("Small, one thread", words)
        self.assertIn("Henson", words)
        self.assertEqual(words[-1], "–")
        self.assertTrue(any("Some <CPU> & more, 2026-01-31" in text for text in words))

    def test_all_within(self):
        root, rects, _ = self.draw(henson=[1e-9], trace=[1.0])
        width, height = map(float, root.get("viewBox").split()[2:])
        for rect in rects:
            self.assertLessEqual(float(rect.get("x")) + float(rect.get("width")), width)
            self.assertLessEqual(float(rect.get("y")) + float(rect.get("height")), height)


# A contender that answers by the protocol, fails when told, and dies when told.
SERVER = """
import sys
for line in sys.stdin:
    if line == "die\\n":
        sys.exit("out of luck")
    print("error no such thing" if line == "fail\\n" else "ok 1.5 2.5", flush=True)
"""


class Processes(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, **options):
        started = worker.Worker([sys.executable, "-c", SERVER], None, self.folder / "log",
                                **options)
        self.addCleanup(started.close)
        return started

    def test_answers_between_rests(self):
        server = self.start()
        for _ in range(2):
            self.assertEqual(server.run(2), [1.5, 2.5])
            server.rest()
        self.assertGreater(server.peak_bytes(), 1 << 20)
        self.assertGreater(server.age(), 0)

    def test_error(self):
        with self.assertRaisesRegex(worker.WorkerError, "^no such thing$"):
            self.start().ask("fail")

    def test_death(self):
        server = self.start()
        with self.assertRaisesRegex(worker.WorkerError, "it ended: out of luck"):
            server.ask("die")
        server.process.wait()
        with self.assertRaisesRegex(worker.WorkerError, "it ended: out of luck"):
            server.ask("run", 1)

    def test_silence(self):
        server = worker.Worker([sys.executable, "-c", "import time; time.sleep(60)"], None,
                               self.folder / "log", limit=0.1)
        self.addCleanup(server.close)
        with self.assertRaisesRegex(worker.WorkerError, "no answer to `run`"):
            server.run(1)

    def test_failing_command(self):
        command = [sys.executable, "-c", "import sys; sys.exit('no wheel')"]
        with self.assertRaisesRegex(Missing, "no wheel"):
            call(command, self.folder / "log")

    def test_no_such_command(self):
        with self.assertRaisesRegex(Missing, "^no-such-compiler: No such file or directory$"):
            call(["no-such-compiler"], self.folder / "log")

    def test_given_environment_without_packages(self):
        environment = Environment(self.folder / "a", self.folder, pathlib.Path(sys.executable))
        environment.probe = lambda name: False
        environment.find_packages(["openvino"])
        self.assertRegex(environment.missing["openvino"], "has no openvino")

    def test_variables(self):
        kept = clean({"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "7", "HOME": "/h"},
                     self.folder)
        self.assertEqual({"OPENBLAS_CORETYPE", "OMP_NUM_THREADS"} & kept.keys(), set())
        self.assertEqual(kept["HOME"], "/h")

    def test_kept_to_an_instruction_set(self):
        folder = self.folder / "b"
        environment = Environment(folder, folder, pathlib.Path(sys.executable), "avx2")
        self.assertEqual(environment.variables["HENSON_ISA"], "avx2")
        environment.build_henson = lambda program: folder / program
        environment.find_packages = lambda wanted: None
        kinds = contenders.choose(["henson", "onnxruntime", "openvino"], contenders.KINDS)
        entrants, left_out = contenders.gather(kinds, environment)
        self.assertEqual([entrant.title for entrant in entrants], ["Henson", "OpenVINO"])
        self.assertEqual(left_out, {"ONNX Runtime, fused": "it cannot be kept to avx2"})


class Choice(unittest.TestCase):

    def test_choose(self):
        self.assertEqual(contenders.choose([], contenders.KINDS), list(contenders.KINDS))
        self.assertEqual([kind.name for kind in contenders.choose(["trace", "henson"],
                                                                     contenders.KINDS)],
                         ["henson", "trace"])
        with self.assertRaisesRegex(ValueError, "`caffe` is no contender"):
            contenders.choose(["caffe"], contenders.KINDS)
        self.assertEqual(contenders.choose(["trace"], contenders.TEXT_KINDS), [])
        chosen = contenders.choose([], contenders.KINDS, ["int8"])
        self.assertEqual({kind.precision for kind in chosen}, {"int8"})
        self.assertIn("henson-int8", [kind.name for kind in chosen])
        with self.assertRaisesRegex(ValueError, "`fp8` is no precision"):
            contenders.choose([], contenders.KINDS, ["fp8"])


class FakeWorker:
    """Notes what it is asked; so many milliseconds a run for each size of batches."""

    def __init__(self, milliseconds):
        self.milliseconds = milliseconds
        self.asked = []

    def ask(self, command, size, _path):
        self.asked.append((command, size))

    def run(self, count):
        size = self.asked[-1][1] if self.asked[-1][0] == "prepare" else self.asked[-1][2]
        self.asked.append(("run", count, size))
        return [self.milliseconds[size]] * count

    def rest(self):
        self.asked.append(("rest",))


class FakeBout(measure.Bout):
    """A bout whose workers answer from a table: name -> difference."""

    def __init__(self, differences, failing=()):
        entrants = [contenders.Entrant(kind, kind.title, ()) for kind in contenders.KINDS[:2]]
        environment = type("Nowhere", (), {"folder": pathlib.Path(".")})()
        super().__init__(environment, SMALL, 1, entrants, measure.Options(2, 1, 1e-3))
        self.found = differences
        self.failing = failing
        self.turns = []

    def warm_up(self, contender, shape):
        return 1.0

    def measure_peak(self, gauge):
        self.peaks = {"fp32": 1.0}

    def take_turn(self, contender, shape, count):
        if contender.name in self.failing:
            raise worker.WorkerError("it ended")
        self.turns.append(contender.name)
        contender.milliseconds.setdefault(shape.name, []).append(1.0)

    def check(self, contender, shape):
        contender.note_difference(self.found[contender.name])
        return self.found[contender.name]


class Bouts(unittest.TestCase):

    def setUp(self):
        self.addCleanup(setattr, measure, "say", measure.say)
        measure.say = lambda *words: None

    def warm_up(self, milliseconds):
        bout = FakeBout({})
        trace = bout.contenders[1]
        bout.workers["trace"] = FakeWorker(milliseconds)
        best = measure.Bout.warm_up(bout, trace, parse_shape("64x8..128"))
        return best, trace.batches, bout.workers["trace"].asked

    def test_best_size_runs_before_its_answer_is_checked(self):
        best, batches, asked = self.warm_up({64: 30.0, 8: 10.0, 1: 20.0})
        self.assertEqual((best, batches), (10.0, {"64x8..128": 8}))
        self.assertEqual(asked[-3:], [("prepare", 8), ("run", 1, 8), ("rest",)])

    def test_slow_runs_are_warm_after_two(self):
        _, _, asked = self.warm_up({64: 3000.0, 8: 10.0, 1: 20.0})
        self.assertEqual([word[1] for word in asked if word[0] == "run"], [1, 1, 1, 2, 1, 2, 1])

    def test_in_turn(self):
        bout = FakeBout({"henson": 0.0, "trace": 0.0})
        bout.compete(parse_shape("1x2"), None)
        self.assertEqual(bout.turns, ["henson", "trace", "trace", "henson"])

    def test_disagreement(self):
        with self.assertRaisesRegex(results.Disagreement, "PyTorch trace at 1x2: differs by 0.5"):
            FakeBout({"henson": 0.0, "trace": 0.5}).compete(parse_shape("1x2"), None)

    def test_rival_fails(self):
        bout = FakeBout({"henson": 0.0, "trace": 0.0}, ["trace"])
        bout.compete(parse_shape("1x2"), None)
        self.assertEqual([contender.name for contender in bout.contenders], ["henson"])
        self.assertEqual(bout.left_out, {"PyTorch trace": "it ended"})

    def test_henson_fails(self):
        with self.assertRaises(worker.WorkerError):
            FakeBout({"henson": 0.0, "trace": 0.0}, ["henson"]).compete(parse_shape("1x2"), None)


if __name__ == "__main__":
    unittest.main()
