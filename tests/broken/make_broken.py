#!/usr/bin/env python3
"""Writes the files of this folder anew: archives/, inputs/, cases/ and vocabularies/ that are broken,
one defect each, which the name tells; lenient/ with archives that are opened all the same; sound/.

    make_broken.py [FOLDER]

The bytes are the same wherever this runs. expected.json, which is written by hand, says what Henson
answers to each; tests/tools/broken_files_test.cc asks it."""

import pathlib
import shutil
import sys

import broken_codes
import broken_graphs
import broken_inputs
import broken_model_jsons
import broken_pickles
import broken_vocabularies
import broken_zips
import lenient_archives


def write(folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise ValueError(f"two files of one name: {path}")
        path.write_bytes(data.encode() if isinstance(data, str) else data)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/..").resolve()
    archives = [broken_zips, broken_pickles, broken_model_jsons, broken_codes, broken_graphs]
    write(folder / "archives",
          ((name + ".pt", data) for theme in archives for name, data in theme.files()))
    write(folder / "sound", broken_inputs.sound())
    write(folder / "lenient", ((name + ".pt", data) for name, data in lenient_archives.files()))
    write(folder / "inputs", ((name + ".npz", data) for name, data in broken_inputs.inputs()))
    write(folder / "cases", ((name + ".npz", data) for name, data in broken_inputs.cases()))
    write(folder / "vocabularies", broken_vocabularies.files())


if __name__ == "__main__":
    main()
