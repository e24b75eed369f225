"""An archive as a thing to call."""
from __future__ import annotations

import os
from typing import Any

from henson import _henson


def check_device(device: Any) -> None:
    """Code for torch says where a model computes; here there is one place."""
    if device is not None and str(device).split(":")[0] != "cpu":
        raise ValueError(f"Henson computes on the CPU: there is no device {device}")


class Model(_henson.Model):
    """An opened archive, made by load(). Called as the trace is.

    Any thread may call it: calls at the same time have sessions of their own over the same weights,
    and run without the GIL. It may be pickled, copied, and used after a fork.
    """

    def __init__(self, source: str | os.PathLike | bytes, **options: Any):
        source = source if isinstance(source, bytes) else os.path.abspath(os.fspath(source))
        super().__init__(source, **options)
        self._made_by = (source, options)

    def __reduce__(self):
        source, options = self._made_by
        return _reopen, (source, options)

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, memo: dict) -> Model:
        return self  # nothing about it changes

    def __repr__(self) -> str:
        source, options = self._made_by
        what = f"{len(source)} bytes" if isinstance(source, bytes) else repr(source)
        return f"henson.load({what}{''.join(f', {k}={v!r}' for k, v in options.items())})"

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The same as a call."""
        return self(*inputs, **named)

    def eval(self) -> Model:
        """Does nothing, as of a trace: what it does was settled when it was traced."""
        return self

    def train(self, mode: bool = True) -> Model:
        """Only train(False): Henson does not train."""
        if mode:
            raise ValueError("Henson runs models and does not train them")
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Model:
        """Only requires_grad_(False): there are no gradients."""
        return self.train(requires_grad)

    def to(self, device: Any = None, *more: Any, **named: Any) -> Model:
        """Only to("cpu"), where it is. load(precision=…) says in what it computes."""
        for place in (device, named.get("device")):
            if place is not None and not hasattr(place, "is_floating_point"):
                check_device(place)
        types = [t for t in (device, *more, named.get("dtype")) if hasattr(t, "is_floating_point")]
        if any(str(t) != "torch.float32" for t in types):
            raise ValueError(f"{types[0]}: load(precision='bf16') or 'int8' says in what a model "
                             "computes; what it takes and gives is as traced")
        return self

    def cpu(self) -> Model:
        """The model itself: it is there."""
        return self


def _reopen(source: str | bytes, options: dict) -> Model:
    return Model(source, **options)


def load(f: Any, map_location: Any = None, *, precision: str = "fp32", threads: int = 0,
         executor: str = "plan", method: str = "forward", map: bool = False,
         memory_limit: int = 0) -> Model:
    """Opens a TorchScript archive, as torch.jit.load does.

    f: a path, the archive's bytes, or an open file, which is read to its end.
    map_location: only a CPU.
    precision: "fp32", "bf16" or "int8": what weights are kept as and multiplied in.
    threads: of a call; 0: as many as the process may have at once.
    executor: "plan", or "interpreter", which is slow and computes operator by operator.
    method: of the archive's module; Model.methods lists them.
    map: use the weights where they lie in the file, for files that nobody writes into.
    memory_limit: bytes that a call may take; 0: what the machine has.
    """
    check_device(map_location)
    if isinstance(f, (bytearray, memoryview)):
        f = bytes(f)
    elif hasattr(f, "read"):
        f = f.read()
    return Model(f, precision=precision, threads=threads, executor=executor, method=method,
                 map=map, memory_limit=memory_limit)
