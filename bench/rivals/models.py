"""Makes the files that the contenders open: models.py MODEL KIND... in the current folder.

    trace        trace.pt, of (input_ids, attention_mask); weights.pt, for the eager model
    answers      answers of the eager model for each FILE.ids, in FILE.answer
    onnx         fused.onnx: exported, attention and layer norm fused by ONNX Runtime's optimizer
    openvino     openvino.xml
    trace-bf16, trace-int8     traces in bfloat16, and of linear layers quantized while running
    onnx-int8    int8.onnx: fused.onnx with weights in 8 bits per channel, inputs while running
    openvino-int8              by NNCF: weights and activations in 8 bits, calibrated
    ctranslate2  a folder
    sentences    sentences.ids and calibration.ids, of tests/tasks/sentences.txt
MODEL is a JSON object: layers, hidden, heads, intermediate, weights. Weights are those of a
model.safetensors, or random, of a fixed seed. What is calibrated sees calibration.ids, or else
random ids.
"""
import json
import pathlib
import sys

import numpy as np
import torch
from transformers import BertConfig, BertModel

import serving

VOCABULARY = 30522
SENTENCES = pathlib.Path(__file__).resolve().parents[2] / "tests" / "tasks" / "sentences.txt"
NAMES = ["input_ids", "attention_mask"]


def make_model(sizes):
    torch.manual_seed(0)
    config = BertConfig(vocab_size=VOCABULARY, num_hidden_layers=sizes["layers"],
                        hidden_size=sizes["hidden"], num_attention_heads=sizes["heads"],
                        intermediate_size=sizes["intermediate"], return_dict=False)
    model = BertModel(config).eval()
    if sizes.get("weights"):
        from safetensors.torch import load_file
        missing, _ = model.load_state_dict(load_file(sizes["weights"]), strict=False)
        if missing:
            raise SystemExit(f"{sizes['weights']} lacks {missing[0]}")
    return model


def calibration():
    """Inputs like those that will be measured."""
    if not pathlib.Path("calibration.ids").exists():
        chance = torch.Generator().manual_seed(1)
        ids = [torch.randint(VOCABULARY, (2, length), generator=chance)
               for length in (16, 32, 64, 128)]
    else:
        ids = [torch.from_numpy(row.copy())[None]
               for row in serving.read_sequences("calibration.ids")]
    return [(one, torch.ones_like(one)) for one in ids]


def load_model(path):
    """The eager model of a weights.pt."""
    saved = torch.load(path, mmap=True, weights_only=True)
    with torch.device("meta"):
        model = make_model(saved["sizes"] | {"weights": ""})
    model.load_state_dict(saved["weights"], assign=True)
    # Buffers that are no weights were made on no device.
    for name, value in saved["buffers"].items():
        module, _, last = name.rpartition(".")
        model.get_submodule(module).register_buffer(last, value, persistent=False)
    return model.eval()


def make_trace(sizes):
    model = make_model(sizes)
    ids = torch.randint(VOCABULARY, (2, 14))
    with torch.no_grad():
        traced = torch.jit.trace(model, (ids, torch.ones_like(ids)))
    traced.save("trace.pt")
    weights = model.state_dict()
    buffers = {name: value for name, value in model.named_buffers() if name not in weights}
    torch.save({"sizes": sizes, "weights": weights, "buffers": buffers}, "weights.pt")


class Reference(serving.Rival):
    """The eager model, a sequence at a time: nothing is padded."""

    def __init__(self):
        self.model = load_model("weights.pt")

    def inputs(self, batch):
        return torch.from_numpy(batch.ids), torch.from_numpy(batch.mask)

    def forward(self, inputs):
        with torch.inference_mode():
            return self.model(*inputs)[0]


def make_answers(_sizes):
    reference = Reference()
    for path in sorted(pathlib.Path().glob("*.ids")):
        reference.prepare(path, 1)
        reference.run()
        reference.answer(path.with_suffix(".answer"))


def make_onnx(sizes):
    from onnxruntime.transformers import optimizer
    model = load_model("weights.pt")
    ids = torch.randint(VOCABULARY, (2, 14))
    axes = {0: "batch", 1: "length"}
    with torch.no_grad():
        torch.onnx.export(model, (ids, torch.ones_like(ids)), "exported.onnx", dynamo=False,
                          opset_version=17, input_names=NAMES, output_names=["hidden", "pooled"],
                          dynamic_axes={name: axes for name in NAMES + ["hidden"]})
    fused = optimizer.optimize_model("exported.onnx", model_type="bert", opt_level=0,
                                     num_heads=sizes["heads"], hidden_size=sizes["hidden"])
    count = fused.get_fused_operator_statistics()["Attention"]
    if count != sizes["layers"]:
        raise SystemExit(f"attention was fused in {count} of {sizes['layers']} layers")
    fused.save_model_to_file("fused.onnx")


def make_openvino(_sizes):
    import openvino
    model = load_model("weights.pt")
    ids = torch.randint(VOCABULARY, (2, 14))
    with torch.no_grad():
        converted = openvino.convert_model(model, example_input=(ids, torch.ones_like(ids)))
    for entry, name in zip(converted.inputs, NAMES):
        entry.get_tensor().set_names({name})
        entry.get_node().set_partial_shape(openvino.PartialShape([-1, -1]))
    converted.validate_nodes_and_infer_types()
    openvino.save_model(converted, "openvino.xml", compress_to_fp16=False)


def trace_of(model, path):
    ids = torch.randint(VOCABULARY, (2, 14))
    with torch.no_grad():
        torch.jit.trace(model, (ids, torch.ones_like(ids))).save(path)


def make_trace_bf16(_sizes):
    trace_of(load_model("weights.pt").to(torch.bfloat16), "trace-bf16.pt")


def make_trace_int8(_sizes):
    quantization = torch.ao.quantization
    layers = {torch.nn.Linear: quantization.per_channel_dynamic_qconfig}
    trace_of(quantization.quantize_dynamic(load_model("weights.pt"), layers), "trace-int8.pt")


def has_exact_products():
    """Without VNNI, products of 8 bits by 8 saturate: then weights are better kept to 7."""
    return "vnni" in pathlib.Path("/proc/cpuinfo").read_text()


def make_onnx_int8(sizes):
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    if not pathlib.Path("fused.onnx").exists():
        make_onnx(sizes)
    quantize_dynamic("fused.onnx", "int8.onnx", per_channel=True, weight_type=QuantType.QInt8,
                     reduce_range=not has_exact_products(),
                     # Of what comes from the fused operators, of which the quantizer knows no types.
                     extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})


def make_openvino_int8(sizes):
    import nncf
    import openvino
    if not pathlib.Path("openvino.xml").exists():
        make_openvino(sizes)
    batches = [dict(zip(NAMES, (entry.numpy() for entry in batch))) for batch in calibration()]
    quantized = nncf.quantize(openvino.Core().read_model("openvino.xml"), nncf.Dataset(batches),
                              model_type=nncf.ModelType.TRANSFORMER, subset_size=len(batches))
    openvino.save_model(quantized, "openvino-int8.xml", compress_to_fp16=False)


def make_ctranslate2(_sizes):
    import ctranslate2
    from transformers import BertTokenizerFast
    model = load_model("weights.pt")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words += [f"word{k}" for k in range(len(words), VOCABULARY)]  # it wants some: ids are given
    folder = pathlib.Path("huggingface")
    folder.mkdir(exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    model.save_pretrained(folder)
    converter = ctranslate2.converters.TransformersConverter(str(folder))
    converter.convert("ctranslate2", quantization="int8", force=True)


def make_sentences(_sizes):
    """What is measured is what is calibrated with, to the good of those who calibrate."""
    from transformers import BertTokenizerFast
    tokenizer = BertTokenizerFast("../sample/vocab.txt", do_lower_case=True)
    lines = SENTENCES.read_text(encoding="utf-8").splitlines()
    rows = [tokenizer(line)["input_ids"] for line in lines]
    numbers = [len(rows), *map(len, rows), *(token for row in rows for token in row)]
    for name in ("sentences.ids", "calibration.ids"):
        np.array(numbers, np.int64).tofile(name)


def main(model, *kinds):
    makers = {"trace": make_trace, "answers": make_answers, "onnx": make_onnx,
              "openvino": make_openvino, "sentences": make_sentences, "trace-bf16": make_trace_bf16,
              "trace-int8": make_trace_int8, "onnx-int8": make_onnx_int8,
              "openvino-int8": make_openvino_int8, "ctranslate2": make_ctranslate2}
    for kind in kinds:
        makers[kind](json.loads(model))


if __name__ == "__main__":
    main(*sys.argv[1:])
