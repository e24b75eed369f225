#!/usr/bin/env python3
"""make_tasks.py: small traced models, one a task, and what Hugging Face's transformers says of some
texts.

Needs torch and transformers (made with 2.13 and 5.24). Writes vocab.txt, NAME.pt and answers.json
beside itself. The weights are random and large, so that the answers are far apart. The answers of
fill-mask, classify and tag are those of transformers' pipelines. Those of answer and next-sentence,
which transformers no longer has, are computed here from the eager model's scores.
"""
import json
import os
import warnings
import zipfile

import torch
import transformers as tf

HERE = os.path.dirname(os.path.abspath(__file__))
WORDS = """[PAD] [UNK] [CLS] [SEP] [MASK] the a jim henson was who he made puppet ##eer ##s of in born
green ##ville frog muppet show ##n first ##ly television , . ? ! ' - and his work ##ed for year
film ##ing with child ##ren loved it""".split()
CLASSES = ["sad", "neutral", "happy"]
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
POSITIONS = 40
TEXTS = ["Jim Henson was a puppeteer.", "Who was he?", "He made the Muppets, and children loved it!",
         "", "the frog's show worked"]
MASKED = ["Jim Henson was a [MASK].", "[MASK] made the [MASK] in Greenville"]
PAIRS = [("Who was Jim Henson?", "He was a puppeteer."), ("the frog", "first year of television")]
LONG = " ".join(["Jim Henson was born in Greenville, and he worked for television.",
                 "Children loved the Muppets and the frog; his first show was made in a year.",
                 "It was a film of puppets with children. Who made it? Jim Henson made it."])
QUESTIONS = [("Who was Jim Henson?", "Jim Henson was a puppeteer."),
             ("Who loved the frog?", LONG)]


def config(**more):
    return tf.BertConfig(vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1,
                         num_attention_heads=2, intermediate_size=24, torchscript=True,
                         max_position_embeddings=POSITIONS, initializer_range=0.4,
                         return_dict=False, attn_implementation="eager", **more)


def drop_debug_entries(path):
    """They are half of a small archive."""
    with zipfile.ZipFile(path) as source:
        entries = [(i, source.read(i)) for i in source.infolist()
                   if not i.filename.endswith(".debug_pkl")]
    with zipfile.ZipFile(path, "w") as out:
        for info, data in entries:
            out.writestr(zipfile.ZipInfo(info.filename), data, info.compress_type)


def make(model_class, name, seed, **more):
    torch.manual_seed(seed)
    model = model_class(config(**more)).eval()
    ids = torch.tensor([[2, 7, 8, 9, 6, 3], [2, 10, 9, 3, 11, 3]])
    mask, types = torch.ones_like(ids), torch.zeros_like(ids)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        trace = torch.jit.trace(model, (ids, mask, types))
    path = os.path.join(HERE, name + ".pt")
    torch.jit.save(trace, path)
    drop_debug_entries(path)
    model.config.return_dict = True
    return model


def make_tokenizer():
    path = os.path.join(HERE, "vocab.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(WORDS) + "\n")
    return tf.BertTokenizerFast(vocab=path, do_lower_case=True, model_max_length=POSITIONS)


def fill_mask(model, tokenizer):
    fill = tf.pipeline("fill-mask", model=model, tokenizer=tokenizer, top_k=3)
    answers = []
    for text in MASKED:
        masks = fill(text)
        masks = masks if isinstance(masks[0], list) else [masks]
        answers.append({"text": text, "masks": [[[g["token"], g["score"]] for g in m]
                                                for m in masks]})
    return answers


def classify(model, tokenizer):
    say = tf.pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)

    def scores(given):
        found = {s["label"]: s["score"] for s in say(given)}
        return [found[label] for label in CLASSES]

    return ([{"text": text, "scores": scores({"text": text})} for text in TEXTS] +
            [{"text": a, "pair": b, "scores": scores({"text": a, "text_pair": b})}
             for a, b in PAIRS])


def tag(model, tokenizer):
    say = tf.pipeline("token-classification", model=model, tokenizer=tokenizer, ignore_labels=[])
    answers = []
    for text in TEXTS:
        encoding = tokenizer(text)
        words = {}
        for token in say(text) if text else []:
            word = encoding.word_ids()[token["index"]]
            first = words.setdefault(word, [token["start"], 0, token["entity"], token["score"]])
            first[1] = token["end"]
        answers.append({"text": text, "words": [[*w[:3], float(w[3])] for w in words.values()]})
    return answers


def softmax_among(scores, allowed):
    return torch.softmax(torch.where(allowed, scores, -torch.inf), 0)


def spans_of(window, out, longest=15, count=12):
    """The best spans of words in a window, and what says that it has none."""
    words, sequences = window.word_ids, window.sequence_ids
    allowed = torch.tensor([i == 0 or s == 1 for i, s in enumerate(sequences)])
    start = softmax_among(out.start_logits[0], allowed)
    end = softmax_among(out.end_logits[0], allowed)
    none = float(start[0] * end[0])
    start[0] = end[0] = 0
    scores = torch.triu(torch.outer(start, end)).tril(longest - 1)
    spans = []
    for at in scores.flatten().argsort(descending=True, stable=True)[:count]:
        first, last = divmod(int(at), scores.shape[1])
        if sequences[first] != 1 or sequences[last] != 1 or scores[first, last] == 0:
            continue
        same = [[i for i in range(len(words)) if sequences[i] == 1 and words[i] == words[t]]
                for t in (first, last)]
        spans.append((window.offsets[same[0][0]][0], window.offsets[same[1][-1]][1],
                      float(scores[first, last])))
    return spans, none


def answer(model, tokenizer):
    """The best answer, by the rule of transformers' former pipeline: spans of the same text are one,
    and their scores add up."""
    answers = []
    for question, context in QUESTIONS:
        windows = tokenizer(question, context, truncation="only_second", max_length=POSITIONS,
                            stride=POSITIONS // 3, return_overflowing_tokens=True,
                            return_offsets_mapping=True)
        found, least = {}, 1.0
        for encoding in windows.encodings:
            given = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask,
                     "token_type_ids": encoding.type_ids}
            with torch.no_grad():
                out = model(**{name: torch.tensor([v]) for name, v in given.items()})
            spans, none = spans_of(encoding, out)
            least = min(least, none)
            for begin, end, score in spans:
                known = found.setdefault(context[begin:end].lower(), [0.0, begin, end])
                known[0] += score
        best = max(found.values())
        answers.append({"question": question, "context": context, "score": best[0],
                        "begin": best[1], "end": best[2], "none": least,
                        "windows": len(windows.encodings)})
    return answers


def next_sentence(model, tokenizer):
    answers = []
    for first, second in PAIRS:
        with torch.no_grad():
            logits = model(**tokenizer(first, second, return_tensors="pt")).logits
        answers.append({"first": first, "second": second,
                        "probability": float(torch.softmax(logits[0], 0)[0])})
    return answers


def main():
    tokenizer = make_tokenizer()
    names = dict(enumerate(CLASSES))
    tags = dict(enumerate(TAGS))
    answers = {
        "made_with": "PyTorch %s, transformers %s" % (torch.__version__.split("+")[0],
                                                      tf.__version__),
        "fill_mask": fill_mask(make(tf.BertForMaskedLM, "masked_lm", 1), tokenizer),
        "classify": classify(make(tf.BertForSequenceClassification, "classifier", 2,
                                  id2label=names, label2id={n: i for i, n in names.items()}),
                             tokenizer),
        "tag": tag(make(tf.BertForTokenClassification, "tagger", 3, id2label=tags,
                        label2id={n: i for i, n in tags.items()}), tokenizer),
        "answer": answer(make(tf.BertForQuestionAnswering, "answerer", 4), tokenizer),
        "next_sentence": next_sentence(make(tf.BertForNextSentencePrediction, "next_sentence", 5),
                                       tokenizer),
    }
    with open(os.path.join(HERE, "answers.json"), "w", encoding="utf-8") as file:
        json.dump(answers, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
