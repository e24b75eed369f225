"""Writes what a tokenizer of the package tokenizers gives, in files that golden_tokens.h reads.

tokens.txt has a line for each of lines.txt: for each token, without special ones around, its id, the
bytes between it and the token before, its bytes, and by how much the number of its word is larger;
joined by points. decoded.jsonl has the text of these ids, of every fourth line. sequences.jsonl has whole sequences of one
or two lines, truncated or in windows.
"""
import json
import pathlib
import random
import zipfile

FOLDER = pathlib.Path(__file__).resolve().parent
STRATEGIES = ("longest_first", "only_first", "only_second")


def write_zip(path, files):
    """Of names and their bytes; the same of the same."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)


def read_lines():
    return (FOLDER / "lines.txt").read_bytes().decode().split("\n")[:-1]


def byte_positions(text):
    positions = [0]
    for c in text:
        positions.append(positions[-1] + len(c.encode()))
    return positions


def token_line(encoding, line):
    at = byte_positions(line)
    tokens, end_before, word_before = [], 0, -1
    for token_id, (begin, end), word in zip(encoding.ids, encoding.offsets, encoding.word_ids):
        tokens.append(f"{token_id}.{at[begin] - end_before}.{at[end] - at[begin]}.{word - word_before}")
        end_before, word_before = at[end], word
    return " ".join(tokens)


def window(encoding, texts):
    at = [byte_positions(text) for text in texts]
    sequences = [-1 if s is None else s for s in encoding.sequence_ids]
    offsets = [[0, 0] if s < 0 else [at[s][begin], at[s][end]]
               for s, (begin, end) in zip(sequences, encoding.offsets)]
    return {"ids": encoding.ids, "type_ids": encoding.type_ids, "special": encoding.special_tokens_mask,
            "sequences": sequences, "offsets": offsets}


def sequence(tokenizer, lines, rng, strategy):
    """One case, or nothing where Henson refuses what the package does in another way."""
    numbers = [rng.randrange(len(lines)) for _ in range(rng.choice((1, 2, 2)))]
    texts = [lines[i] for i in numbers]
    max_length = rng.choice((0, 6, 7, 8, 9, 12, 20, 33))
    case = {"lines": numbers, "max_length": max_length, "truncation": strategy}
    tokenizer.no_truncation()
    if max_length == 0:
        return case | {"windows": [window(tokenizer.encode(*texts), texts)]}
    room = max_length - tokenizer.num_special_tokens_to_add(len(texts) == 2)
    lengths = [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts] + [0]
    cut = 0 if len(texts) == 1 or strategy == "only_first" else 1
    space = room - lengths[1 - cut]
    one_is_cut = strategy == STRATEGIES[cut + 1] and space > 0
    case["stride"] = rng.randrange(space) if one_is_cut else 0
    if room <= 0:
        return None
    tokenizer.enable_truncation(max_length, stride=case["stride"], strategy=strategy)
    try:
        encoding = tokenizer.encode(*texts)
    except Exception as error:
        return case | {"error": str(error)}
    windows = [encoding] + (encoding.overflowing if one_is_cut else [])
    return case | {"all_windows": one_is_cut, "windows": [window(w, texts) for w in windows]}


def write(folder, tokenizer, sequences=150):
    lines = read_lines()
    encodings = [tokenizer.encode(line, add_special_tokens=False) for line in lines]
    tokens = [token_line(encoding, line) for encoding, line in zip(encodings, lines)]
    (folder / "tokens.txt").write_text("".join(line + "\n" for line in tokens))
    decoded = [tokenizer.decode(encoding.ids, skip_special_tokens=False) 
               for encoding in encodings[::4]]
    (folder / "decoded.jsonl").write_text(
        "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in decoded))
    rng = random.Random(7)
    cases = [sequence(tokenizer, lines, rng, STRATEGIES[i % 3]) for i in range(sequences)]
    tokenizer.no_truncation()
    (folder / "sequences.jsonl").write_text(
        "".join(json.dumps(case, separators=(",", ":")) + "\n" for case in cases if case))
