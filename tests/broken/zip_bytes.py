"""Zip files byte by byte, so that any field of them can say what it should not."""

import struct
import zlib

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END64, LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
STORED, DEFLATED = 0, 8
BEHIND = 8  # the flag: sizes and checksum stand behind the bytes


LENGTHS = [(3 + i, 0) for i in range(8)] + [
    (base, bits) for bits, bases in ((1, (11, 13, 15, 17)), (2, (19, 23, 27, 31)),
                                     (3, (35, 43, 51, 59)), (4, (67, 83, 99, 115)),
                                     (5, (131, 163, 195, 227))) for base in bases] + [(258, 0)]
DISTANCES = [(1, 0), (2, 0), (3, 0), (4, 0)] + [
    ((2 + odd) * (1 << bits) + 1, bits) for bits in range(1, 14) for odd in (0, 1)]


REVERSED = [int(f"{value:09b}"[::-1], 2) for value in range(512)]


class _Bits:
    """The lowest bit first, but of Huffman codes the highest."""

    def __init__(self):
        self.value, self.count, self.out = 0, 0, bytearray()

    def put(self, value, width):
        self.value |= value << self.count
        self.count += width
        while self.count >= 8:
            self.out.append(self.value & 0xFF)
            self.value >>= 8
            self.count -= 8

    def code(self, value, width):
        self.put(REVERSED[value << (9 - width)], width)

    def symbol(self, value):  # of the fixed code
        if value < 144:
            self.code(0x30 + value, 8)
        elif value < 256:
            self.code(0x190 + value - 144, 9)
        elif value < 280:
            self.code(value - 256, 7)
        else:
            self.code(0xC0 + value - 280, 8)


def _codes(table, last):
    """The code, its further bits and how many these are, of every number."""
    codes, at = [None] * (last + 1), 0
    for value in range(table[0][0], last + 1):
        while at + 1 < len(table) and table[at + 1][0] <= value:
            at += 1
        codes[value] = (at, value - table[at][0], table[at][1])
    return codes


LENGTH_CODES, DISTANCE_CODES = _codes(LENGTHS, 258), _codes(DISTANCES, 32768)


def _match(data, at, before):
    """How many bytes at `at` are those at `before`, up to the 258 that deflate can say."""
    if data[at:at + 258] == data[before:before + 258]:
        return min(258, len(data) - at)
    length = 0
    while at + length < len(data) and data[at + length] == data[before + length]:
        length += 1
    return length


def deflate(data):
    """Deflated with the fixed codes: the same bytes whatever zlib there is."""
    bits = _Bits()
    bits.put(1, 1), bits.put(1, 2)
    seen, at = {}, 0
    while at < len(data):
        key = data[at:at + 4]
        before, seen[key] = seen.get(key, -1), at
        if len(key) < 4 or before < 0 or at - before > 32768:
            bits.symbol(data[at])
            at += 1
            continue
        length = _match(data, at, before)
        code, rest, width = LENGTH_CODES[length]
        bits.symbol(257 + code), bits.put(rest, width)
        code, rest, width = DISTANCE_CODES[at - before]
        bits.code(code, 5), bits.put(rest, width)
        at += length
    bits.symbol(256), bits.put(0, 7)
    return bytes(bits.out)


class Entry:
    """One entry. `local` and `central` say otherwise in that header: name, flags, method, crc,
    packed, size, extra, offset, signature."""

    def __init__(self, name, data, method=STORED, packed=None, local=None, central=None,
                 behind=b""):
        self.name = name.encode() if isinstance(name, str) else name
        self.data = data.encode() if isinstance(data, str) else data
        self.method = method
        self.packed = packed if packed is not None else (
            deflate(self.data) if method == DEFLATED else self.data)
        self.local, self.central, self.behind = local or {}, central or {}, behind

    def _fields(self, more):
        fields = dict(name=self.name, flags=0, method=self.method, crc=zlib.crc32(self.data),
                      packed=len(self.packed), size=len(self.data), extra=b"")
        fields.update(more)
        return fields

    def local_bytes(self):
        f = self._fields(self.local)
        return f.get("signature", LOCAL) + struct.pack(
            "<HHHHHIIIHH", 20, f["flags"], f["method"], 0, 33, f["crc"], f["packed"], f["size"],
            len(f["name"]), len(f["extra"])) + f["name"] + f["extra"] + self.packed + self.behind

    def central_bytes(self, offset):
        f = self._fields(self.central)
        return f.get("signature", CENTRAL) + struct.pack(
            "<HHHHHHIIIHHHHHII", 20, 20, f["flags"], f["method"], 0, 33, f["crc"], f["packed"],
            f["size"], len(f["name"]), len(f["extra"]), f.get("comment_bytes", 0), 0, 0, 0,
            f.get("offset", offset)) + f["name"] + f["extra"]


def end_record(count, size, offset, comment=b"", **more):
    return more.get("signature", END) + struct.pack(
        "<HHHHIIH", more.get("disk", 0), more.get("disk", 0), count, count, size, offset,
        more.get("comment_bytes", len(comment))) + comment


def zip64_end(count, size, offset, at, **more):
    """The zip64 record and its locator, when the record stands at `at`."""
    return END64 + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, offset) + (
        LOCATOR64 + struct.pack("<IQI", 0, more.get("points_to", at), 1))


class Zip:
    """The parts of a zip file, before they are put after each other."""

    def __init__(self, entries, gap=b"", start=0):
        self.body, self.directory, self.count, self.start = b"", b"", len(entries), start
        for entry in entries:
            self.directory += entry.central_bytes(start + len(self.body))
            self.body += entry.local_bytes() + gap

    def bytes(self, **end):
        """`end` says otherwise in the end record: count, size, offset, comment, …"""
        fields = dict(count=self.count, size=len(self.directory),
                      offset=self.start + len(self.body))
        fields.update(end)
        return self.body + self.directory + end_record(**fields)

    def bytes64(self, comment=b"", **end):
        """The same with zip64's records, in which `end` says otherwise."""
        at = len(self.body) + len(self.directory)
        fields = dict(count=self.count, size=len(self.directory), offset=len(self.body), at=at)
        fields.update(end)
        return (self.body + self.directory + zip64_end(**fields) +
                end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, comment))
