"""Henson runs traced BERT models on a CPU, without PyTorch.

    import henson
    model = henson.load("traced_bert.pt")           # as torch.jit.load
    hidden, pooled = model(ids, mask)               # NumPy, torch, anything with DLPack

    encoder = henson.SentenceTransformer("all-MiniLM-L6-v2")
    vectors = encoder.encode(["Who was Jim Henson?", "A puppeteer."])
"""
import os as _os

from henson import _henson
from henson._cross_encoder import CrossEncoder
from henson._henson import Encoding, Error, InputInfo, OutputInfo, Tokenizer
from henson._model import Model, load
from henson._pipelines import pipeline
from henson._sentence_transformer import SentenceTransformer

__all__ = ["CrossEncoder", "Encoding", "Error", "InputInfo", "Model", "OutputInfo",
           "SentenceTransformer", "Tokenizer", "load", "pipeline"]

# A child has none of the threads that its parent's sessions compute with: it makes its own.
_os.register_at_fork(before=_henson.before_fork,
                     after_in_parent=_henson.after_fork_in_parent,
                     after_in_child=_henson.after_fork_in_child)
