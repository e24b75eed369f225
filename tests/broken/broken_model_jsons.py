"""Archives of PyTorch 1.0 to 1.2 whose model.json, or what belongs to it, is broken."""

import copy
import json
import struct

from pickle_bytes import (APPEND, BUILD, EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, NEWOBJ, PROTO, STOP,
                          integer, name, tuple_of)
from zip_bytes import DEFLATED, Entry, Zip

CODE = """op_version_set = 1
def forward(self,
    x: Tensor) -> Tensor:
  return torch.mul(x, self.weight)
"""

MODEL = {
    "protoVersion": "2",
    "mainModule": {
        "torchscriptArena": {"key": "code/m.py"},
        "name": "m",
        "optimize": True,
        "parameters": [{"isBuffer": False, "tensorId": "0", "name": "weight"}],
    },
    "producerName": "pytorch",
    "producerVersion": "1.0",
    "tensors": [{
        "dims": ["2", "3"], "offset": "0", "strides": ["3", "1"], "requiresGrad": True,
        "dataType": "FLOAT", "data": {"key": "tensors/0"}, "device": "cpu",
    }],
}


def archive(model=None, code=CODE, attributes=None, stored=struct.pack("<6f", *range(6))):
    entries = [Entry("m/version", "1\n")]
    model = json.dumps(MODEL if model is None else model) if not isinstance(model, str) else model
    entries.append(Entry("m/model.json", model))
    if code is not None:
        entries.append(Entry("m/code/m.py", code, DEFLATED))
    entries.append(Entry("m/tensors/0", stored))
    entries.append(Entry("m/code/empty.py", ""))
    if attributes is not None:
        entries.append(Entry("m/attributes.pkl", attributes))
    return Zip(entries).bytes()


def changed(path, value):
    """The model with another value at a path; None takes it away."""
    model = copy.deepcopy(MODEL)
    *before, last = path
    place = model
    for key in before:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return model


def tensor(key, value):
    return archive(changed(["tensors", 0, key], value))


def main(key, value):
    return archive(changed(["mainModule", key], value))


def files():
    for what, data in {**texts(), **of_tensors(), **of_modules(), **of_attributes()}.items():
        yield "json_" + what, data


def texts():
    whole = json.dumps(MODEL)
    twice = whole.replace('"dims"', '"dims": ["1", "1"], "dims"')
    return {
        "empty": archive(""),
        "cut": archive(whole[:100]),
        "with_a_tail": archive(whole + "{}"),
        "of_a_list": archive([]),
        "of_invalid_utf8": Zip([Entry("m/version", "1\n"),
                                Entry("m/model.json", whole.encode().replace(b"torch", b"\xff")),
                                Entry("m/code/m.py", CODE)]).bytes(),
        "100000_deep": archive("[" * 100000),
        "of_a_number_beyond_doubles": archive(whole.replace('"2"', "1e999", 1)),
        "member_twice": archive(twice),
        "producer_of_a_number": archive(changed(["producerName"], 7)),
    }


def of_tensors():
    return {
        "tensors_of_an_object": archive(changed(["tensors"], {})),
        "tensor_of_a_number": archive(changed(["tensors"], [7])),
        "tensor_without_type": tensor("dataType", None),
        "tensor_of_no_type": tensor("dataType", "COMPLEX128"),
        "tensor_type_of_a_number": tensor("dataType", 1),
        "tensor_quantized": tensor("isQuantized", True),
        "tensor_of_negative_sizes": tensor("dims", ["-2", "3"]),
        "tensor_of_words_for_sizes": tensor("dims", ["two", "3"]),
        "tensor_of_sizes_with_a_tail": tensor("dims", ["2x", "3"]),
        "tensor_of_sizes_beyond_64_bits": tensor("dims", ["18446744073709551618", "3"]),
        "tensor_of_number_beyond_64_bits": tensor("dims", [18446744073709551615, 3]),
        "tensor_of_half_a_size": tensor("dims", [2.5, 3]),
        "tensor_of_overflowing_sizes": tensor("dims", [str(1 << 40), str(1 << 40)]),
        "tensor_of_65_dimensions": tensor("dims", ["1"] * 65),
        "tensor_of_one_stride": tensor("strides", ["3"]),
        "tensor_of_negative_strides": tensor("strides", ["3", "-1"]),
        "tensor_outside_its_storage": tensor("offset", "1"),
        "tensor_at_a_negative_offset": tensor("offset", "-1"),
        "tensor_on_no_device": tensor("device", "gpu"),
        "tensor_without_storage": tensor("data", None),
        "tensor_of_a_missing_storage": tensor("data", {"key": "tensors/9"}),
        "tensor_of_a_storage_outside": tensor("data", {"key": "../m/tensors/0"}),
        "tensor_of_two_gigabytes": archive(changed(["tensors", 0], dict(
            MODEL["tensors"][0], dims=[str(1 << 29)], strides=["0"]))),
        "tensor_of_a_shorter_storage": archive(stored=bytes(20)),
    }


def of_modules():
    deep = json.dumps(MODEL).replace('"parameters": [', '"submodules": [' + (
        '{"name": "m", "submodules": [' * 600) + "]}" * 600 + '], "parameters": [', 1)
    two = [dict(MODEL["mainModule"]["parameters"][0])] * 2
    parameter = dict(MODEL["mainModule"]["parameters"][0])
    return {
        "no_main_module": archive(changed(["mainModule"], None)),
        "main_module_of_a_list": archive(changed(["mainModule"], [])),
        "main_module_without_code": main("torchscriptArena", None),
        "code_missing": archive(code=None),
        "code_outside": main("torchscriptArena", {"key": "../m/code/m.py"}),
        "code_of_a_future_version": archive(code=CODE.replace("set = 1", "set = 99")),
        "code_without_forward": archive(code=CODE.replace("forward", "backward")),
        "parameter_outside": main("parameters", [dict(parameter, tensorId="1")]),
        "parameter_negative": main("parameters", [dict(parameter, tensorId="-1")]),
        "parameter_of_a_word": main("parameters", [dict(parameter, tensorId="first")]),
        "parameter_beyond_64_bits": main("parameters", [dict(parameter, tensorId="9" * 20)]),
        "parameter_twice": main("parameters", two),
        "parameter_and_module_of_one_name": main("submodules", [{"name": "weight"}]),
        "parameters_of_an_object": main("parameters", {}),
        "name_of_a_number": main("parameters", [dict(parameter, name=5)]),
        "modules_600_deep": archive(deep),
    }


def of_attributes():
    held = [{"name": "a", "type": "int", "id": "0"}]
    by_id = (name("__main__", "TensorID") + EMPTY_TUPLE + NEWOBJ + integer(9) + BUILD)
    model = changed(["mainModule", "attributes"], held)
    return {
        "attribute_of_no_pickle": archive(model),
        "attribute_outside": archive(model, attributes=PROTO + EMPTY_LIST + STOP),
        "attributes_of_a_dict": archive(model, attributes=PROTO + EMPTY_DICT + STOP),
        "attributes_cut": archive(model, attributes=PROTO + EMPTY_LIST),
        "attribute_of_no_tensor": archive(
            model, attributes=PROTO + EMPTY_LIST + by_id + APPEND + STOP),
        "attribute_that_runs": archive(
            model, attributes=PROTO + name("os", "system") + tuple_of(integer(1)) + b"R" + STOP),
    }
