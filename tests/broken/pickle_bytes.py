"""Pickles opcode by opcode, and the small archive that the broken ones are made of."""

import struct

from zip_bytes import DEFLATED, STORED, Entry, Zip

PROTO = b"\x80\x02"
MARK, STOP, NONE, TRUE, FALSE = b"(", b".", b"N", b"\x88", b"\x89"
EMPTY_TUPLE, EMPTY_LIST, EMPTY_DICT = b")", b"]", b"}"
TUPLE, LIST, DICT, TUPLE1, TUPLE2, TUPLE3 = b"t", b"l", b"d", b"\x85", b"\x86", b"\x87"
APPEND, APPENDS, SETITEM, SETITEMS = b"a", b"e", b"s", b"u"
NEWOBJ, REDUCE, BUILD, PERSID, DUP, POP = b"\x81", b"R", b"b", b"Q", b"2", b"0"


def name(module, attribute):
    return b"c" + module.encode() + b"\n" + attribute.encode() + b"\n"


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return b"X" + struct.pack("<I", len(value)) + value


def integer(value):
    return b"\x8a\x08" + struct.pack("<q", value)


def real(value):
    return b"G" + struct.pack(">d", value)


def put(key):
    return b"q" + bytes([key])


def get(key):
    return b"h" + bytes([key])


def tuple_of(*items):
    return MARK + b"".join(items) + TUPLE


def integers(values):
    return tuple_of(*map(integer, values))


def storage(kind="FloatStorage", key="0", device="cpu", count=6):
    return tuple_of(text("storage"), name("torch", kind), text(key), text(device),
                    integer(count)) + PERSID


def tensor(stored=None, offset=0, sizes=(2, 3), strides=(3, 1), rest=None, rebuild=None):
    arguments = [stored or storage(), integer(offset), integers(sizes), integers(strides)]
    arguments.append(FALSE + name("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE
                     if rest is None else rest)
    return (rebuild or name("torch._utils", "_rebuild_tensor_v2")) + tuple_of(*arguments) + REDUCE


def quantized(quantizer, stored=None, sizes=(2, 3), strides=(3, 1)):
    hooks = name("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE
    return name("torch._utils", "_rebuild_qtensor") + tuple_of(
        stored or storage("QInt8Storage", key="q"), integer(0), integers(sizes), integers(strides),
        quantizer, FALSE, hooks) + REDUCE


WEIGHT = text("weight") + tensor()


def root(attributes, kind="M"):
    """A pickle of a module that has these attributes."""
    return (PROTO + name("__torch__", kind) + EMPTY_TUPLE + NEWOBJ + EMPTY_DICT + MARK +
            attributes + SETITEMS + BUILD + STOP)


CODE = """class M(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  weight : Tensor
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    weight = self.weight
    return torch.mul(x, weight)
"""


def forward(*lines, parameters="x: Tensor", result="Tensor", more=""):
    """The code of a module whose forward has these lines."""
    body = "".join(f"    {line}\n" for line in lines)
    return (f"class M(Module):\n  weight : Tensor\n  def forward(self: __torch__.M,\n"
            f"    {parameters}) -> {result}:\n{body}{more}")


def small(**changed):
    """The entries of a sound archive. `data`, `code`, `constants` and `version` replace what is in
    them; None takes the entry away."""
    contents = {
        "m/data.pkl": changed.get("data", root(WEIGHT)),
        "m/code/__torch__.py": changed.get("code", CODE),
        "m/data/0": changed.get("stored", struct.pack("<6f", 1, 2, 3, 4, 5, 6)),
        "m/data/q": bytes(range(6)),
        "m/constants.pkl": changed.get("constants", PROTO + EMPTY_TUPLE + STOP),
        "m/version": changed.get("version", "3\n"),
    }
    return [Entry(key, value, DEFLATED if key.endswith(".py") or len(value) > 10000 else STORED)
            for key, value in contents.items() if value is not None]


def archive(*more, **changed):
    return Zip(small(**changed) + list(more)).bytes()
