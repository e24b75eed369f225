"""sentence-transformers as a contender, from texts to vectors: sentence_transformers_worker.py
MAX_LENGTH. It loads a folder with the model's own files in `model`. See bench/worker.h.
"""
import os
import pathlib
import sys

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from serving import Rival, serve


class SentenceTransformers(Rival):

    def __init__(self, max_length):
        self.max_length = max_length

    def load(self, path, threads):
        os.environ["RAYON_NUM_THREADS"] = str(threads)  # of the tokenizer, which reads it when used
        torch.set_num_interop_threads(1)
        torch.set_num_threads(threads)
        self.model = SentenceTransformer(str(pathlib.Path(path) / "model"), device="cpu")
        self.model.max_seq_length = self.max_length

    def prepare(self, path, size):
        self.size = size
        self.texts = pathlib.Path(path).read_bytes().decode().removesuffix("\n").split("\n")

    def run(self):
        self.vectors = self.model.encode(self.texts, batch_size=self.size, show_progress_bar=False,
                                         normalize_embeddings=True)

    def answer(self, path):
        self.vectors.astype(np.float32).tofile(path)

    def tokens(self):
        ids = self.model.tokenizer(self.texts, truncation=True, max_length=self.max_length)
        return sum(map(len, ids["input_ids"]))


if __name__ == "__main__":
    serve(SentenceTransformers(int(sys.argv[1])))
