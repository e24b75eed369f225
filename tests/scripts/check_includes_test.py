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


TREE = {"runtime/include/henson/error.h": "", "runtime/include/henson/henson.h": "",
        "loader/a.h": '#include "henson/error.h"\n', "kernels/b.h": "",
        "runtime/graph/c.h": '#include "loader/a.h"\n',
        "tools/d.h": '#include "runtime/graph/c.h"\n'}


class CheckIncludes(unittest.TestCase):

    def refused(self, name, text, message):
        code, out = check(TREE | {name: text})
        self.assertEqual(code, 1)
        self.assertIn(message, out)

    def test_right_direction(self):
        self.assertEqual(check(TREE), (0, "check_includes: 6 files, 0 faults\n"))

    def test_loader_includes_runtime(self):
        self.refused("loader/x.cc", '\n#include "runtime/graph/c.h"\n',
                     "loader/x.cc:2: loader must not include runtime/graph/c.h")

    def test_kernels_include_loader(self):
        self.refused("kernels/x.cc", '#  include <loader/a.h>\n',
                     "kernels/x.cc:1: kernels must not include loader/a.h")

    def test_runtime_includes_tools(self):
        self.refused("runtime/operators/x.cc", '#include "tools/d.h"\n',
                     "runtime/operators/x.cc:1: runtime/operators must not include tools/d.h")

    def test_an_earlier_stage_includes_a_later_one(self):
        self.refused("runtime/tensor/x.h", '#include "runtime/graph/c.h"\n',
                     "runtime/tensor/x.h:1: runtime/tensor must not include runtime/graph/c.h")

    def test_tasks_include_what_is_not_public(self):
        self.refused("runtime/tasks/x.h", '#include "runtime/graph/c.h"\n',
                     "runtime/tasks/x.h:1: runtime/tasks must not include runtime/graph/c.h")
        self.refused("runtime/tasks/x.h", '#include "loader/a.h"\n',
                     "runtime/tasks/x.h:1: runtime/tasks must not include loader/a.h")

    def test_tasks_include_public_headers(self):
        self.assertEqual(check(TREE | {"runtime/tasks/x.h": '#include "henson/henson.h"\n'})[0], 0)

    def test_a_public_header_includes_the_loader(self):
        self.refused("runtime/include/henson/x.h", '#include "loader/a.h"\n',
                     "runtime/include/henson/x.h:1: runtime/include must not include loader/a.h")

    def test_the_loader_includes_the_public_api(self):
        self.refused("loader/x.cc", '#include "henson/henson.h"\n',
                     "loader/x.cc:1: loader must not include henson/henson.h")

    def test_a_folder_without_a_place(self):
        self.refused("runtime/misc/x.cc", "", "runtime/misc/x.cc: its folder has no place")

    def test_tests_of_the_loader_include_runtime(self):
        self.refused("tests/loader/x.cc", '#include "runtime/graph/c.h"\n',
                     "tests/loader/x.cc:1: tests/loader must not include runtime/graph/c.h")

    def test_relative_include(self):
        self.refused("runtime/graph/x.cc", '#include "c.h"\n',
                     'runtime/graph/x.cc:1: "c.h" is not a file from the root of the source tree')

    def test_empty_tree(self):
        self.assertEqual(check({})[0], 1)


if __name__ == "__main__":
    unittest.main()
