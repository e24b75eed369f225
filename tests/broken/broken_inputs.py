"""npz files that are broken: as zip files, as npy arrays, as inputs of a model (of a BERT that takes ids,
mask and types, [batch, length] each, with 99 words, 2 types and 24 positions), and as recorded cases."""

import struct

from zip_bytes import DEFLATED, Entry, Zip, deflate, end_record

IDS, MASK, TYPES = "0", "1", "2"


def npy(descr="<i8", shape=(1, 4), data=None, order="False", header=None, version=1, magic=None):
    count = 1
    for size in shape:
        count *= size
    if header is None:
        text = "(" + "".join(f"{size}, " for size in shape) + ")"
        header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {text}, }}"
    header = header.encode() if isinstance(header, str) else header
    header += b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    if data is None:
        data = struct.pack(f"<{count}q", *([1] * count))
    return (magic or b"\x93NUMPY") + bytes([version, 0]) + length + header + data


def ids(*values):
    return npy(shape=(1, len(values)), data=struct.pack(f"<{len(values)}q", *values))


def npz(*arrays, **more):
    return Zip([Entry(name + ".npy", data) for name, data in arrays]).bytes(**more)


def one(data):
    return npz((IDS, data))


def three(first=None, second=None, third=None):
    sound = ids(1, 2, 3, 4)
    return npz((IDS, first or sound), (MASK, second or npy()), (TYPES, third or npy()))


def sound():
    """What the broken archives are run with, and the broken vocabularies."""
    floats = struct.pack("<6f", 1, 2, 3, 4, 5, 6)
    yield "input.npz", npz(("0", npy("<f4", (2, 3), floats)))
    yield "text.txt", "a ab [MASK] <mask> b\n"


def inputs():
    yield from zips()
    for what, data in arrays().items():
        yield "npy_" + what, one(data)
    for what, data in of_a_model().items():
        yield "input_" + what, data


def zips():
    whole = three()
    yield "npz_empty", b""
    yield "npz_of_words", b"these are no arrays\n"
    yield "npz_of_one_array", npy()
    yield "npz_cut", whole[:-30]
    yield "npz_without_arrays", end_record(0, 0, 0)
    yield "npz_array_twice", npz((IDS, npy()), (IDS, npy()))
    yield "npz_of_other_files", Zip([Entry("0.txt", b"1 2 3 4")]).bytes()
    wrong = dict(crc=1)
    yield "npz_checksum", Zip([Entry("0.npy", npy(), local=wrong, central=wrong)]).bytes()
    yield "npz_local_name_differs", Zip([Entry("0.npy", npy(), local=dict(name=b"1.npy"))]).bytes()
    encrypted = dict(flags=1)
    yield "npz_encrypted", Zip([Entry("0.npy", npy(), local=encrypted,
                                      central=encrypted)]).bytes()
    # A sound start, and as much behind it as deflate could make of so many bytes.
    start = npy(shape=(66 << 17,), data=b"")
    bomb = dict(size=len(start) + (66 << 20))
    yield "npz_bomb", Zip([Entry("0.npy", b"", DEFLATED, packed=deflate(start) + bytes(70000),
                                 local=bomb, central=bomb)]).bytes()
    yield "npz_name_outside", Zip([Entry("../0.npy", npy())]).bytes()


def arrays():
    sound = "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 4), }"
    return {
        "empty": b"",
        "of_words": b"no array",
        "of_another_magic": npy(magic=b"\x93NUMPI"),
        "version_9": npy(version=9),
        "cut_in_the_header": npy()[:20],
        "header_beyond_the_file": npy()[:8] + b"\xff\xff" + npy()[10:],
        "header_of_4_gigabytes": npy(version=2)[:8] + b"\xff\xff\xff\xff" + npy(version=2)[12:],
        "header_of_nothing": npy(header=""),
        "header_of_a_list": npy(header="[1, 2]"),
        "header_without_descr": npy(header=sound.replace("'descr': '<i8', ", "")),
        "header_without_shape": npy(header=sound.replace("'shape': (1, 4), ", "")),
        "header_of_another_key": npy(header=sound.replace("descr", "dtype")),
        "header_key_twice": npy(header=sound.replace("}", "'shape': (4, 1), }")),
        "header_with_a_tail": npy(header=sound + " + 1"),
        "header_that_runs": npy(header="__import__('os').system('true')"),
        "header_not_closed": npy(header=sound[:-2]),
        "order_of_a_number": npy(order="0"),
        "shape_of_a_list": npy(header=sound.replace("(1, 4)", "[1, 4]")),
        "shape_negative": npy(header=sound.replace("(1, 4)", "(1, -4)")),
        "shape_of_a_float": npy(header=sound.replace("(1, 4)", "(1, 4.0)")),
        "shape_beyond_64_bits": npy(header=sound.replace("4)", "99999999999999999999)")),
        "shape_that_overflows": npy(header=sound.replace("(1, 4)", "(4294967296, 4294967296)")),
        "shape_of_65_dimensions": npy(header=sound.replace("1, 4", "1, " * 65)),
        "elements_too_few": npy(data=bytes(24)),
        "elements_too_many": npy(data=bytes(40)),
        "big_endian": npy(">i8"),
        "of_objects": npy("|O"),
        "of_text": npy("<U4"),
        "of_complex_numbers": npy("<c8"),
        "of_records": npy(header="{'descr': [('a', '<i8')], 'fortran_order': False, "
                                 "'shape': (1, 4), }"),
        "of_long_doubles": npy("<f16"),
        "of_unsigned_longs": npy("<u8"),
        "of_control_characters": npy("\x1b[2J"),
    }


def of_a_model():
    floats = npy("<f4", data=struct.pack("<4f", 1, 2, 3, 4))
    return {
        "rank_0": three(npy(shape=(), data=bytes(8))),
        "rank_1": three(npy(shape=(4,))),
        "mask_missing": npz((IDS, npy()), (TYPES, npy())),
        "ids_of_floats": three(floats),
        "ids_of_booleans": three(npy("|b1", data=b"\1\1\1\1")),
        "ids_outside": three(ids(1, 99, 3, 4)),
        "ids_negative": three(ids(1, -1, 3, 4)),
        "ids_beyond_32_bits": three(ids(1, 1 << 40, 3, 4)),
        "types_outside": three(third=ids(0, 0, 2, 0)),
        "longer_than_the_positions": npz((IDS, npy(shape=(1, 40))), (MASK, npy(shape=(1, 40))),
                                         (TYPES, npy(shape=(1, 40)))),
        "mask_of_text": three(second=npy("<U1")),
        "of_an_unknown_name": npz(("words", npy())),
        "of_an_unknown_position": npz(("3", npy())),
        "named_and_numbered": npz((IDS, npy()), ("mask", npy()), (TYPES, npy())),
        "one_input_by_both_names": npz((IDS, npy()), ("ids", npy())),
        "ids_missing": npz((MASK, npy()), (TYPES, npy())),
        "part_of_a_tensor": npz(("0.ids", npy())),
        "name_of_control_characters": npz(("\x1b[2J\n", npy())),
        "name_of_1000_bytes": npz(("n" * 1000, npy())),
    }


def cases():
    out = npy("<f4", (1, 4, 32), struct.pack("<128f", *([0.0] * 128)))
    sound = [("in0_0", ids(1, 2, 3, 4)), ("in0_1", npy()), ("in0_2", npy())]
    yield "cases_none", npz(("0", npy()))
    yield "cases_without_outputs", npz(*sound)
    yield "cases_without_inputs", npz(("out0_0", out))
    yield "cases_without_the_first_output", npz(*sound, ("out0_1", out))
    yield "cases_of_a_word_for_a_number", npz(("inX_0", npy()), ("out0_0", out))
    yield "cases_of_a_number_beyond_64_bits", npz(("in" + "9" * 30 + "_0", npy()))
    yield "cases_of_another_answer", npz(*sound, ("out0_0", out))
    yield "cases_of_another_shape", npz(*sound, ("out0_0", npy("<f4", (1, 4), bytes(16))))
    yield "cases_of_too_many_outputs", npz(*sound, *((f"out0_{i}", out) for i in range(9)))
    yield "cases_output_twice", npz(*sound, ("out0_0", out), ("out0_00", out))
