"""From a program to an archive and what PyTorch answers."""
import linecache
import warnings

import numpy
import torch

from generator import ERRORS, SHAPES, Weights

TOLERANCES = {"float64": 1e-9, "float32": 2e-5, "float16": 3e-3, "bfloat16": 2e-2}


class Refused(Exception):
    """PyTorch itself does not take the program in this form."""


class Built:
    def __init__(self, archive, cases, lowest, notes):
        self.archive, self.cases, self.lowest, self.notes = archive, cases, lowest, notes


def define(program):
    """The class, with its source where the scripting compiler looks for it."""
    source = program.source()
    file = f"<program {program.seed}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace = {"torch": torch, "Weights": Weights, "__name__": "programs"}
    exec(compile(source, file, "exec"), namespace)
    return namespace["Program"]().eval()


def copies(tensors):
    return tuple(tensor.clone() for tensor in tensors)


def run(function, tensors):
    with torch.no_grad():
        return [tensor.clone() for tensor in function(*copies(tensors))]


def converted(program, module):
    with torch.no_grad():
        if "script" in program.mode:
            made = torch.jit.script(module)
        else:
            made = torch.jit.trace(module, copies(program.tensors(0)), check_trace=False)
        return torch.jit.freeze(made.eval()) if "frozen" in program.mode else made


def same(a, b, tolerance):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if not a.is_floating_point():
        return torch.equal(a, b)
    a, b = a.double(), b.double()
    finite = b[torch.isfinite(b)]
    scale = max(1.0, finite.abs().max().item() if finite.numel() else 0.0)
    return torch.allclose(a / scale, b / scale, rtol=0, atol=tolerance, equal_nan=True)


def all_same(ours, theirs, tolerance):
    return len(ours) == len(theirs) and all(same(a, b, tolerance) for a, b in zip(ours, theirs))


def lowest_dtype(program, module):
    """The narrowest floating type of anything that the program makes."""
    found = {"float64"}
    for k in (0,):
        namespace = {"torch": torch, "self": module, **dict(zip(program.inputs,
                                                                copies(program.tensors(k))))}
        with torch.no_grad():
            for statement in program.statements:
                exec(statement, namespace)
                found |= {str(v.dtype)[6:] for v in namespace.values()
                          if isinstance(v, torch.Tensor)}
    if any("self." in s or "float" in s for s in program.statements):
        found.add("float32")
    return min(found & set(TOLERANCES), key=lambda name: -TOLERANCES[name])


def to_numpy(tensor):
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    return tensor.contiguous().numpy()


def as_written(loaded):
    """The archive's code, run operator by operator.

    Of what TorchScript's executor does beforehand one thing counts, as it decides what traces of
    `x * 1.5` give: a 0-dimensional constant becomes a number. What it simplifies (`1 * x` of
    booleans to x) does not: that is not what the code says.
    """
    graph = loaded.graph.copy()
    torch._C._jit_pass_inline(graph)
    torch._C._jit_pass_canonicalize_graph_fuser_ops(graph)
    function = torch._C._create_function_from_graph("forward", graph)

    def call(*tensors):
        with torch.jit.optimized_execution(False):
            return function(loaded, *tensors)

    return call


def answers(program, path, module, tolerance, notes):
    """PyTorch's answer at each shape, or None. The archive is loaded for each run: PyTorch lets a
    run change a constant for those that follow.

    The archive's own answer counts. At other shapes than the traced one a trace may have kept what
    was the dummy input's: there, the module's answer is right.
    """
    given = []
    differs = False
    for k in range(len(SHAPES)):
        tensors = program.tensors(k)
        eager = run(module, tensors)
        try:
            ours = run(as_written(torch.jit.load(path)), tensors)
            if k == 0 and not all_same(run(torch.jit.load(path), tensors), ours, tolerance):
                notes.append("PyTorch's executor simplifies away what the code says")
        except ERRORS as error:
            if k == 0:
                raise Refused(str(error)) from error
            ours = None
        if ours is not None and all_same(ours, eager, tolerance):
            given.append(ours)
        elif k == 0:
            notes.append("the archive answers otherwise than the module")
            differs = True
            given.append(ours)
        elif "trace" in program.mode and not differs:
            given.append(eager)
        else:
            given.append(ours)
    return given


def build(program, path):
    """Writes path.pt and path.npz; throws Refused."""
    notes = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = define(program)
            lowest = lowest_dtype(program, module)
            made = converted(program, module)
            torch.jit.save(made, path + ".pt")
            given = answers(program, path + ".pt", module, TOLERANCES[lowest], notes)
        except Refused:
            raise
        except (*ERRORS, torch.jit.frontend.FrontendError) as error:
            raise Refused(str(error)) from error
    arrays = {}
    for k, answer in enumerate(given):
        if answer is None:
            continue
        for i, tensor in enumerate(program.tensors(k)):
            arrays[f"in{k}_{i}"] = to_numpy(tensor)
        for j, tensor in enumerate(answer):
            arrays[f"out{k}_{j}"] = to_numpy(tensor)
    numpy.savez(path + ".npz", **arrays)
    return Built(path, len(given), lowest, notes)
