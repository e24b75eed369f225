"""Cases of recurrent layers."""
import random

import torch

from case_tensors import arguments, plain
from case_writer import CaseWriter

count, path = arguments()
writer = CaseWriter("recurrent")
GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def case(name, dtype):
    layers, both, first = random.choice((1, 2)), random.random() < 0.5, random.random() < 0.5
    biases, ways = random.random() < 0.7, 2 if both else 1
    batch, length, size, hidden = (random.choice((1, 2, 3)), random.choice((1, 4)),
                                   random.choice((1, 3)), random.choice((1, 2, 5)))
    out = random.choice((hidden, 2)) if name == "lstm" and hidden > 2 else hidden
    weights = []
    for layer in range(layers):
        for _ in range(ways):
            rows = GATES[name] * hidden
            weights += [plain([rows, size if layer == 0 else ways * out], dtype),
                        plain([rows, out], dtype)]
            weights += [plain([rows], dtype), plain([rows], dtype)] if biases else []
            weights += [plain([out, hidden], dtype)] if out != hidden else []
    x = plain([batch, length, size] if first else [length, batch, size], dtype)
    h, c = plain([layers * ways, batch, out], dtype), plain([layers * ways, batch, hidden], dtype)
    states = [h, c] if name == "lstm" else h
    writer.add("aten::" + name + ".input", x, states, weights, biases, layers, 0.0, False, both, first,
               tolerance=4e-6 if dtype == torch.float32 else 1e-12)


for _ in range(count * 2):
    for name in GATES:
        for dtype in (torch.float32, torch.float64):
            case(name, dtype)

writer.save(path)
