"""henson.CrossEncoder against what sentence-transformers answered (tests/tasks/pipelines)."""
import json
import pickle

import numpy as np
import pytest

import henson
from conftest import TASKS

RECORDED = json.loads((TASKS / "pipelines" / "answers.json").read_text(encoding="utf-8"))["rerank"]
LABELS = {"id2label": {"0": "a", "1": "b", "2": "c"}}


@pytest.mark.parametrize("record", RECORDED, ids=lambda r: str(r["activation"]).split(".")[-1])
def test_recorded_scores(head, record):
    config = {}
    if record["activation"]:
        config = {"sentence_transformers": {"activation_fn": record["activation"]}}
    model = henson.CrossEncoder(head("ranker", config))
    pairs = [(record["query"], text) for text in record["texts"]]
    scores = model.predict(pairs)
    assert scores.dtype == np.float32 and scores.shape == (len(pairs),)
    np.testing.assert_allclose(scores, record["scores"], atol=1e-5)
    assert abs(model.predict(pairs[2]) - record["scores"][2]) < 1e-5  # a single pair
    assert np.ndim(model.predict(list(pairs[2]))) == 0
    mixed = [pairs[1], (pairs[2][1], pairs[3][1]), pairs[4]]
    alone = [model.predict(pair) for pair in mixed]
    assert np.array_equal(model.predict(mixed), alone)
    order = np.argsort(-np.array(record["scores"]))
    ranked = model.rank(record["query"], record["texts"], top_k=3, return_documents=True)
    assert [r["corpus_id"] for r in ranked] == order[:3].tolist()
    assert ranked[0]["text"] == record["texts"][order[0]]
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(pairs), scores)


def test_activations(head):
    record = RECORDED[1]  # the model's own scores
    model = henson.CrossEncoder(head("ranker"), activation_fn=lambda scores: scores * 2)
    pairs = [(record["query"], text) for text in record["texts"]]
    np.testing.assert_allclose(model.predict(pairs), 2 * np.array(record["scores"]), atol=1e-4)
    tanh = model.predict(pairs, activation_fn=np.tanh)
    np.testing.assert_allclose(tanh, np.tanh(record["scores"]), atol=1e-5)


def test_several_scores_a_pair(head):
    model = henson.CrossEncoder(head("classifier", LABELS))
    assert model.num_labels == 3
    pairs = [("Who was he?", "A puppeteer."), ("the frog", "a film")]
    scores = model.predict(pairs)
    assert scores.shape == (2, 3) and model.predict(pairs[0]).shape == (3,)
    shares = model.predict(pairs, apply_softmax=True)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.log(shares) - scores,
                               (np.log(shares) - scores)[:, :1].repeat(3, 1), atol=1e-5)
    with pytest.raises(ValueError, match="num_labels=1"):
        model.rank("Who was he?", ["A puppeteer."])
    with pytest.raises(ValueError, match="num_labels is 1"):
        henson.CrossEncoder(head("classifier", LABELS), num_labels=1)


def test_nothing(head):
    assert henson.CrossEncoder(head("ranker")).predict([]).shape == (0,)
    assert henson.CrossEncoder(head("ranker")).rank("a", []) == []
