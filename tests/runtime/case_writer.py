"""Records what PyTorch's operators answer, for tests/runtime/operator_cases.cc.

A group's script makes a CaseWriter, calls add() for each case, and save(). Cases are written in
the order of the schema's arguments; tensors with their whole storage, so that strides, offsets and
what in-place operators do to aliases are part of the case.
"""
import json
import math
import os

import torch

NAMES = {torch.qint8: "qint8", torch.quint8: "quint8", torch.qint32: "qint32"}


class Packed:
    """The packed parameters of a linear layer: stands for torch's own as an argument."""

    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias


def number(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def dtype_name(dtype):
    return NAMES.get(dtype, str(dtype).removeprefix("torch."))


def storage_of(tensor):
    if tensor.is_quantized:
        tensor = tensor.int_repr()
    size = tensor.untyped_storage().nbytes() // tensor.element_size()
    flat = torch.as_strided(tensor, (size,), (1,), 0)
    if tensor.dtype == torch.bool:
        return flat.int().tolist()
    if tensor.dtype in (torch.float32, torch.float16, torch.bfloat16):
        return [number(float(f"{x:.9g}")) for x in flat.tolist()]
    return [number(x) for x in flat.tolist()]


def encode_tensor(tensor):
    tensor = tensor.detach()
    if tensor.is_quantized:
        tensor = tensor.contiguous()
    record = {"dtype": dtype_name(tensor.dtype), "shape": list(tensor.shape),
              "strides": list(tensor.stride()), "offset": tensor.storage_offset(),
              "data": storage_of(tensor)}
    if tensor.is_quantized:
        if tensor.qscheme() == torch.per_tensor_affine:
            record.update(scales=[tensor.q_scale()], zero_points=[tensor.q_zero_point()])
        else:
            record.update(scales=tensor.q_per_channel_scales().tolist(),
                          zero_points=tensor.q_per_channel_zero_points().tolist(),
                          axis=tensor.q_per_channel_axis())
    return record


def shares(value, tensor):
    """Whether a result, or one in a list, lies in a tensor's storage."""
    if isinstance(value, torch.Tensor):
        return value.untyped_storage()._cdata == tensor.untyped_storage()._cdata
    return isinstance(value, (list, tuple)) and any(shares(item, tensor) for item in value)


def encode_result(value):
    """A result's values count, not how they lie."""
    if isinstance(value, torch.Tensor) and not value.is_quantized:
        value = value.detach().contiguous().clone()
    return encode(value)


def encode(value):
    if isinstance(value, torch.Tensor):
        return encode_tensor(value)
    if isinstance(value, Packed):
        return {"packed": [encode(value.weight), encode(value.bias)]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": number(value)}
    if isinstance(value, torch.dtype):
        return TYPES.index(value)
    if isinstance(value, torch.device):
        return {"device": str(value)}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


# By PyTorch's number.
TYPES = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16,
         torch.float32, torch.float64, None, None, None, torch.bool, torch.qint8, torch.quint8,
         torch.qint32, torch.bfloat16]


class CaseWriter:
    def __init__(self, group):
        self.group = group
        self.cases = []

    def add(self, op, *args, tolerance=0.0, function=None, aliases=False):
        """Calls `op` ("aten::add.Tensor") or, where PyTorch no longer has it, `function`.

        With `aliases` the case also says whether the results share the first argument's storage.
        """
        case = {"op": op, "args": [encode(arg) for arg in args]}
        if function is None:
            namespace, name = op.split("::")
            name, _, overload = name.partition(".")
            function = getattr(getattr(getattr(torch.ops, namespace), name), overload or "default")
            names = [argument.name for argument in function._schema.arguments]
            only = {argument.name for argument in function._schema.arguments if argument.kwarg_only}
            keywords = {n: a for n, a in zip(names, args) if n in only}
            args_given = [a for n, a in zip(names, args) if n not in only]
        else:
            args_given, keywords = args, {}
        try:
            results = function(*args_given, **keywords)
        except (RuntimeError, IndexError, NotImplementedError, ValueError, TypeError) as error:
            case["error"] = str(error).split("\n")[0][:80]
            self.cases.append(case)
            return None
        listed = list(results) if isinstance(results, tuple) else [results]
        case["results"] = [encode_result(result) for result in listed]
        after = {str(i): encode(arg) for i, arg in enumerate(args)
                 if isinstance(arg, torch.Tensor) and encode(arg) != case["args"][i]
                 and not arg.is_quantized}
        if aliases and isinstance(args[0], torch.Tensor):
            case["aliases"] = shares(listed, args[0])
        if after and "nan" not in json.dumps(after):
            case["after"] = after
        if tolerance:
            case["tolerance"] = tolerance
        self.cases.append(case)
        return results

    def save(self, path=None):
        if path is None:
            here = os.path.dirname(os.path.abspath(__file__))
            path = os.path.join(here, "cases", self.group + ".json")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write("[" + ",\n".join(json.dumps(case, separators=(",", ":"))
                                         for case in self.cases) + "]\n")
        errors = sum("error" in case for case in self.cases)
        print(f"{self.group}: {len(self.cases)} cases, {errors} of them errors, "
              f"{os.path.getsize(path) // 1024} KB")
