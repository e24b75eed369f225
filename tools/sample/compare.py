#!/usr/bin/env python3
"""compare.py RECORD.json OUTPUT.npz: the embeddings that Henson gave beside those of PyTorch.

Prints the first numbers of both for each sentence, the largest difference, and how similar the
sentences are. Exits with 1 when the difference is larger than 1e-5.
"""
import math
import sys

import npz
import sentences

TOLERANCE = 1e-5
SHOWN = 4


def numbers(row):
    return " ".join(f"{x:9.6f}" for x in row[:SHOWN])


def print_embeddings(record, rows):
    width = max(len(s["text"]) for s in record["sentences"])
    print(f"{'':{width}}  Henson, first numbers{'':{10 * SHOWN - 22}}   {record['made_with']}")
    for sentence, row in zip(record["sentences"], rows):
        print(f"{sentence['text']:{width}}  {numbers(row)}   {numbers(sentence['embedding'])}")


def largest_difference(record, rows):
    differences = [abs(a - b) for sentence, row in zip(record["sentences"], rows)
                   for a, b in zip(row, sentence["embedding"], strict=True)]
    return math.nan if any(map(math.isnan, differences)) else max(differences)


def print_similarity(record, rows):
    width = max(len(s["text"]) for s in record["sentences"])
    print("Similarity (cosine) of the sentences:")
    for k, (sentence, row) in enumerate(zip(record["sentences"], rows)):
        cosines = " ".join(f"{sum(a * b for a, b in zip(row, other)):6.2f}" for other in rows)
        print(f"{k + 1} {sentence['text']:{width}} {cosines}")


def main(record_path, output_path):
    record = sentences.load(record_path)
    _, shape, values = npz.read(output_path)["0"]
    expected = (len(record["sentences"]), len(record["sentences"][0]["embedding"]))
    if tuple(shape) != expected:
        sys.exit(f"{output_path}: the output's shape is {tuple(shape)}, PyTorch's is {expected}")
    rows = [values[k * shape[1]:(k + 1) * shape[1]] for k in range(shape[0])]

    print_embeddings(record, rows)
    worst = largest_difference(record, rows)
    print(f"\nLargest difference over all {len(values)} numbers: {worst:.2e}\n")
    print_similarity(record, rows)
    return 0 if worst <= TOLERANCE else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
