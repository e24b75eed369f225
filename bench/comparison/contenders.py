"""Who takes part, and what each needs."""
import dataclasses

from comparison.environment import RIVALS, Missing


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    title: str
    package: str  # of environment.PACKAGES
    files: str    # what rivals/models.py makes for it
    file: str     # the one that it opens
    script: tuple = ()       # in bench/rivals
    pads: bool = True        # ragged sequences have to be padded
    any_batch: bool = True   # a new size of a batch costs no more than a run
    any_isa: bool = True     # can be kept to an instruction set (environment.KEPT_TO)
    precision: str = "fp32"

    @property
    def is_henson(self):
        return self.name.partition("-")[0] == "henson"


PRECISIONS = ("fp32", "bf16", "int8")
KINDS = (
    Kind("henson", "Henson", "torch", "trace", "trace.pt", pads=False),
    Kind("trace", "PyTorch trace", "torch", "trace", "trace.pt", ("torch_worker.py", "trace")),
    Kind("frozen", "PyTorch trace, frozen", "torch", "trace", "trace.pt",
         ("torch_worker.py", "frozen")),
    Kind("compile", "torch.compile, freezing", "torch", "trace", "weights.pt",
         ("torch_worker.py", "compile"), any_batch=False, any_isa=False),
    Kind("eager", "PyTorch eager", "torch", "trace", "weights.pt", ("torch_worker.py", "eager")),
    Kind("onnxruntime", "ONNX Runtime, fused", "onnx", "onnx", "fused.onnx",
         ("onnxruntime_worker.py",), any_isa=False),
    Kind("openvino", "OpenVINO", "openvino", "openvino", "openvino.xml",
         ("openvino_worker.py", "f32")),
    Kind("henson-bf16", "Henson bf16", "torch", "trace", "trace.pt", pads=False,
         precision="bf16"),
    Kind("trace-bf16", "PyTorch trace bf16", "torch", "trace-bf16", "trace-bf16.pt",
         ("torch_worker.py", "trace"), precision="bf16"),
    Kind("openvino-bf16", "OpenVINO bf16", "openvino", "openvino", "openvino.xml",
         ("openvino_worker.py", "bf16"), precision="bf16"),
    Kind("henson-int8", "Henson int8", "torch", "trace", "trace.pt", pads=False,
         precision="int8"),
    Kind("trace-int8", "PyTorch trace dynamic int8", "torch", "trace-int8", "trace-int8.pt",
         ("torch_worker.py", "trace"), precision="int8"),
    Kind("compile-int8", "Inductor int8", "torchao", "trace", "weights.pt",
         ("torch_worker.py", "compile-int8"), any_batch=False, any_isa=False, precision="int8"),
    Kind("openvino-int8", "OpenVINO int8, NNCF", "nncf", "openvino-int8", "openvino-int8.xml",
         ("openvino_worker.py", "f32"), precision="int8"),
    Kind("onnxruntime-int8", "ONNX Runtime dynamic int8", "onnx", "onnx-int8", "int8.onnx",
         ("onnxruntime_worker.py",), any_isa=False, precision="int8"),
    Kind("ctranslate2-int8", "CTranslate2 int8", "ctranslate2", "ctranslate2", "ctranslate2",
         ("ctranslate2_worker.py",), precision="int8"),
)
TEXT_KINDS = (  # from texts to vectors; each opens the sample's folder
    Kind("henson", "Henson", "", "sample", ".", pads=False),
    Kind("sentence-transformers", "sentence-transformers", "sentence-transformers", "sample", ".",
         ("sentence_transformers_worker.py",)),
)
MAX_LENGTH = 256  # tokens of a text: what all-MiniLM-L6-v2's own files say


@dataclasses.dataclass(frozen=True)
class Entrant:
    """A kind that can be had: its title says in which language the trace runs."""
    kind: Kind
    title: str
    command: tuple


def known_names():
    return list(dict.fromkeys(kind.name for kind in KINDS + TEXT_KINDS))


def choose(names, kinds, precisions=PRECISIONS):
    """Those of `kinds` that are named, or all, in these precisions."""
    for precision in precisions:
        if precision not in PRECISIONS:
            raise ValueError(f"`{precision}` is no precision; known are {', '.join(PRECISIONS)}")
    for name in names:
        if name not in known_names():
            raise ValueError(f"`{name}` is no contender; known are {', '.join(known_names())}")
    return [kind for kind in kinds
            if (not names or kind.name in names) and kind.precision in precisions]


def runs_as_trace(kind):
    """In C++ where libtorch can be linked."""
    return kind.script[1:] in (("trace",), ("frozen",))


def gather(kinds, environment):
    """Entrants, and why the others are left out, by title."""
    program = environment.build_henson("henson_worker")
    environment.find_packages(sorted({"torch"} | {kind.package for kind in kinds},
                                     key=lambda name: name != "torch"))
    if "torch" in environment.missing:
        raise Missing(f"PyTorch makes the models: {environment.missing['torch']}")
    libtorch = None
    left_out = {}
    if any(runs_as_trace(kind) for kind in kinds):
        try:
            libtorch = environment.build_libtorch_worker()
        except Missing as error:
            left_out["PyTorch trace in C++"] = f"it runs in Python: {error}"
    entrants = []
    for kind in kinds:
        if kind.package in environment.missing:
            left_out[kind.title] = environment.missing[kind.package]
        elif environment.isa and not kind.any_isa:
            left_out[kind.title] = f"it cannot be kept to {environment.isa}"
        elif kind.is_henson:
            entrants.append(Entrant(kind, kind.title, (program, kind.precision)))
        elif libtorch and runs_as_trace(kind):
            flags = ("--frozen",) if kind.name == "frozen" else ()
            entrants.append(Entrant(kind, f"{kind.title} (C++)", (libtorch, *flags)))
        else:
            script, *words = kind.script
            entrants.append(Entrant(kind, kind.title,
                                    (environment.python, RIVALS / script, *words)))
    return entrants, left_out


def gather_for_texts(kinds, environment):
    """The same for texts."""
    packages = sorted({kind.package for kind in kinds if kind.package})
    if packages:
        environment.find_packages(packages)
    entrants = []
    left_out = {}
    for kind in kinds:
        if kind.package in environment.missing:
            left_out[kind.title] = environment.missing[kind.package]
        elif kind.script:
            entrants.append(Entrant(kind, kind.title, (environment.python,
                                                       RIVALS / kind.script[0], MAX_LENGTH)))
        else:
            program = environment.build_henson("henson_text_worker")
            entrants.append(Entrant(kind, kind.title, (program, MAX_LENGTH)))
    return entrants, left_out
