"""henson.pipeline against what transformers' pipelines answered (pipelines.json, and the answers
that tests/tasks has)."""
import json
import pathlib
import pickle
import shutil

import pytest

import henson
from conftest import TASKS

RECORDED = json.loads((pathlib.Path(__file__).parent / "pipelines.json").read_text(encoding="utf-8"))


def same(made, expected, path="answer"):
    """The same keys in the same order, and the same values; numbers within what float32 gives."""
    assert type(made) is type(expected), path
    if isinstance(expected, dict):
        assert list(made) == list(expected), path
        for key in expected:
            same(made[key], expected[key], f"{path}.{key}")
    elif isinstance(expected, list):
        assert len(made) == len(expected), path
        for i, (one, other) in enumerate(zip(made, expected)):
            same(one, other, f"{path}[{i}]")
    elif isinstance(expected, float):
        assert made == pytest.approx(expected, abs=2e-5), path
    else:
        assert made == expected, path


@pytest.fixture(scope="session")
def model_folder(head, tmp_path_factory):
    def make(name, config):
        lies_in = {"masked_lm": TASKS, "encoder": TASKS / "folders"}.get(name)
        if lies_in is None:
            return head(name, config)
        made = tmp_path_factory.mktemp(name)
        shutil.copy(lies_in / f"{name}.pt", made)
        shutil.copy(lies_in / "vocab.txt", made)
        return made

    return make


@pytest.mark.parametrize("record", RECORDED, ids=lambda r: f"{r['task']}-{r['model']}")
def test_recorded_answers(model_folder, record):
    say = henson.pipeline(record["task"], model_folder(record["model"], record["config"]),
                          **record["options"])
    for case in record["cases"]:
        same(say(*case["inputs"], **case["options"]), case["answer"], str(case["inputs"])[:60])
    again = pickle.loads(pickle.dumps(say))
    case = record["cases"][0]
    same(again(*case["inputs"], **case["options"]), case["answer"])


def test_sentence_similarity(folder):
    say = henson.pipeline("sentence-similarity", folder("mean"))
    scores = say({"source_sentence": "a frog", "sentences": ["a frog", "a film about it"]})
    assert scores[0] == pytest.approx(1) and scores[1] < 1


def test_what_is_refused(folder):
    with pytest.raises(ValueError, match="fill-mask"):
        henson.pipeline("translation", folder("mean"))
    with pytest.raises(henson.Error) as caught:
        henson.pipeline("question-answering", folder("mean"))(question="who?", context="he")
    assert caught.value.code == "unsupported"
