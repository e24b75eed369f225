"""Models that several tests use."""
import json
import pathlib
import shutil

import pytest

import henson

TESTS = pathlib.Path(__file__).resolve().parent.parent
TASKS = TESTS / "tasks"
GOLDEN = TESTS / "golden"


@pytest.fixture(scope="session")
def lines():
    return (TASKS / "sentences.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """folder("mean"): a folder as sentence-transformers saves it, with the archive and the
    vocabulary that all of them share."""

    def make(name):
        made = tmp_path_factory.mktemp(name) / name
        shutil.copytree(TASKS / "folders" / name, made)
        shutil.copy(TASKS / "folders" / "vocab.txt", made)
        if not list(made.glob("*.pt")):
            shutil.copy(TASKS / "folders" / "encoder.pt", made)
        return made

    return make


@pytest.fixture(scope="session")
def head(tmp_path_factory):
    """head("ranker", config): a folder with one of tests/tasks/pipelines."""

    def make(name, config=None):
        made = tmp_path_factory.mktemp(name)
        shutil.copy(TASKS / "pipelines" / f"{name}.pt", made / "model.pt")
        if name.endswith("_bpe"):
            for file in ("vocab.json", "merges.txt"):
                shutil.copy(TASKS / "pipelines" / "bpe" / file, made)
        else:
            shutil.copy(TASKS / "pipelines" / "vocab.txt", made)
        (made / "tokenizer_config.json").write_text('{"model_max_length": 160}')
        if config is not None:
            (made / "config.json").write_text(json.dumps(config))
        return made

    return make


@pytest.fixture(scope="session")
def encoder_path():
    return TASKS / "folders" / "encoder.pt"


@pytest.fixture(scope="session")
def encoder(encoder_path):
    return henson.load(encoder_path, threads=1)
