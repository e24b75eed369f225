"""henson.load: called as the trace is, with the arrays of whoever calls."""
import array
import io

import numpy as np
import pytest

import henson
from conftest import GOLDEN, TASKS


def batch(rows=2, length=7):
    ids = np.arange(rows * length, dtype=np.int64).reshape(rows, length) % 30 + 5
    return ids, np.ones_like(ids), np.zeros_like(ids)


def test_positions_names_lists_and_dicts_are_one_call(encoder):
    ids, mask, types = batch()
    hidden, pooled = encoder(ids, mask, types)
    assert hidden.shape == (2, 7, 24) and pooled.shape == (2, 24)
    assert hidden.dtype == np.float32
    named = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    for output in (encoder([ids, mask, types]), encoder((ids, mask, types)), encoder(named),
                   encoder(**named), encoder(ids, token_type_ids=types, attention_mask=mask),
                   encoder.forward(ids, mask, types)):
        assert isinstance(output, tuple)
        assert np.array_equal(output[0], hidden) and np.array_equal(output[1], pooled)


def test_what_is_dict_like_is_taken_by_name(encoder):
    class Encoding:  # as transformers' BatchEncoding
        def __init__(self, **arrays):
            self.arrays = arrays

        def keys(self):
            return self.arrays.keys()

        def __getitem__(self, key):
            return self.arrays[key]

    ids, mask, types = batch()
    output = encoder(Encoding(input_ids=ids, attention_mask=mask, token_type_ids=types))
    assert np.array_equal(output[0], encoder(ids, mask, types)[0])


def flat(value):
    """The tensors of an output, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in flat(item)]
    return [value]


def structured(arrays):
    """Arguments of the structure that the paths of a case's inputs tell: "0", "0.mask", "0.1"."""
    if all("." not in path for path in arrays):
        return list(arrays.values())
    parts = {path.split(".", 1)[1]: array for path, array in arrays.items()}
    return [tuple(parts.values())] if "0" in parts else [parts]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("torch2.13_*.pt")), ids=lambda p: p.stem)
def test_golden_archives(path):
    model = henson.load(path, threads=1)
    cases = np.load(path.with_suffix(".npz"))
    low = any(kind in path.stem for kind in ("half", "bfloat16", "int8", "byte"))
    count = 1 + max(int(name[2:name.index("_")]) for name in cases if name.startswith("in"))
    for k in range(count):
        prefix = f"in{k}_"
        arrays = {name[len(prefix):]: cases[name] for name in cases if name.startswith(prefix)}
        outputs = flat(model(*structured(arrays)))
        for j, output in enumerate(outputs):
            right = cases[f"out{k}_{j}"]
            assert output.shape == right.shape
            error = np.abs(np.asarray(output, np.float32) - right).max()
            assert error < (0.05 if low else 1e-4)


def test_outputs_have_the_structure_of_the_trace():
    output = henson.load(GOLDEN / "torch2.13_dict_output.pt")(*batch())
    assert isinstance(output, dict) and set(output) == {"last_hidden_state", "pooler_output"}
    nested = henson.load(GOLDEN / "torch2.13_nested_output.pt")(*batch())
    assert isinstance(nested, tuple) and isinstance(nested[1], list)
    assert isinstance(nested[2], tuple) and list(nested[2][1]) == ["mask"]


def test_arrays_are_not_copied(encoder, monkeypatch):
    ids, mask, types = batch()
    exported = []

    class Watched:  # what DLPack asks of an array
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **options):
            exported.append(True)
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    output = encoder(Watched(ids), Watched(mask), Watched(types))
    assert exported and isinstance(output[0], np.ndarray)
    assert np.array_equal(output[0], encoder(ids, mask, types)[0])


def test_views_and_read_only_arrays(encoder):
    ids, mask, types = batch(3, 9)
    expected = encoder(ids, mask, types)[0]
    apart = np.zeros((9, 3, 2), np.int64)
    apart[:, :, 1] = ids.T
    view = apart[:, :, 1].T  # no two elements of it lie next to each other
    assert not view.flags.c_contiguous
    assert np.array_equal(encoder(view, mask, types)[0], expected)
    assert np.array_equal(encoder(ids[:, ::-1][:, ::-1], mask, types)[0], expected)
    ids.flags.writeable = False
    assert np.array_equal(encoder(ids, mask, types)[0], expected)


def test_smaller_ids_are_taken(encoder):
    ids, mask, types = batch()
    expected = encoder(ids, mask, types)[0]
    np.testing.assert_allclose(encoder(ids.astype(np.int32), mask, types)[0], expected, atol=1e-5)


def test_the_buffer_protocol_gives_memoryviews(encoder):
    ids, mask, types = batch(1, 5)
    views = [memoryview(array.array("q", a.ravel().tolist())).cast("B").cast("q", (1, 5))
             for a in (ids, mask, types)]
    hidden, pooled = encoder(*views)
    assert isinstance(hidden, memoryview) and hidden.format == "f" and hidden.shape == (1, 5, 24)
    assert np.array_equal(np.asarray(hidden), encoder(ids, mask, types)[0])


def test_outputs_live_on_their_own(encoder_path):
    model = henson.load(encoder_path)
    first = model(*batch())[0]
    kept = first.copy()
    first_again = model(*batch(3, 4))[0]
    assert first.flags.writeable and np.array_equal(first, kept)
    del model
    first_again[:] = 0
    assert np.array_equal(first, kept)


def test_ragged_runs_are_the_calls_to_the_bit(encoder):
    sequences = [batch(1, length) for length in (5, 12, 1, 7)]
    alone = [encoder(*sequence) for sequence in sequences]
    names = ("input_ids", "attention_mask", "token_type_ids")
    for given in (sequences, [dict(zip(names, s)) for s in sequences], map(list, sequences)):
        together = encoder.ragged(given)
        assert len(together) == 4
        for one, other in zip(alone, together):
            assert np.array_equal(one[0], other[0]) and np.array_equal(one[1], other[1])
    ids_alone = henson.load(GOLDEN / "torch2.13_encoder_ids.pt")
    ids = [s[0] for s in sequences]
    assert np.array_equal(ids_alone.ragged(ids)[1][0], ids_alone(ids[1])[0])


def test_bytes_and_files(encoder_path, encoder):
    content = encoder_path.read_bytes()
    expected = encoder(*batch())[0]
    for source in (content, bytearray(content), io.BytesIO(content), str(encoder_path)):
        assert np.array_equal(henson.load(source)(*batch())[0], expected)
    with open(encoder_path, "rb") as file:
        assert np.array_equal(henson.load(file, map_location="cpu")(*batch())[0], expected)


def test_options(encoder_path, encoder):
    expected = encoder(*batch())[0]
    slow = henson.load(encoder_path, executor="interpreter")(*batch())[0]
    np.testing.assert_allclose(slow, expected, atol=1e-5)
    for precision in ("bf16", "int8"):
        near = henson.load(encoder_path, precision=precision)(*batch())[0]
        assert not np.array_equal(near, expected)
        np.testing.assert_allclose(near, expected, atol=0.3)
    assert np.array_equal(henson.load(encoder_path, threads=2, map=True)(*batch())[0], expected)


def test_what_is_refused_and_how(encoder, encoder_path, tmp_path):
    ids, mask, types = batch()
    with pytest.raises(henson.Error, match="input_ids") as caught:
        encoder(ids.astype(np.float32), mask, types)
    assert caught.value.code == "bad_input" and isinstance(caught.value, RuntimeError)
    with pytest.raises(henson.Error, match="uint|without a sign"):
        encoder(ids.astype(np.uint32), mask, types)
    with pytest.raises(henson.Error, match="input 0: a str is no array"):
        encoder("text", mask, types)
    with pytest.raises(henson.Error, match="positions"):
        encoder(ids, mask, types, positions=types)
    with pytest.raises(henson.Error) as caught:
        henson.load(tmp_path / "none.pt")
    assert caught.value.code == "not_found" and "none.pt" in str(caught.value)
    with pytest.raises(henson.Error) as caught:
        henson.load(b"no archive")
    assert caught.value.code == "bad_archive"
    with pytest.raises(henson.Error, match="fp32, bf16 and int8"):
        henson.load(encoder_path, precision="fp64")
    with pytest.raises(henson.Error, match="forward"):
        henson.load(encoder_path, method="generate")
    with pytest.raises(ValueError, match="cuda"):
        henson.load(encoder_path, map_location="cuda:0")
    with pytest.raises(ValueError, match="cuda"):
        encoder.to("cuda")
    with pytest.raises(henson.Error) as caught:
        henson.load(encoder_path, memory_limit=1000)(ids, mask, types)
    assert caught.value.code == "out_of_memory"


def test_what_torch_programs_say_to_a_model(encoder):
    assert encoder.eval() is encoder and encoder.to("cpu") is encoder and encoder.cpu() is encoder
    assert encoder.train(False) is encoder and encoder.requires_grad_(False) is encoder
    with pytest.raises(ValueError, match="train"):
        encoder.train()


def test_what_a_model_tells(encoder):
    assert [info.role for info in encoder.inputs] == ["ids", "mask", "token types"]
    assert [info.name for info in encoder.inputs] == ["input_ids", "attention_mask",
                                                       "token_type_ids"]
    assert encoder.inputs[0].dtype == "int64" and encoder.inputs[0].traced_shape == [2, 6]
    assert [info.shape for info in encoder.outputs] == ["[batch, length, 24]", "[batch, 24]"]
    assert encoder.methods == ["forward"] and encoder.notes == []
    assert any("attention" in line for line in encoder.describe())
    assert "encoder.pt" in repr(encoder)


def test_tokenizer():
    tokenizer = henson.Tokenizer.open(TASKS / "vocab.txt")
    encoding = tokenizer.encode("é Jim Henson was [MASK].")
    assert encoding.ids[0] == tokenizer.id("[CLS]") and tokenizer.mask_id in encoding.ids
    at = encoding.ids.index(tokenizer.id("henson"))
    assert encoding.offsets[at] == (6, 12)  # characters, not bytes
    assert tokenizer.decode(encoding.ids[2:4]) == "jim henson"
    assert len(tokenizer.encode("Jim Henson", "a frog", max_length=5)) == 5
