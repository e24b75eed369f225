"""The broken files that are checked in are those that make_broken.py makes."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

BROKEN = pathlib.Path(__file__).resolve().parents[1] / "broken"
FOLDERS = ["archives", "lenient", "inputs", "cases", "vocabularies", "sound"]


def contents(root):
    return {str(path.relative_to(root)): path.read_bytes()
            for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file()}


class MakeBroken(unittest.TestCase):

    def test_makes_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-B", BROKEN / "make_broken.py", folder], check=True)
            made, there = contents(pathlib.Path(folder)), contents(BROKEN)
        self.assertEqual(sorted(made), sorted(there))
        self.assertEqual([name for name in made if made[name] != there[name]], [])


if __name__ == "__main__":
    unittest.main()
