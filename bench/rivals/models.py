"""Makes the files that the contenders open: models.py MODEL KIND... in the current folder.

    trace        trace.pt, of (input_ids, attention_mask); weights.pt, for the eager model
    answers      answers of the eager model for each FILE.ids, in FILE.answer
    onnx         fused.onnx: exported, attention and layer norm fused by ONNX Runtime's optimizer
    openvino     openvino.xml
MODEL is a JSON object: layers, hidden, heads, intermediate. Weights are random, of a fixed seed.
"""
import json
import pathlib
import sys

import torch
from transformers import BertConfig, BertModel

import serving

VOCABULARY = 30522
NAMES = ["input_ids", "attention_mask"]


def make_model(sizes):
    torch.manual_seed(0)
    config = BertConfig(vocab_size=VOCABULARY, num_hidden_layers=sizes["layers"],
                        hidden_size=sizes["hidden"], num_attention_heads=sizes["heads"],
                        intermediate_size=sizes["intermediate"], return_dict=False)
    return BertModel(config).eval()


def load_model(path):
    """The eager model of a weights.pt."""
    saved = torch.load(path, mmap=True, weights_only=True)
    with torch.device("meta"):
        model = make_model(saved["sizes"])
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


def main(model, *kinds):
    makers = {"trace": make_trace, "answers": make_answers, "onnx": make_onnx,
              "openvino": make_openvino}
    for kind in kinds:
        makers[kind](json.loads(model))


if __name__ == "__main__":
    main(*sys.argv[1:])
