"""exports_test LIBRARY HEADERS ABI: the shared library exports what its headers declare for export,
and nothing else."""
import pathlib
import re
import subprocess
import sys
import unittest

LIBRARY, HEADERS, ABI = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
FOREIGN = ("Eigen", "nlohmann", "dnnl", "hwy", "std::", "__gnu_cxx", "zip_", "onig", "utf8proc")
INTERNAL = ("runtime", "loader", "kernels", "tools", "limits", "c")


def symbols():
    """Type and name of each, without the version behind."""
    lines = subprocess.run(["nm", "-D", "--defined-only", "-C", LIBRARY], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    found = [line.split(" ", 2)[1:] for line in lines]
    return [(kind, re.sub(r"@@?HENSON_\d+$", "", name)) for kind, name in found if kind != "A"]


def subject_of(name):
    """What a demangled C++ name is of: "henson::Model" of "vtable for henson::Model"."""
    return re.sub(r"^(vtable|typeinfo|typeinfo name) for ", "", name)


def declared_in_c():
    text = (HEADERS / "henson_c.h").read_text()
    return set(re.findall(r"\b(henson_\w+)\(", text))


def declared_in_cpp():
    text = "".join(path.read_text() for path in HEADERS.glob("*.h"))
    text = re.sub(r"//.*", "", text)
    classes = re.findall(r"(?:class|struct) HENSON_API (\w+)", text)
    functions = re.findall(r"^HENSON_API [\w:<>, ]*?(\w+)\(", text, re.MULTILINE)
    return {name for name in classes + functions if not name.startswith("henson_")}


class Exports(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.names = [name for _, name in symbols()]
        print(len(cls.names), "symbols are exported")

    def test_all_functions_of_c_and_no_others(self):
        exported = {name for name in self.names if name.startswith("henson_")}
        self.assertEqual(exported, declared_in_c())
        self.assertGreater(len(exported), 70)

    def test_cpp_is_the_public_one(self):
        declared = declared_in_cpp()
        self.assertTrue({"Model", "Session", "Error", "TextModel", "size_of"} <= declared)
        for name in self.names:
            if name.startswith("henson_"):
                continue
            subject = subject_of(name)
            self.assertTrue(subject.startswith("henson::"), name)
            self.assertIn(re.match(r"henson::(\w+)", subject)[1], declared, name)
            self.assertNotIn("::Impl::", subject, name)
        exported = {re.match(r"henson::(\w+)", subject_of(name))[1] for name in self.names
                    if not name.startswith("henson_")}
        self.assertEqual(exported, declared)

    def test_nothing_of_others_and_nothing_internal(self):
        for name in self.names:
            self.assertFalse(subject_of(name).startswith(FOREIGN), name)
            self.assertFalse(subject_of(name).startswith(
                tuple(f"henson::{part}::" for part in INTERNAL)), name)

    def test_soname_and_version(self):
        told = subprocess.run(["readelf", "-d", LIBRARY], check=True, capture_output=True,
                              text=True).stdout
        self.assertIn(f"Library soname: [libhenson.so.{ABI}]", told)
        for needed in re.findall(r"Shared library: \[(\S+)\]", told):
            self.assertRegex(needed, r"\.so\.\d", "a library without a version of its own")
        lines = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], check=True,
                               capture_output=True, text=True).stdout.splitlines()
        self.assertTrue(all(line.endswith(f"HENSON_{ABI}") for line in lines), "unversioned symbols")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
