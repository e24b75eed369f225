"""Archives whose zip file is broken: the end record, the directory, the headers before the entries,
names, sizes, checksums, and what is packed."""

import struct

from pickle_bytes import CODE, WEIGHT, archive, root, small
from zip_bytes import BEHIND, DEFLATED, END, Entry, Zip, deflate, end_record, zip64_end


def files():
    yield from ends()
    yield from zip64()
    yield from headers()
    yield from names()
    yield from contents()
    yield from layouts()


def ends():
    whole = archive()
    end = whole.rfind(END)
    yield "zip_empty_file", b""
    yield "zip_local_header_alone", whole[:30]
    yield "zip_cut_in_an_entry", whole[:len(whole) // 2]
    yield "zip_cut_before_the_directory", whole[:whole.find(b"PK\x01\x02")]
    yield "zip_cut_in_the_directory", whole[:end - 40]
    yield "zip_cut_before_the_end", whole[:end]
    yield "zip_cut_in_the_end", whole[:-1]
    yield "zip_lost_its_start", whole[40:]
    yield "zip_start_before_it", b"PK, but no zip file: a start that shifts every offset\n" + whole
    made = Zip(small())
    yield "zip_end_counts_one_less", made.bytes(count=made.count - 1)
    yield "zip_end_counts_one_more", made.bytes(count=made.count + 1)
    yield "zip_end_size_too_small", made.bytes(size=len(made.directory) - 46)
    yield "zip_end_size_too_large", made.bytes(size=len(made.directory) + 46)
    yield "zip_end_offset_outside", made.bytes(offset=0x7FFFFFFF)
    yield "zip_end_offset_elsewhere", made.bytes(offset=0)
    yield "zip_end_comment_too_long", made.bytes(comment_bytes=10)
    yield "zip_end_of_another_disk", made.bytes(disk=1)
    yield "zip_gap_before_the_end", (made.body + made.directory + b"gap" * 20 + end_record(
        made.count, len(made.directory), len(made.body)))
    # A second archive, with an end record of its own, in the comment of the first.
    other = Zip(small(code=CODE.replace("mul", "add")), start=len(made.body + made.directory) + 22)
    yield "zip_two_archives_in_one", made.bytes(comment=other.bytes())
    yield "zip_nothing_in_it", end_record(0, 0, 0)


def zip64():
    made = Zip(small())
    yield "zip64_points_elsewhere", made.bytes64(points_to=8)
    yield "zip64_points_outside", made.bytes64(points_to=1 << 62)
    yield "zip64_counts_one_more", made.bytes64(count=made.count + 1)
    yield "zip64_counts_2_to_the_63", made.bytes64(count=1 << 63)
    yield "zip64_size_of_2_to_the_63", made.bytes64(size=1 << 63)
    yield "zip64_offset_of_2_to_the_64", made.bytes64(offset=(1 << 64) - 1)
    at = len(made.body) + len(made.directory)
    yield "zip64_end_says_otherwise", (made.body + made.directory + zip64_end(
        made.count, len(made.directory), len(made.body), at) + end_record(
            made.count - 1, len(made.directory), len(made.body)))
    extra = struct.pack("<HHQ", 1, 8, 1 << 40)
    yield "zip64_entry_of_a_terabyte", archive(
        Entry("m/x", b"bytes", central=dict(size=0xFFFFFFFF, extra=extra)))
    yield "zip64_entry_without_its_field", archive(
        Entry("m/x", b"bytes", central=dict(size=0xFFFFFFFF)))
    short = struct.pack("<HHI", 1, 4, 5)
    yield "zip64_field_too_short", archive(
        Entry("m/x", b"bytes", central=dict(size=0xFFFFFFFF, extra=short)))
    yield "zip64_local_size_says_otherwise", archive(
        Entry("m/x", b"bytes", local=dict(size=0xFFFFFFFF, packed=0xFFFFFFFF,
                                          extra=struct.pack("<HHQQ", 1, 16, 6, 6))))


def headers():
    """The header before an entry says otherwise than the directory."""
    def other(**local):
        return archive(Entry("m/data/1", b"bytes", local=local))

    yield "local_name_differs", other(name=b"m/data/2")
    yield "local_name_is_shorter", other(name=b"m/data")
    yield "local_method_differs", other(method=DEFLATED)
    yield "local_encrypted", other(flags=1)
    yield "local_checksum_differs", other(crc=1)
    yield "local_size_differs", other(size=4)
    yield "local_packed_size_differs", other(packed=4)
    yield "local_size_differs_behind_a_flag", other(flags=BEHIND, size=4)
    yield "local_signature_missing", other(signature=b"PK\x03\x05")
    entries = small()
    entries[2].central["offset"] = 1 << 30
    yield "local_header_outside", Zip(entries).bytes()
    entries = small()
    entries[1].central["offset"] = 0
    yield "two_entries_of_one_header", Zip(entries).bytes()
    entries = small()
    entries[0].central["signature"] = b"PK\x01\x03"
    yield "directory_signature_missing", Zip(entries).bytes()
    entries = small()
    entries[-1].central["comment_bytes"] = 1000
    yield "directory_comment_outside", Zip(entries).bytes()
    # The bytes of the first are the whole of the second, header and all.
    inner = Entry("m/data/2", b"bytes")
    outer = Entry("m/data/1", inner.local_bytes())
    start = sum(len(entry.local_bytes()) for entry in small())
    inner.central["offset"] = start + 30 + len(outer.name)
    made = Zip(small() + [outer])
    made.directory += inner.central_bytes(0)
    made.count += 1
    yield "entry_within_an_entry", made.bytes()
    yield "entry_over_the_directory", Zip(small() + [
        Entry("m/data/1", b"x", local=dict(size=60, packed=60), central=dict(size=60, packed=60))
    ]).bytes()


def names():
    for what, entry in (("dots", "m/../outside"), ("dots_first", "../outside"),
                        ("absolute", "/outside"), ("backslash", "m\\outside"),
                        ("one_dot", "m/./data.pkl"), ("nul", "m/data\0.pkl"),
                        ("empty", "")):
        yield "name_" + what, archive(Entry(entry, b"x"))
    yield "name_twice", archive(Entry("m/data.pkl", root(WEIGHT)))
    yield "name_of_a_control_character", archive(Entry("m/../\x1b[2J\n", b"x"))
    yield "name_of_2000_bytes", archive(Entry("m/../" + "n" * 2000, b"x"))


def contents():
    def stored(entry):
        return Zip([e for e in small() if e.name != b"m/data/0"] + [entry]).bytes()

    floats = small()[2].data
    wrong = dict(crc=7)
    yield "checksum_of_a_weight", stored(Entry("m/data/0", floats, local=wrong, central=wrong))
    yield "checksum_of_a_packed_weight", stored(
        Entry("m/data/0", floats, DEFLATED, local=wrong, central=wrong))
    entries = small()
    entries[1].local = entries[1].central = wrong
    yield "checksum_of_code", Zip(entries).bytes()
    entries = small()
    entries[0].local = entries[0].central = wrong
    yield "checksum_of_a_pickle", Zip(entries).bytes()
    encrypted = dict(flags=1)
    yield "encrypted_weight", stored(
        Entry("m/data/0", bytes(12) + floats, local=encrypted, central=encrypted))
    for method in (12, 93, 99):
        other = dict(method=method)
        yield f"method_{method}", stored(Entry("m/data/0", floats, local=other, central=other))
    yield "deflate_of_nonsense", stored(Entry("m/data/0", floats, DEFLATED, packed=b"\xff" * 20))
    yield "deflate_cut", stored(Entry("m/data/0", floats, DEFLATED, packed=deflate(floats)[:-4]))
    small_size, large_size = dict(size=20), dict(size=28)
    yield "deflate_to_more_than_declared", stored(
        Entry("m/data/0", floats, DEFLATED, local=small_size, central=small_size))
    yield "deflate_to_less_than_declared", stored(
        Entry("m/data/0", floats, DEFLATED, local=large_size, central=large_size))
    two = dict(size=20)
    yield "stored_with_two_sizes", stored(Entry("m/data/0", floats, local=two, central=two))
    huge = dict(size=0xF0000000)
    yield "deflate_to_four_gigabytes", stored(
        Entry("m/data/0", floats, DEFLATED, local=huge, central=huge))
    many = dict(packed=0x70000000, size=0x70000000)
    yield "more_bytes_than_the_file", stored(Entry("m/data/0", floats, local=many, central=many))
    # As much as deflate could make of so many bytes.
    bomb, packed = dict(size=66 << 20), bytes(70000)
    for what, entry in (("weight", "m/data/0"), ("code", "m/code/__torch__.py"),
                        ("pickle", "m/data.pkl")):
        yield "bomb_" + what, Zip([e for e in small() if e.name != entry.encode()] + [
            Entry(entry, b"", DEFLATED, packed=packed, local=bomb, central=bomb)]).bytes()
    yield "bomb_version", Zip([e for e in small() if e.name != b"m/version"] +
                              [Entry("m/version", b"3" * 5000)]).bytes()


def layouts():
    def without(entry):
        return Zip([e for e in small() if e.name != entry]).bytes()

    yield "no_weights", without(b"m/data.pkl")
    yield "no_code", without(b"m/code/__torch__.py")
    yield "no_storage", without(b"m/data/0")
    yield "no_version", without(b"m/version")
    yield "version_of_words", archive(version="three")
    yield "version_negative", archive(version="-1")
    yield "version_of_the_future", archive(version="11")
    yield "version_beyond_64_bits", archive(version="9" * 30)
    yield "version_with_a_tail", archive(version="3 or 4")
    yield "byteorder_big", archive(Entry("m/byteorder", b"big"))
    yield "byteorder_middle", archive(Entry("m/byteorder", b"middle"))
    two = small() + [Entry(b"n" + e.name[1:], e.data, e.method) for e in small()]
    yield "two_archives_side_by_side", Zip(two).bytes()
    yield "archive_in_a_zip", Zip([Entry("model.pt", archive())]).bytes()
    yield "only_extra_files", Zip([Entry(b"m/extra" + e.name[1:], e.data, e.method)
                                   for e in small()]).bytes()
