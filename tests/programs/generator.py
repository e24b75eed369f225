"""Random programs: straight-line code over the templates of operators.py.

A program is grown statement by statement. Each statement is run at once at all three shapes, and kept
only where PyTorch takes it at all of them.
"""
import random
import re

import torch

import operators

SHAPES = [(5, 7), (2, 3), (1, 9)]  # sequences and tokens; the first is the one traced
MOST_ELEMENTS = 600
DTYPES = ["bool", "uint8", "int8", "int32", "int64", "float16", "bfloat16", "float32", "float64"]
QUOTIENTS = re.compile(r"/|div|reciprocal|log|rsqrt|pow|atan2|normalize|norm|cosine")
RESHAPES = re.compile(r"squeeze_\(|transpose_\(")
HIDDEN_ALIASES = re.compile(r"dropout\(|broadcast_tensors\(|type_as\(")
ERRORS = (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError, AttributeError,
          ZeroDivisionError, OverflowError, NameError)


class Weights(torch.nn.Module):
    """What all programs may read: parameters, buffers, and tensors that a trace keeps as constants."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(11)

        def grid(*shape):
            return torch.randint(-4, 5, shape, generator=generator).float() / 4

        self.weight = torch.nn.Parameter(grid(3, 4))
        self.square = torch.nn.Parameter(grid(4, 4))
        self.gain = torch.nn.Parameter(grid(4))
        self.bias = torch.nn.Parameter(grid(4))
        self.table = torch.nn.Parameter(grid(10, 4))
        self.register_buffer("b_scalar", torch.tensor(1.5))
        self.register_buffer("b_int", torch.tensor(3))
        self.register_buffer("picks", torch.tensor([1, 0]))
        self.c_half = torch.tensor(1.5, dtype=torch.float16)
        self.c_float = torch.tensor(2.5)
        self.c_double = torch.tensor(-1.5, dtype=torch.float64)
        self.c_int = torch.tensor(3)
        self.c_vector = torch.tensor([0.5, -1.0, 2.0, 0.0], dtype=torch.float64)


def inputs_at(shape, seed):
    """One tensor of each sort; multiples of a quarter, so that sums are exact."""
    generator = torch.Generator().manual_seed(seed)
    rows, tokens = shape

    def pick(low, high, *size):
        return torch.randint(low, high, size, generator=generator)

    return {
        "floats": pick(-12, 13, rows, tokens, 4).float() / 4,
        "ids": pick(0, 5, rows, tokens),
        "mask": pick(0, 2, rows, tokens).bool(),
        "ints": pick(-3, 6, rows, tokens, 4).int(),
        "halves": (pick(-8, 9, tokens, 4).float() / 4).half(),
        "doubles": pick(-12, 13, rows, 1, 4).double() / 4,
        "bytes": pick(0, 200, tokens).byte(),
        "small": pick(-5, 6, rows, tokens).to(torch.int8),
        "scale": pick(-8, 9).float() / 4,
        "number": pick(0, 4),
    }


class Variable:
    def __init__(self, name, values, level):
        self.name, self.values, self.level = name, values, level

    @property
    def is_tensor(self):
        return isinstance(self.values[0], torch.Tensor)

    @property
    def first(self):
        return self.values[0]


class Rejected(Exception):
    pass


def broadcasts(a, b):
    try:
        torch.broadcast_shapes(a.shape, b.shape)
        return True
    except RuntimeError:
        return False


class Filler:
    """Fills the holes of one template."""

    def __init__(self, rng, variables):
        self.rng, self.variables = rng, variables
        self.tensors = []
        self.used = []

    def recent(self, fits):
        fitting = [v for v in self.variables if fits(v)]
        if not fitting:
            raise Rejected
        weights = range(2, 2 + len(fitting))
        return self.rng.choices(fitting, weights)[0]

    def use(self, variable):
        self.used.append(variable)
        if variable.is_tensor:
            self.tensors.append(variable)
        return variable.name

    def tensor(self, fits=lambda value: True):
        return self.use(self.recent(lambda v: v.is_tensor and fits(v.first)))

    def beside_first(self, fits):
        """A tensor that broadcasts with the first, if there is one that fits."""
        if not self.tensors:
            return self.tensor(fits)
        first = self.tensors[0].first
        try:
            return self.tensor(lambda value: fits(value) and broadcasts(first, value))
        except Rejected:
            return self.tensor(fits)

    def integer(self):
        if self.rng.random() < 0.3:
            return self.rng.choice(["self.picks", "torch.tensor([0, 1])", "torch.tensor(1)"])

        def fits(value):  # one byte alone as an index is a flag, which a trace keeps
            return not (value.is_floating_point() or value.dtype == torch.bool
                        or (value.dtype == torch.uint8 and value.dim() == 0))

        return self.tensor(fits)

    def boolean(self):
        try:
            return self.beside_first(lambda value: value.dtype == torch.bool)
        except Rejected:
            first = self.tensors[0] if self.tensors else None
            if first is None or first.level > 1 or first.first.dim() == 0:
                raise
            return f"({first.name} > {self.rng.randint(0, 2)})"

    def number(self):
        numbers = [v for v in self.variables if not v.is_tensor]
        if numbers and self.rng.random() < 0.5:
            return self.use(self.rng.choice(numbers))
        return self.rng.choice(["0", "1", "2", "-1", "3", "0.5", "2.5", "-1.5", "True", "1e-3"])

    def size(self):
        numbers = [v for v in self.variables if type(v.first) is int]
        if numbers and self.rng.random() < 0.6:
            return self.use(self.rng.choice(numbers))
        if self.rng.random() < 0.5:
            return self.rng.choice(["1", "2", "3", "4", "6"])
        variable = self.recent(lambda v: v.is_tensor and v.first.dim() > 0)
        return f"{variable.name}.size({self.dimension(variable.first.dim())})"

    def dimension(self, rank):
        return str(self.rng.randint(-rank, rank - 1)) if rank else "0"

    def fill(self, hole):
        rank = self.tensors[0].first.dim() if self.tensors else 1
        if hole == "T":
            return self.tensor()
        if hole == "T1":
            return self.tensors[0].name
        if hole == "F":
            return self.tensor(torch.Tensor.is_floating_point)
        if hole == "I":
            return self.integer()
        if hole == "B":
            return self.boolean()
        if hole == "U":
            return self.beside_first(lambda value: True)
        if hole == "V":
            shape = self.tensors[0].first.shape
            return self.tensor(lambda value: value.shape == shape)
        if hole == "A":
            return self.number() if self.rng.random() < 0.4 else self.fill("U")
        if hole == "N":
            return self.number()
        if hole == "Z":
            return self.size()
        if hole == "D":
            return self.dimension(rank)
        if hole == "R":
            return self.dimension(rank + 1)
        if hole == "Y":
            return "torch." + self.rng.choice(DTYPES)
        if hole == "K":
            return str(self.rng.randint(0, 3))
        if hole == "L":
            return ", ".join([self.tensor()] + [self.fill("V") for _ in range(self.rng.randint(1, 2))])
        if hole == "P":
            order = list(range(rank))
            self.rng.shuffle(order)
            return ", ".join(map(str, order))
        raise AssertionError(hole)

    def expand(self, template):
        return re.sub(r"\{(\w+)\}", lambda match: self.fill(match.group(1)), template)


def storage(tensor):
    return tensor.untyped_storage().data_ptr()


def magnitude(tensor):
    finite = tensor[torch.isfinite(tensor)]
    return finite.abs().max().item() if finite.numel() else 0.0


def overflows(tensor, dtype):
    """Whether floats have no place in an integer type: what they become is the machine's choice."""
    if not tensor.is_floating_point() or dtype.is_floating_point or dtype == torch.bool:
        return False
    info = torch.iinfo(dtype)
    values = tensor.double()
    return not bool(((values > float(info.min - 1)) & (values < float(min(info.max, 2**62)))).all())


def overlaps(tensor):
    """Whether elements may share memory, as unfold's do: what a write gives is then undefined."""
    reach = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride()))
    places = torch.arange(max(reach, 0) + 1).as_strided(tensor.shape, tensor.stride())
    return places.unique().numel() < tensor.numel()


class Program:
    """Statements, and the names of the tensors that are returned."""

    def __init__(self, seed, inputs, statements, outputs, mode):
        self.seed, self.inputs, self.statements = seed, inputs, statements
        self.outputs, self.mode = outputs, mode

    def source(self):
        lines = ["class Program(Weights):", f"    def forward(self, {', '.join(self.inputs)}):"]
        lines += ["        " + statement for statement in self.statements]
        ending = "," if len(self.outputs) == 1 else ""
        lines.append(f"        return ({', '.join(self.outputs)}{ending})")
        return "\n".join(lines) + "\n"

    def tensors(self, k):
        made = inputs_at(SHAPES[k], self.seed * 3 + k)
        return [made[name] for name in self.inputs]


class Grower:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.seed = seed
        self.mode = self.rng.choice(["script", "script", "trace", "trace", "trace", "frozen script",
                                     "frozen trace"])
        self.weights = Weights()
        self.statements = []
        self.variables = []
        self.lowest = {"float64"}
        self.made = 0

    def start(self):
        names = list(inputs_at(SHAPES[0], 0))
        self.inputs = self.rng.sample(names, self.rng.randint(1, 4))
        self.namespaces = self.run_again()
        for name in self.inputs:
            self.variables.append(Variable(name, [n[name] for n in self.namespaces], 0))
            if self.rng.random() < 0.35:
                self.cast(name)

    def cast(self, name):
        try:
            self.accept("=", f"{name}.to(torch.{self.rng.choice(DTYPES)})", self.variables[-1:], name)
        except Rejected:
            pass

    def run_again(self):
        namespaces = []
        for k, shape in enumerate(SHAPES):
            namespace = {"torch": torch, "self": self.weights, "min": min, "max": max}
            made = inputs_at(shape, self.seed * 3 + k)
            namespace.update({name: made[name] for name in self.inputs})
            for statement in self.statements:
                exec(statement, namespace)
            namespaces.append(namespace)
        return namespaces

    def accept(self, letter, text, used, name=None):
        """Adds `name = text` where PyTorch takes it at all shapes and the result may be kept."""
        level = max([v.level for v in used], default=0)
        if letter == "#" and level > 1:
            raise Rejected
        values = [eval(text, namespace) for namespace in self.namespaces]
        if not all(isinstance(v, (torch.Tensor, bool, int, float)) for v in values):
            raise Rejected
        if isinstance(values[0], torch.Tensor):
            self.check(values, used)
            level = self.level_of(letter, level, values)
        elif any(abs(v) > 1e6 for v in values):
            raise Rejected
        if name is None:
            self.made += 1
            name = f"v{self.made}"
        for namespace, value in zip(self.namespaces, values):
            namespace[name] = value
        self.statements.append(f"{name} = {text}")
        self.variables = [v for v in self.variables if v.name != name]
        self.variables.append(Variable(name, values, level))

    def check(self, values, used):
        for k, value in enumerate(values):
            if value.numel() > MOST_ELEMENTS or value.is_complex() or value.is_quantized:
                raise Rejected
            for variable in used:
                if variable.is_tensor and overflows(variable.values[k], value.dtype):
                    raise Rejected
        if values[0].numel() == 0 and self.rng.random() < 0.85:
            raise Rejected

    def level_of(self, letter, level, values):
        if not values[0].is_floating_point():
            return 0
        if letter == "#":
            return 0
        if letter == "/":
            level = max(level, 1)
        if letter == "+":
            level = 0 if level == 0 else 2
        if letter == "~":
            level = 2
        if level == 2:
            narrow = values[0].dtype in (torch.float16, torch.bfloat16)
            if any(magnitude(v) > (4 if narrow else 100) for v in values):
                raise Rejected
        return level

    def accept_write(self, letter, text, used):
        target = used[0]
        level = max(v.level for v in used)
        # A trace keeps what torch.tensor made as it is after the write.
        made = [v for v in self.variables if v.is_tensor and storage(v.first) == storage(target.first)]
        kept = any(s.startswith(f"{v.name} = torch.tensor(") for v in made for s in self.statements)
        if "trace" in self.mode and kept:
            raise Rejected
        # Optimizing, TorchScript takes the results of these for copies: a write to one is not seen.
        if "script" in self.mode and any(HIDDEN_ALIASES.search(s) for s in self.statements):
            raise Rejected
        if (letter == "#" and level > 1) or any(map(overlaps, target.values)):
            raise Rejected
        of_input = text.startswith(tuple(self.inputs))
        if of_input and (RESHAPES.search(text) or self.rng.random() < 0.7):
            raise Rejected  # an input that is reshaped is saved so with the trace
        for variable in used[1:]:
            if variable.is_tensor and any(overflows(s, t.dtype) for s, t in
                                          zip(variable.values, target.values)):
                raise Rejected
        try:
            for namespace in self.namespaces:
                exec(text, namespace)
            self.check(target.values, [])
            level = self.level_of(letter, level, target.values)
        except (*ERRORS, Rejected):
            self.namespaces = self.run_again()
            for variable in self.variables:
                variable.values = [n[variable.name] for n in self.namespaces]
            raise
        self.statements.append(text)
        if re.search(r"[+*/-]= ", text):
            for variable in self.variables:
                variable.values = [n[variable.name] for n in self.namespaces]
        for variable in self.variables:
            if variable.is_tensor and storage(variable.first) == storage(target.first):
                variable.level = level

    def step(self):
        group = self.rng.choices([g for _, g in operators.GROUPS],
                                 [weight for weight, _ in operators.GROUPS])[0]
        letter, template = self.rng.choice(group)
        if template in operators.OF_VALUES and "script" not in self.mode:
            return False
        filler = Filler(self.rng, self.variables)
        try:
            text = filler.expand(template)
            self.check_operands(template, filler.used)
            if template in operators.STATEMENTS:
                self.accept_write(letter, text, filler.used)
            else:
                self.accept(letter, text, filler.used)
        except (*ERRORS, Rejected):
            return False
        return True

    def check_operands(self, template, used):
        """One flag as an index is a value that a trace keeps; near 0, a quotient is all noise."""
        flag = any(v.is_tensor and v.first.dtype == torch.bool and v.first.dim() == 0 for v in used)
        if flag and "[{B}]" in template and "trace" in self.mode:
            raise Rejected
        tensors = [v for v in used if v.is_tensor]
        # The sign of what is no number is nobody's promise.
        if "copysign" in template or "signbit" in template:
            if any(value.isnan().any() for v in tensors for value in v.values):
                raise Rejected
        # A trace keeps the number of dimensions.
        if ".dim()" in template and any(len({x.dim() for x in v.values}) > 1 for v in tensors):
            raise Rejected
        # What is nearly a whole number becomes one or the other.
        if "dtype" in template and any(v.level == 2 for v in tensors):
            raise Rejected
        if QUOTIENTS.search(template):
            for variable in used:
                if variable.level == 2 and any((v.abs() < 1e-2).any() for v in variable.values):
                    raise Rejected

    def grow(self):
        self.start()
        wanted = self.rng.randint(1, 12)
        for _ in range(wanted * 12):
            wanted -= self.step()
            if wanted == 0:
                break
        outputs = self.outputs()
        return Program(self.seed, self.inputs, self.statements, outputs, self.mode)

    def outputs(self):
        """Every tensor that nothing reads, up to four, and a number that tells a float's type.

        Recorded arrays cannot be bfloat16: a third, rounded to the type, tells which one it is.
        """
        read = " ".join(statement.partition(" = ")[2] or statement for statement in self.statements)
        words = set(re.findall(r"\w+", read))
        tensors = [v for v in self.variables if v.is_tensor]
        unread = [v for v in tensors if v.name not in words and v.name not in self.inputs]
        names = [v.name for v in unread[-4:]]
        if len(names) < 3 and tensors:
            others = [v.name for v in tensors if v.name not in names]
            names += self.rng.sample(others, min(len(others), 1))
        floats = [v for v in tensors if v.name in names and v.first.is_floating_point()
                  and v.first.dtype != torch.float64]
        if floats and self.rng.random() < 0.6:
            name = self.rng.choice(floats).name
            self.statements.append(f"probe = {name}.reshape([-1])[:0].sum().add(1).div(3).double()"
                                   ".mul(16777216.0).long()")
            names.append("probe")
        return names
