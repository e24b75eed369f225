#!/usr/bin/env python3
"""compare_with_transformers.py HENSON ARCHIVE...: whether transformers answers as an archive does.

Each ARCHIVE.pt has recorded cases beside it, ARCHIVE.npz. `henson export` writes its weights and
config.json into a folder, transformers makes the model of them, and its answers are compared with the
recorded ones. Prints a line an archive; exits with 1 when one differs, and says why where henson
tells that there is nothing to compare. Needs torch, transformers, safetensors and NumPy.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers

KEYWORDS = {"ids": "input_ids", "mask": "attention_mask", "token types": "token_type_ids",
            "positions": "position_ids"}
TOLERANCE = {"float32": 1e-5, "float16": 3e-3, "bfloat16": 2e-2}
DEQUANTIZED = 5e-2  # the archive quantizes the rows that it multiplies, too: this model does not


def run(henson, *arguments):
    done = subprocess.run([henson, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr.strip()


def cases_of(path):
    recorded = np.load(path)
    number = 0
    while any(name.startswith(f"in{number}_") for name in recorded.files):
        inputs = {name.split("_", 1)[1]: recorded[name] for name in recorded.files
                  if name.startswith(f"in{number}_")}
        outputs = [recorded[f"out{number}_{j}"] for j in range(len(recorded.files))
                   if f"out{number}_{j}" in recorded.files]
        yield inputs, outputs
        number += 1


def tensors_of(output):
    if isinstance(output, torch.Tensor):
        return [output]
    if isinstance(output, (tuple, list)):
        return [tensor for item in output for tensor in tensors_of(item)]
    return []


def load(folder):
    config = json.loads((folder / "config.json").read_text())
    cls = getattr(transformers, config["architectures"][0])
    model, told = cls.from_pretrained(folder, output_loading_info=True, attn_implementation="eager",
                                      torch_dtype="auto")
    missing = [name for name in told["missing_keys"] if "pooler" not in name]
    if missing or told["unexpected_keys"] or told["mismatched_keys"]:
        raise ValueError(f"missing {missing}, unexpected {told['unexpected_keys']}, "
                         f"mismatched {told['mismatched_keys']}")
    return model.eval(), config


def sentence_vectors(states, mask):
    """What archives make of the last hidden states, each as it is and of length 1."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    vectors = [(states * weights).sum(1) / weights.sum(1), states[:, 0]]
    return vectors + [torch.nn.functional.normalize(vector) for vector in vectors]


def token_weights(logits, mask):
    """As SPLADE weighs tokens."""
    weights = torch.log1p(torch.relu(logits))
    return [(weights * mask.unsqueeze(-1)).amax(1), weights.amax(1)]


def error_of(answers, wanted):
    """The least of those that have the shape; None where none has."""
    errors = [np.abs(answer.float().numpy() - wanted.astype(np.float32)).max() /
              max(1.0, np.abs(wanted).max())
              for answer in answers if list(answer.shape) == list(wanted.shape)]
    return float(min(errors)) if errors else None


def compare(henson, archive):
    """(what there is to say, whether it differs)"""
    code, out, error = run(henson, "inspect", "--json", archive)
    known = json.loads(out) if code == 0 else {"inputs": [], "summary": {"kind": ""}}
    roles = {item["path"]: item["role"] for item in known["inputs"]}
    kind = known["summary"]["kind"] or ""
    if list(roles.values()).count("ids") > 1:
        return "a model that is called several times: there is no one answer to compare", False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = ["--safetensors", folder / "model.safetensors", "--config", folder / "config.json"]
        code, _, error = run(henson, "export", archive, *files)
        dequantized = "dequantize" in error
        if dequantized:
            code, _, error = run(henson, "export", archive, *files, "--dequantize")
        if code != 0:
            return error.split(": ", 2)[-1], False
        model, config = load(folder)
    worst = 0.0
    count = 0
    for inputs, expected in cases_of(archive.with_suffix(".npz")):
        keywords = {KEYWORDS[roles[path]]: torch.from_numpy(array).long()
                    for path, array in inputs.items() if roles.get(path) in KEYWORDS}
        with torch.no_grad():
            answers = tensors_of(model(**keywords, return_dict=False))
        mask = keywords.get("attention_mask", torch.ones_like(keywords["input_ids"]))
        for wanted in expected:
            if "sentence embedding" in kind:
                error = error_of(sentence_vectors(answers[0], mask), wanted)
            elif "sparse" in kind:
                error = error_of(token_weights(answers[0], mask), wanted)
            else:
                place = next((i for i, answer in enumerate(answers)
                              if list(answer.shape) == list(wanted.shape)), None)
                error = None if place is None else error_of([answers.pop(place)], wanted)
            if error is not None:
                count += 1
                worst = max(worst, error)
    allowed = DEQUANTIZED if dequantized else TOLERANCE[config["torch_dtype"]]
    if count == 0:
        return "no output has a shape that the recorded ones have", True
    return (f"{config['architectures'][0]}: {count} outputs, worst error {worst:.1e}",
            worst > allowed)


def main(henson, archives):
    transformers.logging.set_verbosity_error()
    differ = 0
    for archive in archives:
        try:
            what, bad = compare(henson, archive)
        except Exception as error:  # transformers has many
            what, bad = f"{type(error).__name__}: {error}", True
        differ += bad
        print(f"{'DIFFERS' if bad else 'ok':8}{archive.stem}: {what}", flush=True)
    print(f"{len(archives) - differ} of {len(archives)} archives agree or are refused with a reason")
    return 1 if differ or not archives else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], [pathlib.Path(argument) for argument in sys.argv[2:]]))
