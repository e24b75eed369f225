#!/usr/bin/env python3
"""forget_maker.py ARCHIVE.pt...: the folders of the machine that made an archive become neutral ones.

PyTorch writes the paths of every traced line into the debug entries. Each folder of the maker's is
taken by another name of the same length, so that the pickles stay what they are; the entries are
packed again, those that were stored at multiples of 64 bytes, as PyTorch lays them out.
"""
import re
import sys
import zipfile

ALIGNMENT = 64
# What stands before a library's or a script's own path, within a string of a pickle.
MAKERS = re.compile(rb"/(?:home|root|tmp|work|Users|private|var/tmp)/[^\0\n:]*?"
                    rb"(?=lib/python3|[\w.-]+/site-packages|transformers/|[\w.-]+\.py)")


def neutral(match):
    """A folder of the same length: "/src/src/…/"."""
    length = len(match.group())
    return (b"/src" * (length // 4 + 1))[:length - 1] + b"/"


def forget(path):
    with zipfile.ZipFile(path) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]
    changed = 0
    with zipfile.ZipFile(path, "w") as archive:
        for info, data in entries:
            debug = "debug" in info.filename  # NAME.py.debug_pkl; debug/NAME.pkl before 1.3
            clean = MAKERS.sub(neutral, data) if debug else data
            changed += clean != data
            packed = zipfile.ZipInfo(info.filename, info.date_time)
            packed.compress_type = info.compress_type
            if info.compress_type == zipfile.ZIP_STORED:
                start = archive.fp.tell() + 30 + len(info.filename.encode()) + 4
                padding = -start % ALIGNMENT
                packed.extra = b"FB" + padding.to_bytes(2, "little") + b"Z" * padding
            archive.writestr(packed, clean)
    return changed


def main():
    for path in sys.argv[1:]:
        print(f"{path}: {forget(path)} entries changed")


if __name__ == "__main__":
    main()
