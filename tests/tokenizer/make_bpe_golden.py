#!/usr/bin/env python3
"""make_bpe_golden.py [--train]: writes bpe/ and bpe_prefix/, beside this script.

bpe/ is RoBERTa's kind, vocab.json and merges.txt. bpe_prefix/ is the same vocabulary in a
tokenizer.json, with add_prefix_space and added tokens of all sorts. Needs the package tokenizers
(0.23.3 wrote what is here). With --train the vocabulary is made anew, of lines.txt; else what is
there stays.
"""
import json
import sys

import golden
from tokenizers import (AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors,
                        trainers)

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
VOCABULARY = golden.FOLDER / "bpe"


def special_tokens():
    return [AddedToken(token, lstrip=token == "<mask>", normalized=False, special=True)
            for token in SPECIAL]


def train():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=2600, special_tokens=SPECIAL, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(golden.read_lines(), trainer)
    tokenizer.model.save(str(VOCABULARY))


def make_tokenizer(add_prefix_space):
    model = models.BPE.from_file(str(VOCABULARY / "vocab.json"), str(VOCABULARY / "merges.txt"))
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special_tokens())
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")),
        trim_offsets=True, add_prefix_space=add_prefix_space)
    return tokenizer


def main():
    VOCABULARY.mkdir(exist_ok=True)
    if "--train" in sys.argv[1:]:
        train()
    golden.write(VOCABULARY, make_tokenizer(add_prefix_space=False))

    folder = golden.FOLDER / "bpe_prefix"
    folder.mkdir(exist_ok=True)
    tokenizer = make_tokenizer(add_prefix_space=True)
    tokenizer.add_tokens([AddedToken("the", single_word=True), AddedToken("é", rstrip=True),
                          AddedToken("a new", lstrip=True, rstrip=True), AddedToken("[MASK]"),
                          AddedToken("и", normalized=False, lstrip=True)])
    contents = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(
        json.dumps(contents, ensure_ascii=False, separators=(",", ":")) + "\n")
    golden.write(folder, tokenizer)


if __name__ == "__main__":
    main()
