"""Reads and writes npz files of plain arrays with Python's standard library alone."""
import array
import ast
import struct
import sys
import zipfile

_CODES = {"<f4": "f", "<i8": "q"}


def write(path, arrays):
    """arrays: name -> (dtype '<f4' or '<i8', shape, flat list of numbers)."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, (dtype, shape, values) in arrays.items():
            header = repr({"descr": dtype, "fortran_order": False, "shape": tuple(shape)})
            header += " " * (63 - (10 + len(header)) % 64) + "\n"
            data = array.array(_CODES[dtype], values)
            if sys.byteorder == "big":
                data.byteswap()
            archive.writestr(name + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) +
                             header.encode("latin1") + data.tobytes())


def read(path):
    """The arrays of a file in the form that write() takes."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.namelist():
            arrays[entry[:-len(".npy")]] = _parse(entry, archive.read(entry))
    return arrays


def _parse(entry, raw):
    if raw[:6] != b"\x93NUMPY" or raw[6] not in (1, 2, 3):
        raise ValueError(f"{entry}: not an npy file")
    form = "<H" if raw[6] == 1 else "<I"
    start = 8 + struct.calcsize(form)
    end = start + struct.unpack_from(form, raw, 8)[0]
    header = ast.literal_eval(raw[start:end].decode("latin1"))
    if header["descr"] not in _CODES or header["fortran_order"]:
        raise ValueError(f"{entry}: dtype {header['descr']} is not one that this reader has")
    data = array.array(_CODES[header["descr"]], raw[end:])
    if sys.byteorder == "big":
        data.byteswap()
    return header["descr"], header["shape"], data.tolist()
