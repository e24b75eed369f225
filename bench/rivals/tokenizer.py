#!/usr/bin/env python3
"""tokenizer.py [--vocab FILE] [--text FILE] [--program PATH]: Henson's tokenizer and the Rust one in turn,
on the same lines, one thread each.

Needs the package tokenizers, and tokenizer_bench, which the build makes. FILE is a vocab.txt, or a
vocab.json with merges.txt beside it. Without a text it is the documentation that Python brings.
Prints megabytes a second of processor time: the best of the rounds.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tokenizers  # noqa: E402  after the environment that it reads
from tokenizers import processors  # noqa: E402

ROUNDS = 3


def python_documentation():
    from pydoc_data import topics
    return "\n".join(topics.topics.values())


def open_rival(vocabulary):
    if vocabulary.suffix == ".txt":
        return tokenizers.BertWordPieceTokenizer(str(vocabulary))
    rival = tokenizers.ByteLevelBPETokenizer(str(vocabulary),
                                             str(vocabulary.with_name("merges.txt")))
    sep, cls = (("</s>", rival.token_to_id("</s>")), ("<s>", rival.token_to_id("<s>")))
    rival._tokenizer.post_processor = processors.RobertaProcessing(sep, cls, add_prefix_space=False)
    return rival


def measure_rival(encode_batch, lines, size):
    start = time.process_time()
    tokens = sum(len(encoding) for encoding in encode_batch(lines))
    return size / (time.process_time() - start) / 1e6, tokens


def measure_henson(program, vocabulary, text):
    environment = dict(os.environ, HENSON_BENCH_VOCAB=str(vocabulary), HENSON_BENCH_TEXT=text)
    out = subprocess.run([program, "--benchmark_filter=encode", "--benchmark_format=json"],
                         env=environment, check=True, capture_output=True, text=True).stdout
    result = json.loads(out)["benchmarks"][0]
    return result["bytes_per_second"] / 1e6, int(result["tokens"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--vocab", type=pathlib.Path, default=pathlib.Path("build/sample/vocab.txt"))
    parser.add_argument("--text", type=pathlib.Path)
    parser.add_argument("--program", default="build/tokenizer_bench")
    arguments = parser.parse_args()
    text = arguments.text.read_text() if arguments.text else python_documentation()
    lines = text.rstrip("\n").split("\n")
    size = len("".join(lines).encode())
    rival = open_rival(arguments.vocab)._tokenizer
    contenders = {"Rust": lambda: measure_rival(rival.encode_batch, lines, size)}
    if hasattr(rival, "encode_batch_fast"):  # newer versions
        contenders["Rust, without offsets"] = (
            lambda: measure_rival(rival.encode_batch_fast, lines, size))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        contenders["Henson"] = lambda: measure_henson(arguments.program, arguments.vocab, file.name)
        results = {name: [measure() for _ in range(ROUNDS)] for name, measure in contenders.items()}
    print(f"{size / 1e6:.1f} MB in {len(lines)} lines; tokenizers {tokenizers.__version__}")
    for name, rounds in results.items():
        print(f"{name:22}{max(speed for speed, _ in rounds):8.1f} MB/s  {rounds[0][1]} tokens")
    if len({tokens for rounds in results.values() for _, tokens in rounds}) > 1:
        raise SystemExit("the contenders made different tokens")


if __name__ == "__main__":
    main()
