#!/usr/bin/env python3
"""record_sentences.py FOLDER: what sentence-transformers says of sentences.txt.

FOLDER holds all-MiniLM-L6-v2's model.safetensors and vocab.txt, as tools/quickstart leaves them in
build/sample. Needs sentence-transformers (made with 6.2). Writes sentences.npy: a row of float32 a
line, computed one line at a time, without padding.
"""
import os
import sys
import tempfile

import numpy as np
import sentence_transformers
import transformers
from safetensors.torch import load_file
from sentence_transformers.sentence_transformer import modules as models

HERE = os.path.dirname(os.path.abspath(__file__))


def open_minilm(folder, place):
    """all-MiniLM-L6-v2: the encoder, the mean of its hidden states, length 1."""
    config = transformers.BertConfig(vocab_size=30522, hidden_size=384, num_hidden_layers=6,
                                     num_attention_heads=12, intermediate_size=1536)
    encoder = transformers.BertModel(config)
    weights = load_file(os.path.join(folder, "model.safetensors"))
    missing, _ = encoder.load_state_dict(weights, strict=False)
    assert not [name for name in missing if "position_ids" not in name], missing
    encoder.save_pretrained(place)
    transformers.BertTokenizerFast(vocab=os.path.join(folder, "vocab.txt"), do_lower_case=True,
                                   model_max_length=512).save_pretrained(place)
    transformer = models.Transformer(place)
    pooling = models.Pooling(384, pooling_mode="mean")
    return sentence_transformers.SentenceTransformer(
        modules=[transformer, pooling, models.Normalize()], device="cpu")


def main(folder):
    with open(os.path.join(HERE, "sentences.txt"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    with tempfile.TemporaryDirectory() as place:
        model = open_minilm(folder, place)
        rows = model.encode(lines, batch_size=1, show_progress_bar=False)
    np.save(os.path.join(HERE, "sentences.npy"), rows.astype(np.float32))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
