#!/usr/bin/env python3
"""make_word_piece_golden.py [--train]: writes uncased/ and cased/, beside this script.

Needs the package tokenizers (0.23.3 wrote what is here). With --train the vocabularies are made anew,
of lines.txt; else those that are there stay.
"""
import sys

import golden
from tokenizers import (AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers,
                        processors, trainers)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def make_tokenizer(model, lower_case):
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower_case)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=True)
    return tokenizer


def train(path, lower_case):
    tokenizer = make_tokenizer(models.WordPiece(unk_token="[UNK]"), lower_case)
    trainer = trainers.WordPieceTrainer(vocab_size=2600, limit_alphabet=900, special_tokens=SPECIAL,
                                        show_progress=False)
    tokenizer.train_from_iterator(golden.read_lines(), trainer)
    tokens = sorted(tokenizer.get_vocab(with_added_tokens=True).items(), key=lambda item: item[1])
    path.write_bytes("".join(token + "\n" for token, _ in tokens).encode())


def main():
    for name, lower_case in (("uncased", True), ("cased", False)):
        folder = golden.FOLDER / name
        folder.mkdir(exist_ok=True)
        vocabulary = folder / "vocab.txt"
        if "--train" in sys.argv[1:]:
            train(vocabulary, lower_case)
        model = models.WordPiece.from_file(str(vocabulary), unk_token="[UNK]")
        tokenizer = make_tokenizer(model, lower_case)
        tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL])
        tokenizer.post_processor = processors.BertProcessing(
            ("[SEP]", tokenizer.token_to_id("[SEP]")), ("[CLS]", tokenizer.token_to_id("[CLS]")))
        golden.write(folder, tokenizer)


if __name__ == "__main__":
    main()
