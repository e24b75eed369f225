"""Programs for torch with one name changed. Needs torch, and transformers for the page."""
import os
import re
import textwrap

import numpy as np
import pytest

import henson
from conftest import TASKS

torch = pytest.importorskip("torch", reason="torch is not installed")


def tensors():
    ids = torch.arange(14).reshape(2, 7) + 5
    return ids, torch.ones_like(ids), torch.zeros_like(ids)


def test_tensors_in_and_out(encoder, encoder_path):
    inputs = tensors()
    hidden, pooled = encoder(*inputs)
    assert isinstance(hidden, torch.Tensor) and hidden.dtype == torch.float32
    with torch.no_grad():
        right = torch.jit.load(str(encoder_path))(*inputs)
    torch.testing.assert_close(hidden, right[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(pooled, right[1], atol=1e-5, rtol=1e-4)
    mixed = encoder(inputs[0].numpy(), inputs[1], inputs[2].numpy())[0]
    assert isinstance(mixed, torch.Tensor) and torch.equal(mixed, hidden)
    rows = encoder.ragged([tuple(t[:1] for t in inputs), tuple(t[1:] for t in inputs)])
    assert torch.equal(torch.cat([row[0] for row in rows]), hidden)


def test_tensors_as_they_come(encoder):
    ids, mask, types = tensors()
    hidden = encoder(ids, mask, types)[0]
    across = ids.t().contiguous().t()  # its elements lie column by column
    assert torch.equal(encoder(across, mask, types)[0], hidden)
    assert torch.equal(encoder(ids.int(), mask, types)[0].round(decimals=4), hidden.round(decimals=4))
    with torch.inference_mode():
        assert torch.equal(encoder.to(torch.device("cpu"))(ids, mask, types)[0], hidden)
    with pytest.raises(ValueError, match="precision"):
        encoder.to(torch.float16)
    with pytest.raises(henson.Error):
        encoder(ids.to("meta"), mask, types)


def test_bfloat16_stays_what_it_is():
    model = henson.load(TASKS.parent / "golden" / "torch2.13_bfloat16.pt")
    cases = np.load(TASKS.parent / "golden" / "torch2.13_bfloat16.npz")
    inputs = [torch.from_numpy(cases[name]) for name in cases if name.startswith("in0_")]
    made = model(*inputs)
    assert (made[0] if isinstance(made, tuple) else made).dtype == torch.bfloat16


def test_embeddings_as_tensors(folder):
    model = henson.SentenceTransformer(folder("mean"))
    rows = model.encode(["a frog", "a film"])
    made = model.encode(["a frog", "a film"], convert_to_tensor=True)
    assert isinstance(made, torch.Tensor) and np.array_equal(made.numpy(), rows)
    listed = model.encode(["a frog", "a film"], convert_to_numpy=False)
    assert isinstance(listed, list) and torch.equal(listed[1], made[1])
    tokens = model.encode(["a frog"], output_value="token_embeddings")[0]
    torch.testing.assert_close(tokens.mean(0), made[0])
    everything = model.encode(["a frog", "a film"], output_value=None)
    assert torch.equal(everything[1]["sentence_embedding"], made[1])
    assert torch.equal(everything[0]["token_embeddings"], tokens)
    assert len(everything[0]["input_ids"]) == len(tokens)
    assert made.device == model.device
    scores = model.similarity(made, made)
    assert isinstance(scores, torch.Tensor) and abs(float(scores[0, 0]) - 1) < 1e-6
    assert isinstance(model.tokenize(["a frog"])["input_ids"], torch.Tensor)


PAGE = """
    from transformers import BertModel, BertTokenizer, BertConfig
    import torch

    enc = BertTokenizer.from_pretrained("bert-base-uncased")

    text = "[CLS] Who was Jim Henson ? [SEP] Jim Henson was a puppeteer [SEP]"
    tokenized_text = enc.tokenize(text)

    masked_index = 8
    tokenized_text[masked_index] = '[MASK]'
    indexed_tokens = enc.convert_tokens_to_ids(tokenized_text)
    segments_ids = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]

    tokens_tensor = torch.tensor([indexed_tokens])
    segments_tensors = torch.tensor([segments_ids])
    dummy_input = [tokens_tensor, segments_tensors]

    config = BertConfig(vocab_size_or_config_json_file=32000, hidden_size=768,
        num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072, torchscript=True)
    model = BertModel(config)
    model.eval()
    model = BertModel.from_pretrained("bert-base-uncased", torchscript=True)

    traced_model = torch.jit.trace(model, [tokens_tensor, segments_tensors])
    torch.jit.save(traced_model, "traced_bert.pt")

    loaded_model = torch.jit.load("traced_model.pt")
    loaded_model.eval()

    all_encoder_layers, pooled_output = loaded_model(dummy_input)

    traced_model(tokens_tensor, segments_tensors)
"""


def page_with(load):
    """The page's code with `load` in place of torch.jit.load. It saves and loads under two names,
    which mean one file."""
    assert PAGE.count("torch.jit.load") == 1
    code = textwrap.dedent(PAGE).replace("torch.jit.load", load)
    return re.sub(r'("traced_bert.pt"\))\n', r'\1\nimport os; os.link("traced_bert.pt", "traced_model.pt")\n', code)


def test_the_page_of_the_documentation(tmp_path, monkeypatch):
    """Hugging Face's page on TorchScript, whose model is a small one that has its name."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    base = tmp_path / "bert-base-uncased"
    words = ("[PAD] [UNK] [CLS] [SEP] [MASK] who was jim henson ? a puppet ##eer").split()
    base.mkdir()
    (base / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(1)
    transformers.BertTokenizer(str(base / "vocab.txt")).save_pretrained(base)
    transformers.BertModel(transformers.BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=40)).save_pretrained(base)
    monkeypatch.chdir(tmp_path)
    names = {"henson": henson}
    exec(page_with("henson.load"), names)  # pylint: disable=exec-used
    model = names["model"]
    with torch.no_grad():
        hidden, pooled = model(*names["dummy_input"])
    torch.testing.assert_close(names["all_encoder_layers"], hidden, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(names["pooled_output"], pooled, atol=1e-5, rtol=1e-4)
    assert os.path.exists("traced_bert.pt")
