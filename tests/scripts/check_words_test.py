"""check_words names what must not be in the repository, with git or without."""
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_words"
MARK = "TO" "DO"


def check(files, **environment):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True,
                              env=os.environ | environment)
        return done.returncode, done.stdout, done.stderr


class CheckWords(unittest.TestCase):

    def test_what_is_built_is_left_out(self):
        files = {"a.cc": "", "build/b.cc": MARK, "build-dev/b.cc": MARK, ".git/b": MARK}
        self.assertEqual(check(files), (0, "check_words: 1 files, 0 faults\n", ""))

    def test_a_source_whose_name_begins_like_a_build_folder_is_read(self):
        code, out, _ = check({"runtime/builder.h": "\n// " + MARK})
        self.assertEqual(code, 1)
        self.assertIn("runtime/builder.h:2: a mark of unfinished work", out)

    def test_archives_within_archives(self):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("m/debug.pkl", "/ho" "me/jim/models/bert.py(3)")
        with tempfile.TemporaryDirectory() as folder:
            with zipfile.ZipFile(pathlib.Path(folder, "all.zip"), "w") as archive:
                archive.writestr("one.pt", inner.getvalue())
            done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True,
                                  check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("all.zip: one.pt: m/debug.pkl: a path of its maker's machine", done.stdout)

    def test_without_git(self):
        with tempfile.TemporaryDirectory() as nothing:
            self.assertEqual(check({"a.cc": ""}, PATH=nothing),
                             (0, "check_words: 1 files, 0 faults\n", ""))


if __name__ == "__main__":
    unittest.main()
