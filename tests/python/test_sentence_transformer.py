"""henson.SentenceTransformer against what sentence-transformers answered (tests/tasks/folders)."""
import json

import numpy as np
import pytest

import henson
from conftest import TASKS

FOLDERS = sorted(path.stem for path in (TASKS / "folders").glob("*.npy"))
TEXTS = ["Who was Jim Henson?", "Jim Henson was a puppeteer.", ""]


def expected_of(name):
    return np.load(TASKS / "folders" / f"{name}.npy")


@pytest.mark.parametrize("name", FOLDERS)
def test_recorded_vectors(folder, lines, name):
    model = henson.SentenceTransformer(folder(name))
    expected = expected_of(name)
    prompt_name = "passage" if name == "named_prompt" else None
    made = model.encode(lines[:len(expected)], prompt_name=prompt_name)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, expected, atol=1e-5)
    assert model.get_sentence_embedding_dimension() == expected.shape[1]


def test_one_text_and_many(folder, lines):
    model = henson.SentenceTransformer(folder("mean"), threads=1)
    many = model.encode(lines + lines, batch_size=3, show_progress_bar=False)
    assert many.shape == (2 * len(lines), 24)
    assert np.array_equal(many[:len(lines)], many[len(lines):])
    one = model.encode(lines[3])
    assert one.shape == (24,) and np.array_equal(one, many[3])  # to the bit, in any batch
    assert np.array_equal(model.encode(np.array(lines[:5])), many[:5])
    assert np.array_equal(model.encode(tuple(lines[:5])), many[:5])
    assert model.encode([]).shape == (0,)

    class Column:  # as a column of pyarrow's tables
        def __len__(self):
            return 2

        def to_pylist(self):
            return lines[:2]

    assert np.array_equal(model.encode(Column()), many[:2])
    with pytest.raises(TypeError, match="text 1 is of type NoneType"):
        model.encode(["a", None])


def test_prompts(folder):
    made = folder("prompts")
    model = henson.SentenceTransformer(made)
    assert model.prompts == {"query": "query: what is ", "passage": "passage: ", "document": ""}
    assert model.default_prompt_name == "query"
    plain = model.encode(TEXTS, prompt="")
    assert np.array_equal(model.encode(TEXTS), model.encode(TEXTS, prompt_name="query"))
    assert np.array_equal(model.encode(TEXTS), model.encode(["query: what is " + t for t in TEXTS],
                                                            prompt=""))
    assert not np.allclose(model.encode(TEXTS), plain)
    assert np.array_equal(model.encode_query(TEXTS), model.encode(TEXTS, prompt_name="query"))
    assert np.array_equal(model.encode_document(TEXTS), plain)  # by its prompt "document"
    passage = model.encode_document(TEXTS, prompt_name="passage")
    assert np.array_equal(passage, model.encode(TEXTS, prompt="passage: "))
    del model.prompts["document"]
    assert np.array_equal(model.encode_document(TEXTS), passage)
    with pytest.raises(ValueError, match="'other' not found"):
        model.encode(TEXTS, prompt_name="other")
    own = henson.SentenceTransformer(made, prompts={"mine": "film: "}, default_prompt_name="mine")
    assert np.array_equal(own.encode(TEXTS), model.encode(TEXTS, prompt="film: "))
    with pytest.raises(ValueError, match="none"):
        henson.SentenceTransformer(made, default_prompt_name="none")


def test_normalizing_and_truncating(folder):
    made = folder("mean")
    model = henson.SentenceTransformer(made)
    plain = model.encode(TEXTS)
    unit = model.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(unit, plain / np.linalg.norm(plain, axis=1, keepdims=True), atol=1e-6)
    short = plain[:, :10]
    np.testing.assert_array_equal(model.encode(TEXTS, truncate_dim=10), short)
    np.testing.assert_allclose(model.encode(TEXTS, truncate_dim=10, normalize_embeddings=True),
                               short / np.linalg.norm(short, axis=1, keepdims=True), atol=1e-6)
    assert np.array_equal(model.encode(TEXTS, truncate_dim=1000), plain)
    with model.truncate_sentence_embeddings(7):
        assert model.encode(TEXTS).shape == (3, 7)
        assert model.get_sentence_embedding_dimension() == 7
    assert model.encode(TEXTS).shape == (3, 24)
    assert henson.SentenceTransformer(made, truncate_dim=5).encode("a").shape == (5,)


def test_fewer_bits(folder, lines):
    model = henson.SentenceTransformer(folder("mean"))
    rows = model.encode(lines)
    bits = model.encode(lines, precision="ubinary")
    assert bits.dtype == np.uint8 and bits.shape == (len(lines), 3)
    assert np.array_equal(np.unpackbits(bits, axis=1), rows > 0)
    signed = model.encode(lines, precision="binary")
    assert signed.dtype == np.int8 and np.array_equal(signed.astype(int) + 128, bits)
    levels = model.encode(lines, precision="uint8")
    step = (rows.max(axis=0) - rows.min(axis=0)) / 255
    assert np.abs(levels * step + rows.min(axis=0) - rows).max() < step.max() * 1.01
    below = model.encode(lines, precision="int8")
    assert below.dtype == np.int8 and np.abs(below.astype(int) + 128 - levels).max() <= 1
    with pytest.raises(ValueError, match="float8"):
        model.encode(lines, precision="float8")


def test_similarity(folder):
    a, b = np.array([[3.0, 4.0], [1.0, 0.0]], np.float32), np.array([[4.0, 3.0]], np.float32)
    model = henson.SentenceTransformer(folder("named_prompt"))
    assert model.similarity_fn_name == "dot"  # as its folder says
    np.testing.assert_allclose(model.similarity(a, b), [[24], [4]])
    model.similarity_fn_name = "cosine"
    np.testing.assert_allclose(model.similarity(a, b), [[0.96], [0.8]], rtol=1e-6)
    np.testing.assert_allclose(model.similarity(a[0], b[0]), [[0.96]], rtol=1e-6)
    model.similarity_fn_name = "euclidean"
    np.testing.assert_allclose(model.similarity(a, b), [[-2 ** 0.5], [-18 ** 0.5]], rtol=1e-6)
    np.testing.assert_allclose(model.similarity_pairwise(a[:1], b), [-2 ** 0.5], rtol=1e-6)
    model.similarity_fn_name = "manhattan"
    np.testing.assert_allclose(model.similarity(a, b), [[-2], [-6]])
    with pytest.raises(ValueError, match="cosine"):
        model.similarity_fn_name = "other"


def test_length(folder, lines):
    model = henson.SentenceTransformer(folder("mean"))
    assert model.max_seq_length == 48
    model.max_seq_length = 9
    assert model.get_max_seq_length() == 9
    np.testing.assert_allclose(model.encode(lines), expected_of("short"), atol=1e-5)


def test_tokens(folder):
    model = henson.SentenceTransformer(folder("short"))
    batch = model.tokenize(["a", "the quick brown fox jumps over it"])
    assert set(batch) == {"input_ids", "token_type_ids", "attention_mask"}
    shapes = {tuple(a.shape) for a in batch.values()}
    assert shapes == {(2, 9)}
    assert batch["attention_mask"].sum(1).tolist() == [3, 9]
    assert int(batch["input_ids"][0][-1]) == model.tokenizer.pad_id


def test_what_folders_ask_for_is_told_or_refused(folder):
    made = folder("cls")
    assert ("pooling", "cls", "1_Pooling/config.json") in henson.SentenceTransformer(made).explain()
    modules = json.loads((made / "modules.json").read_text())
    modules.append({"idx": 2, "name": "2", "path": "2_CNN",
                    "type": "sentence_transformers.models.CNN"})
    (made / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(henson.Error, match="CNN") as caught:
        henson.SentenceTransformer(made)
    assert caught.value.code == "unsupported"


def test_programs_for_several_processes(folder):
    model = henson.SentenceTransformer(folder("mean"), device="cpu")
    pool = model.start_multi_process_pool(["cpu", "cpu"])
    assert np.array_equal(model.encode_multi_process(TEXTS, pool), model.encode(TEXTS))
    assert np.array_equal(model.encode(TEXTS, pool=pool), model.encode(TEXTS, device=["cpu", "cpu"]))
    model.stop_multi_process_pool(pool)
    assert model.to("cpu").eval() is model
    with pytest.raises(ValueError, match="cuda"):
        model.encode(TEXTS, device="cuda")
