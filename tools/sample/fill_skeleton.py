#!/usr/bin/env python3
"""fill_skeleton.py SKELETON.zip MODEL.safetensors OUT.pt: puts weights into a traced model.

A skeleton is a TorchScript archive without its large storages, and with an entry weights.json that
says which tensor of the safetensors file each of them is: {"data/3": {"name", "dtype", "shape"}}.
The result is laid out as PyTorch writes it: tensors stored, each starting at a multiple of 64
bytes. Needs nothing but Python's standard library.
"""
import json
import os
import struct
import sys
import zipfile

ALIGNMENT = 64
MAX_HEADER = 100 << 20
ITEM_SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1,
              "U8": 1, "BOOL": 1}


class Safetensors:
    """The tensors of a safetensors file; what the header says is checked before it is used."""

    def __init__(self, path):
        self._file = open(path, "rb")
        size = os.fstat(self._file.fileno()).st_size
        prefix = self._file.read(8)
        if len(prefix) < 8:
            raise ValueError(f"{path}: too short for a safetensors file")
        length = struct.unpack("<Q", prefix)[0]
        if length > min(MAX_HEADER, size - 8):
            raise ValueError(f"{path}: the header's length {length} is past the end of the file")
        self._header = json.loads(self._file.read(length))
        self._start = 8 + length
        self._data_size = size - self._start

    def read(self, name, dtype, shape):
        """The bytes of a tensor, which must have this dtype and shape."""
        entry = self._header.get(name)
        if entry is None:
            raise ValueError(f"the weights have no tensor {name}")
        if entry["dtype"] != dtype or entry["shape"] != shape:
            raise ValueError(f"{name}: expected {dtype} {shape}, the weights have "
                             f"{entry['dtype']} {entry['shape']}")
        begin, end = entry["data_offsets"]
        size = ITEM_SIZES[dtype]
        for dim in shape:
            size *= dim
        if not 0 <= begin <= end <= self._data_size or end - begin != size:
            raise ValueError(f"{name}: bytes {begin} to {end} are not {dtype} {shape} within "
                             f"{self._data_size} bytes")
        self._file.seek(self._start + begin)
        return self._file.read(size)


def add_aligned(archive, name, data, compression):
    """Adds an entry whose data starts at a multiple of ALIGNMENT: an extra field is the padding."""
    info = zipfile.ZipInfo(name)
    info.compress_type = compression
    start = archive.fp.tell() + 30 + len(name.encode()) + 4
    padding = -start % ALIGNMENT
    info.extra = b"FB" + struct.pack("<H", padding) + b"Z" * padding
    archive.writestr(info, data)


def fill(skeleton, weights, out):
    with zipfile.ZipFile(skeleton) as source, zipfile.ZipFile(out, "w") as archive:
        root = source.namelist()[0].split("/")[0]
        wanted = json.loads(source.read(f"{root}/weights.json"))
        for info in source.infolist():
            entry = info.filename[len(root) + 1:]
            if entry == "weights.json":
                continue
            data = source.read(info)
            if entry in wanted:
                tensor = wanted[entry]
                data = weights.read(tensor["name"], tensor["dtype"], tensor["shape"])
            add_aligned(archive, info.filename, data, info.compress_type)


def main(skeleton, weights, out):
    partial = out + ".part"
    try:
        fill(skeleton, Safetensors(weights), partial)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        if os.path.exists(partial):
            os.remove(partial)
        sys.exit(f"fill_skeleton.py: {error}")
    os.replace(partial, out)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
