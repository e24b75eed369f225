"""Cuts a program down to what still shows its finding."""
import re

from generator import Program


def signature(found):
    """What must stay: which executors do what. Reasons may change while a program shrinks."""
    wrong = {(executor, kind) for executor, kind, _, _ in found if kind == "wrong"}
    return wrong or {(executor, kind) for executor, kind, _, _ in found}


def without(program, i):
    """Statement i left out, or its result replaced by one of its operands."""
    statement = program.statements[i]
    rest = program.statements[:i] + program.statements[i + 1:]
    target, _, expression = statement.partition(" = ")
    if not target.isidentifier():
        yield rest, program.outputs
        return
    operands = dict.fromkeys(re.findall(r"\b(?:v\d+|" + "|".join(program.inputs) + r")\b", expression))
    outputs = [name for name in program.outputs if name != target]
    if outputs:
        yield rest, outputs
    for operand in operands:
        renamed = [re.sub(rf"\b{target}\b", operand, s) for s in program.statements[i + 1:]]
        yield program.statements[:i] + renamed, [operand if name == target else name
                                                 for name in program.outputs]


def candidates(program):
    if len(program.outputs) > 1:
        for name in program.outputs:
            yield program.statements, [name]
    for i in reversed(range(len(program.statements))):
        yield from without(program, i)
    for name in program.inputs:
        if len(program.inputs) > 1 and not re.search(rf"\b{name}\b", " ".join(
                program.statements + program.outputs)):
            yield program.statements, program.outputs


def used_inputs(program, statements, outputs):
    words = set(re.findall(r"\w+", " ".join(statements + outputs)))
    return [name for name in program.inputs if name in words] or program.inputs[:1]


def size(program):
    return len(program.statements), len(program.outputs), len(program.inputs)


def shrink(program, check):
    wanted = signature(check(program))
    modes = [mode for mode in ("trace", "script") if mode != program.mode]
    changed = True
    while changed:
        changed = False
        for statements, outputs in candidates(program):
            smaller = Program(program.seed, used_inputs(program, statements, outputs), statements,
                              outputs, program.mode)
            if size(smaller) >= size(program):
                continue
            found = check(smaller)
            if found and wanted <= signature(found):
                program, changed = smaller, True
                break
    for mode in modes:
        if "frozen" in program.mode:
            other = Program(program.seed, program.inputs, program.statements, program.outputs, mode)
            found = check(other)
            if found and wanted <= signature(found):
                return other
    return program
