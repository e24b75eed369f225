"""check_includes accepts what goes with the direction and names what goes against it."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_includes"


def check(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True)
        return done.returncode, done.stdout


TREE = {"loader/a.h": "", "kernels/b.h": "", "runtime/c.h": '#include "loader/a.h"\n',
        "tools/d.h": '#include "runtime/c.h"\n'}


class CheckIncludes(unittest.TestCase):

    def refused(self, name, text, message):
        code, out = check(TREE | {name: text})
        self.assertEqual(code, 1)
        self.assertIn(message, out)

    def test_right_direction(self):
        self.assertEqual(check(TREE), (0, "check_includes: 4 files, 0 faults\n"))

    def test_loader_includes_runtime(self):
        self.refused("loader/x.cc", '\n#include "runtime/c.h"\n',
                     "loader/x.cc:2: loader must not include runtime/c.h")

    def test_kernels_include_loader(self):
        self.refused("kernels/x.cc", '#  include <loader/a.h>\n',
                     "kernels/x.cc:1: kernels must not include loader/a.h")

    def test_runtime_includes_tools(self):
        self.refused("runtime/operators/x.cc", '#include "tools/d.h"\n',
                     "runtime/operators/x.cc:1: runtime must not include tools/d.h")

    def test_tests_of_the_loader_include_runtime(self):
        self.refused("tests/loader/x.cc", '#include "runtime/c.h"\n',
                     "tests/loader/x.cc:1: tests/loader must not include runtime/c.h")

    def test_relative_include(self):
        self.refused("runtime/x.cc", '#include "c.h"\n',
                     'runtime/x.cc:1: "c.h" is not a file from the root of the source tree')

    def test_empty_tree(self):
        self.assertEqual(check({})[0], 1)


if __name__ == "__main__":
    unittest.main()
