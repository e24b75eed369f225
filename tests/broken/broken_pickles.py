"""Archives whose pickle is broken: the machine's opcodes, names, objects, storages, tensors."""

import struct

from pickle_bytes import *
from zip_bytes import Entry


def files():
    for what, data in {**machine(), **names_and_calls(), **containers(), **storages()}.items():
        yield "pickle_" + what, archive(data=data)
    for what, value in {**tensors(), **quantizers()}.items():
        yield "tensor_" + what, archive(data=root(text("weight") + value))
    yield from modules()


def machine():
    start = PROTO
    return {
        "empty": b"",
        "without_protocol": MARK + STOP,
        "protocol_1": b"\x80\x01" + NONE + STOP,
        "protocol_6": b"\x80\x06" + NONE + STOP,
        "without_stop": root(WEIGHT)[:-1],
        "cut_in_an_integer": start + b"J\x01\x02",
        "cut_in_a_long": start + b"\x8a\x08\x01",
        "cut_in_a_float": start + b"G\x00",
        "cut_in_a_text": start + b"X\x10\x00\x00\x00abc",
        "text_of_4_gigabytes": start + b"X\xff\xff\xff\xffabc" + STOP,
        "text_of_2_to_the_64": start + b"\x8d" + b"\xff" * 8 + STOP,
        "cut_in_a_name": start + b"c__torch__",
        "cut_in_a_frame": start + b"\x95\x01",
        "long_of_9_bytes": start + b"\x8a\x09" + bytes(9) + STOP,
        "long_of_2_gigabytes": start + b"\x8b\xff\xff\xff\x7f" + STOP,
        "opcode_of_protocol_0": start + b"I12\n" + STOP,
        "opcode_persid": start + b"Pstorage\n" + STOP,
        "opcode_inst": start + b"(i__torch__\nM\n" + STOP,
        "opcode_obj": start + MARK + name("__torch__", "M") + b"o" + STOP,
        "opcode_ext": start + b"\x82\x01" + STOP,
        "opcode_newobj_ex": start + name("__torch__", "M") + EMPTY_TUPLE + EMPTY_DICT + b"\x92" +
                            STOP,
        "opcode_set": start + b"\x8f" + STOP,
        "opcode_next_buffer": start + b"\x97" + STOP,
        "opcode_unknown": start + b"\xff" + STOP,
        "pop_of_nothing": start + POP + STOP,
        "dup_of_nothing": start + DUP + STOP,
        "stop_of_nothing": start + STOP,
        "stop_with_two": start + NONE + NONE + STOP,
        "stop_with_a_mark": start + MARK + NONE + STOP,
        "tuple_without_mark": start + NONE + TUPLE + STOP,
        "tuple_of_too_few": start + NONE + TUPLE3 + STOP,
        "pop_mark_without_mark": start + NONE + b"1" + STOP,
        "operand_below_the_mark": start + EMPTY_LIST + MARK + APPEND + STOP,
        "marks_without_end": start + MARK * 600 + STOP,
        "memo_never_written": start + get(7) + STOP,
        "memo_never_written_long": start + b"j\x07\x00\x00\x00" + STOP,
        "memo_of_nothing": start + put(0) + STOP,
    }


def names_and_calls():
    start, end = PROTO, STOP
    return {
        "name_os_system": start + name("os", "system") + text("true") + TUPLE1 + REDUCE + end,
        "name_eval": start + name("builtins", "eval") + text("1") + TUPLE1 + REDUCE + end,
        "name_posix": start + b"\x8c\x05posix\x8c\x06system\x93" + end,
        "name_torch_load": start + name("torch", "load") + text("x") + TUPLE1 + REDUCE + end,
        "name_of_numpy": start + name("numpy.core.multiarray", "_reconstruct") + end,
        "name_like_torch": start + name("__torch__x", "M") + end,
        "name_of_nothing": start + name("", "") + end,
        "name_of_a_control_character": start + name("os\x1b[2J", "system") + end,
        "name_by_numbers": start + integer(1) + integer(2) + b"\x93" + end,
        "call_of_a_class": start + name("__torch__", "M") + EMPTY_TUPLE + REDUCE + end,
        "call_of_a_value": start + integer(1) + EMPTY_TUPLE + REDUCE + end,
        "call_without_tuple": start + name("collections", "OrderedDict") + integer(1) + REDUCE +
                              end,
        "call_without_arguments": root(text("weight") + name("torch._utils", "_rebuild_tensor_v2") +
                                       EMPTY_TUPLE + REDUCE),
        "object_with_arguments": start + name("__torch__", "M") + tuple_of(NONE) + NEWOBJ + end,
        "object_of_a_function": start + name("torch._utils", "_rebuild_tensor_v2") + EMPTY_TUPLE +
                                NEWOBJ + end,
        "object_of_a_value": start + NONE + EMPTY_TUPLE + NEWOBJ + end,
        "build_of_a_list": start + EMPTY_LIST + EMPTY_DICT + BUILD + end,
        "build_twice": start + name("__torch__", "M") + EMPTY_TUPLE + NEWOBJ + EMPTY_DICT +
                       text("a") + NONE + SETITEM + BUILD + EMPTY_DICT + BUILD + end,
        "build_of_itself": start + name("__torch__", "M") + EMPTY_TUPLE + NEWOBJ + DUP + BUILD +
                           end,
        "attribute_without_name": root(integer(1) + NONE),
        "attribute_twice": root(text("weight") + NONE + WEIGHT),
        "tensor_by_id": root(text("weight") + name("torch.jit._pickle", "build_tensor_from_id") +
                             tuple_of(integer(0)) + REDUCE),
        "device_of_a_number": root(WEIGHT + text("d") + name("torch", "device") +
                                   tuple_of(integer(0)) + REDUCE),
    }


def containers():
    start, end = PROTO, STOP
    return {
        "append_to_a_dict": start + EMPTY_DICT + NONE + APPEND + end,
        "appends_to_a_tuple": start + EMPTY_TUPLE + MARK + NONE + APPENDS + end,
        "setitem_of_a_list": start + EMPTY_LIST + NONE + NONE + SETITEM + end,
        "setitems_odd": start + EMPTY_DICT + MARK + NONE + SETITEMS + end,
        "dict_odd": start + MARK + NONE + DICT + end,
        "list_in_itself": start + EMPTY_LIST + DUP + APPEND + end,
        "dict_in_itself": start + EMPTY_DICT + put(0) + text("k") + get(0) + SETITEM + end,
        "list_in_its_tuple": start + EMPTY_LIST + put(0) + TUPLE1 + get(0) + DUP + APPEND + end,
        "list_changed_when_held": start + EMPTY_LIST + put(0) + TUPLE1 + get(0) + NONE + APPEND +
                                  end,
        "object_in_itself": start + name("__torch__", "M") + EMPTY_TUPLE + NEWOBJ + put(0) +
                            EMPTY_DICT + text("self") + get(0) + SETITEM + BUILD + end,
        "ordered_dict_of_a_number": start + name("collections", "OrderedDict") +
                                    tuple_of(integer(1)) + REDUCE + end,
        "ordered_dict_of_triples": start + name("collections", "OrderedDict") + MARK + EMPTY_LIST +
                                   NONE + NONE + NONE + TUPLE3 + APPEND + TUPLE + REDUCE + end,
        "tuples_600_deep": root(WEIGHT + text("a") + NONE + TUPLE1 * 600),
        "tuples_that_double": root(WEIGHT + text("a") + NONE + TUPLE1 + (DUP + TUPLE2) * 26),
        "lists_that_double": root(WEIGHT + text("a") + EMPTY_LIST + put(1) + integer(1) + APPEND +
                                  b"".join(EMPTY_LIST + put(k + 2) + MARK + get(k + 1) +
                                           get(k + 1) + APPENDS for k in range(26)) +
                                  b"0" * 0),
        "storage_as_a_value": root(WEIGHT + text("a") + storage()),
        "name_as_a_value": root(WEIGHT + text("a") + name("torch", "FloatStorage")),
        "values_by_the_million": root(WEIGHT + text("a") + MARK + NONE * 1100000 + TUPLE),
    }


def storages():
    def held(fields):
        return root(text("weight") + tensor(fields))

    def fields(*items):
        return tuple_of(*items) + PERSID

    kind, parts = name("torch", "FloatStorage"), (text("0"), text("cpu"), integer(6))
    return {
        "storage_of_a_number": held(integer(1) + PERSID),
        "storage_of_nothing": held(fields()),
        "storage_of_too_little": held(fields(text("storage"), kind, text("0"))),
        "storage_of_another_kind": held(fields(text("module"), kind, *parts)),
        "storage_of_a_class": held(fields(text("storage"), name("__torch__", "M"), *parts)),
        "storage_of_a_word": held(fields(text("storage"), text("FloatStorage"), *parts)),
        "storage_of_complex_numbers": held(storage("ComplexFloatStorage")),
        "storage_key_of_a_number": held(
            fields(text("storage"), kind, integer(0), text("cpu"), integer(6))),
        "storage_key_outside": held(storage(key="../version")),
        "storage_key_missing": held(storage(key="17")),
        "storage_on_no_device": held(storage(device="gpu")),
        "storage_on_device_1000": held(storage(device="cuda:1000")),
        "storage_of_less_than_nothing": held(storage(count=-1)),
        "storage_of_2_to_the_62": held(storage(count=1 << 62)),
        "storage_count_of_a_word": held(
            fields(text("storage"), kind, text("0"), text("cpu"), text("6"))),
        "storage_declared_smaller": held(storage(count=5)),
        "storage_declared_larger": held(storage(count=7)),
        "storage_declared_of_another_type": held(storage("DoubleStorage")),
    }


def tensors():
    huge = 1 << 40
    return {
        "without_storage": tensor(NONE),
        "offset_negative": tensor(offset=-1),
        "offset_outside": tensor(offset=1),
        "offset_of_2_to_the_62": tensor(offset=1 << 62),
        "offset_of_a_word": name("torch._utils", "_rebuild_tensor_v2") + tuple_of(
            storage(), text("0"), integers((2, 3)), integers((3, 1)), FALSE) + REDUCE,
        "size_negative": tensor(sizes=(-2, 3)),
        "size_of_a_word": name("torch._utils", "_rebuild_tensor_v2") + tuple_of(
            storage(), integer(0), tuple_of(text("6")), integers((1,)), FALSE) + REDUCE,
        "sizes_outside": tensor(sizes=(3, 3)),
        "sizes_overflow": tensor(sizes=(huge, huge), strides=(0, 0)),
        "sizes_of_a_list": name("torch._utils", "_rebuild_tensor_v2") + tuple_of(
            storage(), integer(0), EMPTY_LIST, integers(()), FALSE) + REDUCE,
        "stride_negative": tensor(offset=5, strides=(-3, -1)),
        "stride_outside": tensor(strides=(4, 1)),
        "strides_overflow": tensor(strides=((1 << 62) + 1, 1)),
        "strides_too_few": tensor(strides=(3,)),
        "of_65_dimensions": tensor(sizes=(1,) * 65, strides=(1,) * 65),
        "of_two_gigabytes_by_stride_0": tensor(sizes=(1 << 29,), strides=(0,)),
        "of_three_arguments": name("torch._utils", "_rebuild_tensor_v2") + tuple_of(
            storage(), integer(0), integers((2, 3))) + REDUCE,
        "of_eight_arguments": tensor(rest=FALSE + NONE + EMPTY_DICT + NONE),
        "gradient_of_a_number": tensor(rest=integer(1)),
        "without_scale_over_quantized": tensor(storage("QInt8Storage", key="q")),
        "of_another_rebuild": tensor(rebuild=name("torch._utils", "_rebuild_sparse_tensor")),
        "of_a_parameter_of_nothing": name("torch._utils", "_rebuild_parameter") + EMPTY_TUPLE +
                                     REDUCE,
    }


def quantizers():
    affine, channel = name("torch", "per_tensor_affine"), name("torch", "per_channel_affine")

    def reals(*values):
        return EMPTY_LIST + MARK + b"".join(map(real, values)) + APPENDS

    def channels(scales, zeros, axis):
        return quantized(tuple_of(channel, scales, zeros, integer(axis)))

    return {
        "quantized_over_floats": quantized(tuple_of(affine, real(0.5), integer(0)),
                                           stored=storage()),
        "quantized_by_nothing": quantized(EMPTY_TUPLE),
        "quantized_by_a_word": quantized(tuple_of(text("affine"), real(0.5), integer(0))),
        "quantized_by_a_class": quantized(tuple_of(name("__torch__", "M"), real(0.5), integer(0))),
        "quantized_by_words": quantized(tuple_of(affine, text("0.5"), integer(0))),
        "quantized_by_two_scales": quantized(tuple_of(affine, reals(0.5, 0.5), integer(0))),
        "quantized_to_a_half": quantized(tuple_of(affine, real(0.5), real(0.5))),
        "channels_too_few": channels(reals(0.5), reals(0.0), 0),
        "channels_of_another_count": channels(reals(0.5, 0.5), reals(0.0), 0),
        "channels_axis_outside": channels(reals(0.5, 0.5), reals(0.0, 0.0), 2),
        "channels_axis_negative": channels(reals(0.5, 0.5), reals(0.0, 0.0), -1),
        "channels_zero_point_outside": channels(reals(0.5, 0.5), reals(0.0, 1e30), 0),
        "channels_zero_point_is_no_number": channels(reals(0.5, 0.5), reals(0.0, float("nan")), 0),
        "channels_of_float_zeros": quantized(tuple_of(
            name("torch", "per_channel_affine_float_qparams"), reals(0.5, 0.5), reals(0.0, 0.0),
            integer(0))),
    }


def modules():
    """What the pickle is, beside the code."""
    yield "module_is_a_number", archive(data=PROTO + integer(1) + STOP)
    yield "module_is_a_list", archive(data=PROTO + EMPTY_LIST + STOP)
    yield "module_is_a_tensor", archive(data=PROTO + tensor() + STOP)
    yield "module_of_no_class", archive(data=root(WEIGHT, "N"))
    yield "module_without_its_weight", archive(data=root(b""))
    yield "module_of_an_integer_for_a_weight", archive(data=root(text("weight") + integer(1)))
    part = "class A(Module):\n  pass\nclass B(Module):\n  pass\n" + CODE.replace(
        "  weight : Tensor\n", "  weight : Tensor\n  part : __torch__.A\n")
    made = name("__torch__", "B") + EMPTY_TUPLE + NEWOBJ + EMPTY_DICT + BUILD
    yield "module_part_of_another_class", archive(
        code=part, data=root(WEIGHT + text("part") + made))
    yield "module_part_is_a_number", archive(
        code=part, data=root(WEIGHT + text("part") + integer(1)))
    yield "constants_of_a_dict", archive(constants=PROTO + EMPTY_DICT + STOP)
    yield "constants_cut", archive(constants=PROTO + MARK)
    yield "constants_without_storage", archive(
        constants=PROTO + tuple_of(tensor(storage(key="5"))) + STOP)
    yield "constants_outside_their_storage", archive(
        Entry("m/constants/0", struct.pack("<2f", 1, 2)),
        constants=PROTO + tuple_of(tensor(storage(count=2))) + STOP)
