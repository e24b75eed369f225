"""ctypes_test LIBRARY TESTS: the shared library from Python by ctypes alone."""
import ctypes
import io
import json
import pathlib
import struct
import sys
import threading
import unittest
import zipfile

LIBRARY, TESTS = sys.argv[1], pathlib.Path(sys.argv[2])
OK, NOT_FOUND, BAD_ARCHIVE, BAD_INPUT, CANCELLED = 0, 1, 2, 4, 6
FLOAT32, INT64 = 6, 4
NONE, TENSOR, TUPLE, LIST, DICT = 0, 1, 6, 7, 8
TYPES = {"<f4": (FLOAT32, "f"), "<i8": (INT64, "q"), "|b1": (11, "?")}

henson = ctypes.CDLL(LIBRARY)
POINTER = ctypes.c_void_p


class Tensor(ctypes.Structure):
    _fields_ = [("data", POINTER), ("bytes", ctypes.c_size_t),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("rank", ctypes.c_size_t),
                ("dtype", ctypes.c_int32)]


class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]


class Sequence(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("ids", ctypes.POINTER(ctypes.c_int64)),
                ("type_ids", ctypes.POINTER(ctypes.c_int64)),
                ("offsets", ctypes.POINTER(ctypes.c_uint32)),
                ("special", ctypes.POINTER(ctypes.c_uint8)),
                ("sequences", ctypes.POINTER(ctypes.c_int8)),
                ("words", ctypes.POINTER(ctypes.c_int32)), ("lost", ctypes.c_size_t)]


class SessionOptions(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("executor", ctypes.c_int32),
                ("precision", ctypes.c_int32), ("threads", ctypes.c_int32),
                ("memory_limit", ctypes.c_uint64), ("pool", POINTER), ("stop", POINTER)]


def declare(result, name, *arguments):
    function = getattr(henson, name)
    function.restype, function.argtypes = result, arguments


TENSORS, STATUS = ctypes.POINTER(Tensor), ctypes.c_int32
RESULT, SIZE, STRING = ctypes.POINTER(POINTER), ctypes.c_size_t, ctypes.c_char_p
NAMES = ctypes.POINTER(STRING)
for declaration in [
        (STRING, "henson_version"), (POINTER, "henson_last_error"),
        (STRING, "henson_error_text", POINTER), (None, "henson_free", POINTER),
        (STATUS, "henson_model_open", STRING, POINTER, RESULT),
        (STATUS, "henson_model_open_copy", STRING, SIZE, POINTER, RESULT),
        (STATUS, "henson_model_json", POINTER, RESULT), (None, "henson_model_free", POINTER),
        (STATUS, "henson_session_new", POINTER, POINTER, RESULT),
        (None, "henson_session_free", POINTER),
        (STATUS, "henson_session_run", POINTER, TENSORS, SIZE, RESULT),
        (STATUS, "henson_session_run_named", POINTER, NAMES, TENSORS, SIZE, RESULT),
        (STATUS, "henson_session_run_ragged", POINTER, NAMES, TENSORS, SIZE, SIZE, RESULT),
        (None, "henson_output_free", POINTER), (STATUS, "henson_output_kind", POINTER),
        (SIZE, "henson_output_size", POINTER), (POINTER, "henson_output_item", POINTER, SIZE),
        (STRING, "henson_output_key", POINTER, SIZE),
        (STATUS, "henson_output_tensor", POINTER, TENSORS),
        (STATUS, "henson_stop_new", RESULT), (None, "henson_stop_request", POINTER),
        (None, "henson_stop_free", POINTER),
        (STATUS, "henson_tokenizer_open", STRING, POINTER, RESULT),
        (None, "henson_tokenizer_free", POINTER),
        (STATUS, "henson_tokenizer_encode", POINTER, Text, ctypes.POINTER(Text), POINTER, RESULT),
        (STATUS, "henson_tokenizer_decode", POINTER, ctypes.POINTER(ctypes.c_int64), SIZE, STATUS,
         RESULT),
        (STATUS, "henson_encoding_at", POINTER, SIZE, ctypes.POINTER(Sequence)),
        (None, "henson_encoding_free", POINTER)]:
    declare(*declaration)


def made(function, *arguments):
    """What a function gives through its last argument."""
    result = POINTER()
    status = function(*arguments, ctypes.byref(result))
    if status != OK:
        raise RuntimeError(status, henson.henson_error_text(henson.henson_last_error()).decode())
    return result


def arrays_of(path):
    """The arrays of an npz file: dtype, shape, elements."""
    arrays = {}
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            stream = io.BytesIO(file.read(name))
            header_bytes, = struct.unpack("<H", stream.read(10)[8:])
            header = eval(stream.read(header_bytes), {})  # as numpy.save writes it
            dtype, letter = TYPES[header["descr"]]
            data = stream.read()
            values = struct.unpack(f"<{len(data) // struct.calcsize(letter)}{letter}", data)
            arrays[name.removesuffix(".npy")] = (dtype, header["shape"], values)
    return arrays


def tensor_of(dtype, shape, values):
    letters = {INT64: ctypes.c_int64, FLOAT32: ctypes.c_float}
    data = (letters[dtype] * len(values))(*values)
    sizes = (ctypes.c_int64 * len(shape))(*shape)
    tensor = Tensor(ctypes.cast(data, POINTER), ctypes.sizeof(data), sizes, len(shape), dtype)
    tensor.kept = data, sizes
    return tensor


def values_of(output):
    tensor = Tensor()
    assert henson.henson_output_tensor(output, ctypes.byref(tensor)) == OK
    letter = {dtype: letter for dtype, letter in TYPES.values()}[tensor.dtype]
    count = tensor.bytes // struct.calcsize(letter)
    data = ctypes.string_at(tensor.data, tensor.bytes)
    return tuple(tensor.shape[:tensor.rank]), struct.unpack(f"<{count}{letter}", data)


def structure_of(output):
    kind = henson.henson_output_kind(output)
    items = [henson.henson_output_item(output, i) for i in range(henson.henson_output_size(output))]
    if kind == DICT:
        return {henson.henson_output_key(output, i).decode(): structure_of(item)
                for i, item in enumerate(items)}
    if kind in (TUPLE, LIST):
        return (tuple if kind == TUPLE else list)(map(structure_of, items))
    return values_of(output) if kind == TENSOR else None


def leaves_of(structure):
    if isinstance(structure, dict):
        return [leaf for item in structure.values() for leaf in leaves_of(item)]
    if isinstance(structure, tuple) and len(structure) == 2 and \
            all(isinstance(size, int) for size in structure[0]):
        return [structure]
    return [leaf for item in structure for leaf in leaves_of(item)]


class Model:
    def __init__(self, path, options=None):
        self.model = made(henson.henson_model_open, bytes(path), None)
        self.session = made(henson.henson_session_new, self.model, options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        henson.henson_session_free(self.session)
        henson.henson_model_free(self.model)

    def run(self, tensors):
        inputs = (Tensor * len(tensors))(*tensors)
        output = made(henson.henson_session_run, self.session, inputs, len(tensors))
        structure = structure_of(output)
        henson.henson_output_free(output)
        return structure


class Ctypes(unittest.TestCase):

    def close(self, outputs, arrays, number):
        for place, (shape, values) in enumerate(leaves_of(outputs)):
            _, expected_shape, expected = arrays[f"out{number}_{place}"]
            self.assertEqual(shape, expected_shape)
            worst = max((abs(a - b) for a, b in zip(values, expected)), default=0)
            self.assertLess(worst, 1e-4)
        self.assertNotIn(f"out{number}_{len(leaves_of(outputs))}", arrays)

    def check_golden(self, name, kind):
        golden = TESTS / "golden" / name
        arrays = arrays_of(golden.with_suffix(golden.suffix + ".npz"))
        with Model(golden.with_suffix(golden.suffix + ".pt")) as model:
            number = 0
            while f"in{number}_0" in arrays:
                inputs = [tensor_of(*arrays[key]) for key in arrays if key.startswith(f"in{number}_")]
                outputs = model.run(inputs)
                self.assertIs(type(outputs), kind)
                self.close(outputs, arrays, number)
                number += 1
        self.assertGreater(number, 2)

    def test_answers_are_pytorch_s_in_the_trace_s_structure(self):
        for name, kind in [("torch2.13_encoder_full", tuple), ("torch2.13_dict_output", dict),
                           ("torch2.13_nested_output", tuple), ("torch1.0_encoder_ids", tuple)]:
            with self.subTest(name):
                self.check_golden(name, kind)

    def test_inputs_by_name_and_in_any_order(self):
        arrays = arrays_of(TESTS / "golden/torch2.13_encoder_full.npz")
        with Model(TESTS / "golden/torch2.13_encoder_full.pt") as model:
            told = made(henson.henson_model_json, model.model)
            names = [item["name"] for item in json.loads(ctypes.string_at(told))["inputs"]]
            henson.henson_free(told)
            tensors = [tensor_of(*arrays[f"in0_{i}"]) for i in (2, 0, 1)]
            keys = (STRING * 3)(*[names[i].encode() for i in (2, 0, 1)])
            output = made(henson.henson_session_run_named, model.session, keys,
                          (Tensor * 3)(*tensors), 3)
            self.close(structure_of(output), arrays, 0)
            henson.henson_output_free(output)

    def test_ragged_sequences_give_what_each_gives_alone(self):
        with Model(TESTS / "golden/torch2.13_encoder_ids.pt") as model:
            tensors = [tensor_of(INT64, (1, n), range(2, 2 + n)) for n in (3, 9, 1, 6)]
            outputs = (POINTER * 4)()
            self.assertEqual(henson.henson_session_run_ragged(
                model.session, None, (Tensor * 4)(*tensors), 1, 4, outputs), OK)
            for output, tensor in zip(outputs, tensors):
                self.assertEqual(structure_of(output), model.run([tensor]))
                henson.henson_output_free(output)

    def test_errors_are_told_for_each_thread(self):
        def failed(path):
            with self.assertRaises(RuntimeError) as raised:
                made(henson.henson_model_open, path, None)
            return raised.exception.args
        self.assertEqual(failed(b"no such file.pt"),
                         (NOT_FOUND, "there is no such file; check the path"))
        other = []
        thread = threading.Thread(target=lambda: other.append(
            henson.henson_error_text(henson.henson_last_error())))
        thread.start()
        thread.join()
        self.assertEqual(other, [b""])
        self.assertEqual(failed(__file__.encode()),
                         (BAD_ARCHIVE, "a text file, not a TorchScript archive"))

    def test_a_stop_ends_runs(self):
        stop = made(henson.henson_stop_new)
        options = SessionOptions(ctypes.sizeof(SessionOptions), threads=1, stop=stop)
        with Model(TESTS / "golden/torch2.13_encoder_ids.pt", ctypes.byref(options)) as model:
            tensor = tensor_of(INT64, (1, 3), (1, 2, 3))
            model.run([tensor])
            henson.henson_stop_request(stop)
            with self.assertRaises(RuntimeError) as raised:
                model.run([tensor])
            self.assertEqual(raised.exception.args[0], CANCELLED)
        henson.henson_stop_free(stop)

    def test_options_of_another_version(self):
        longer = ctypes.sizeof(SessionOptions) + 8
        class Later(ctypes.Structure):
            _fields_ = [("known", SessionOptions), ("later", ctypes.c_uint64)]
        options = Later(SessionOptions(longer, threads=1), 0)
        with Model(TESTS / "golden/torch2.13_encoder_ids.pt", ctypes.byref(options)) as model:
            options.later = 1
            with self.assertRaises(RuntimeError) as raised:
                made(henson.henson_session_new, model.model, ctypes.byref(options))
            self.assertEqual(raised.exception.args, (
                BAD_INPUT, "the options set what this version of Henson does not know"))

    def test_text_to_ids_and_back(self):
        tokenizer = made(henson.henson_tokenizer_open, bytes(TESTS / "tasks/vocab.txt"), None)
        text = b"jim henson was a puppeteer"
        encoding = made(henson.henson_tokenizer_encode, tokenizer, Text(text, len(text)), None, None)
        sequence = Sequence()
        self.assertEqual(henson.henson_encoding_at(encoding, 0, ctypes.byref(sequence)), OK)
        self.assertEqual([sequence.special[i] for i in range(sequence.size)],
                         [1] + [0] * (sequence.size - 2) + [1])
        first, end = sequence.offsets[2], sequence.offsets[3]
        self.assertEqual(text[first:end], b"jim")
        decoded = made(henson.henson_tokenizer_decode, tokenizer, sequence.ids, sequence.size, 1)
        self.assertEqual(ctypes.string_at(decoded), text)
        henson.henson_free(decoded)
        henson.henson_encoding_free(encoding)
        henson.henson_tokenizer_free(tokenizer)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
