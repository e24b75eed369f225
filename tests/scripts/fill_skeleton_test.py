"""fill_skeleton.py puts the right bytes in the right place, and refuses weights that do not fit."""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools" / "sample" / "fill_skeleton.py"
WANTED = {"data/0": {"name": "w", "dtype": "F32", "shape": [2, 2]}}
GOOD = {"dtype": "F32", "shape": [2, 2], "data_offsets": [4, 20]}
DATA = bytes(range(24))


class FillSkeleton(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        with zipfile.ZipFile(self.folder / "skeleton.zip", "w") as archive:
            archive.writestr("m/data.pkl", b"pickle")
            archive.writestr("m/code/m.py", "class M", zipfile.ZIP_DEFLATED)
            archive.writestr("m/data/0", b"")
            archive.writestr("m/weights.json", json.dumps(WANTED))

    def fill(self, header, data=DATA, length=None):
        text = json.dumps(header).encode()
        prefix = struct.pack("<Q", len(text) if length is None else length)
        (self.folder / "weights").write_bytes(prefix + text + data)
        return subprocess.run([sys.executable, SCRIPT, self.folder / "skeleton.zip",
                               self.folder / "weights", self.folder / "out.pt"],
                              capture_output=True, text=True)

    def refused(self, message, *args, **kwargs):
        done = self.fill(*args, **kwargs)
        self.assertEqual(done.returncode, 1)
        self.assertIn(message, done.stderr)
        self.assertEqual(list(self.folder.glob("out.pt*")), [])

    def test_fills(self):
        self.assertEqual(self.fill({"w": GOOD}).returncode, 0)
        with open(self.folder / "out.pt", "rb") as file, zipfile.ZipFile(file) as archive:
            self.assertEqual(archive.namelist(), ["m/data.pkl", "m/code/m.py", "m/data/0"])
            self.assertEqual(archive.read("m/data/0"), DATA[4:20])
            self.assertEqual(archive.read("m/code/m.py"), b"class M")
            for info in archive.infolist():
                file.seek(info.header_offset + 26)
                name, extra = struct.unpack("<HH", file.read(4))
                self.assertEqual((info.header_offset + 30 + name + extra) % 64, 0)

    def test_no_such_tensor(self):
        self.refused("no tensor w", {"v": GOOD})

    def test_other_shape(self):
        self.refused("expected F32 [2, 2], the weights have F32 [4]", {"w": GOOD | {"shape": [4]}})

    def test_other_dtype(self):
        self.refused("the weights have I32 [2, 2]", {"w": GOOD | {"dtype": "I32"}})

    def test_past_the_end(self):
        self.refused("bytes 12 to 28", {"w": GOOD | {"data_offsets": [12, 28]}})

    def test_too_few_bytes(self):
        self.refused("bytes 4 to 16", {"w": GOOD | {"data_offsets": [4, 16]}})

    def test_header_past_the_end(self):
        self.refused("past the end of the file", {"w": GOOD}, length=1 << 40)

    def test_header_is_no_json(self):
        self.refused("fill_skeleton.py: ", {"w": GOOD}, length=5)


if __name__ == "__main__":
    unittest.main()
