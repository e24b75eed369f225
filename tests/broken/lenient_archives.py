"""Archives as other tools pack them, or with damage to what nobody needs: opened, for a reason."""

from pickle_bytes import PROTO, archive, root, small, tensor, text
from zip_bytes import BEHIND, DEFLATED, Entry, Zip

import struct
import zlib


def files():
    made = Zip(small())
    yield "sound", made.bytes()
    yield "comment", made.bytes(comment=b"packed by hand")
    yield "bytes_behind_the_end", made.bytes() + bytes(100)
    yield "zip64", made.bytes64()
    yield "gaps_between_entries", Zip(small(), gap=b"gap" * 7).bytes()
    behind = []
    for entry in small():
        entry.local = dict(flags=BEHIND, crc=0, packed=0, size=0)
        entry.central = dict(flags=BEHIND)
        entry.behind = b"PK\x07\x08" + struct.pack(
            "<III", zlib.crc32(entry.data), len(entry.packed), len(entry.data))
        behind.append(entry)
    yield "sizes_behind_the_bytes", Zip(behind).bytes()
    local64 = []
    for entry in small():
        entry.local = dict(packed=0xFFFFFFFF, size=0xFFFFFFFF, extra=struct.pack(
            "<HHQQ", 1, 16, len(entry.data), len(entry.packed)))
        local64.append(entry)
    yield "zip64_in_local_headers", Zip(local64).bytes()
    padded = [Entry(e.name, e.data, e.method, local=dict(
        extra=struct.pack("<HH", 0x4246, 400) + bytes(400))) for e in small()]
    yield "padded_by_extra_fields", Zip(padded).bytes()
    yield "everything_deflated", Zip(
        [Entry(e.name, e.data, DEFLATED) for e in small()]).bytes()
    yield "folders", Zip([Entry("m/", b""), Entry("m/data/", b"")] + small()).bytes()
    for what, folder in (("root_of_spaces", b"my model/"), ("root_of_two_folders", b"a/b/"),
                         ("no_root", b"")):
        yield what, Zip([Entry(folder + e.name[2:], e.data, e.method) for e in small()]).bytes()
    wrong = dict(crc=1)
    yield "damage_in_what_nobody_reads", archive(
        Entry("m/data/9", b"nobody's bytes", local=wrong, central=wrong))
    yield "extra_files_like_an_archive", archive(
        Entry("m/extra/data.pkl", b"no pickle"), Entry("m/extra/code/x.py", b"no code"))
    yield "debug_entries_of_nonsense", archive(
        Entry("m/code/__torch__.py.debug_pkl", b"no pickle"))
    yield "traced_inputs_of_nonsense", archive(Entry("m/traced_inputs.pkl", b"no pickle"))
    yield "traced_inputs_without_storages", archive(Entry("m/traced_inputs.pkl", (
        PROTO + b"}" + text("forward") + b"](" + tensor() + b"es.")))
    yield "on_another_device", archive(data=root(text("weight") + tensor(
        b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cuda:1") +
        b"K\x06tQ")))
    yield "weight_that_nobody_uses", archive(data=root(
        text("weight") + tensor() + text("other") + b"K\x01"))
