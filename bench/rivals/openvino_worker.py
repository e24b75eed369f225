"""OpenVINO as a contender: openvino_worker.py f32|bf16, of all that is not quantized. See
bench/worker.h."""
import sys

import openvino

from serving import Rival, serve


class OpenVino(Rival):

    def __init__(self, precision):
        self.precision = precision

    def load(self, path, threads):
        # Without the hint it computes in bfloat16 where the processor can.
        self.model = openvino.Core().compile_model(path, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": self.precision})
        kept = self.model.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        if kept != self.precision:
            raise ValueError(f"it computes in {kept} on this processor, not in {self.precision}")
        self.request = self.model.create_infer_request()

    def inputs(self, batch):
        return {"input_ids": openvino.Tensor(batch.ids),
                "attention_mask": openvino.Tensor(batch.mask)}

    def forward(self, inputs):
        self.request.infer(inputs)
        # A copy: the next batch overwrites the request's own tensor.
        hidden = self.request.get_output_tensor(0).data
        return hidden.copy() if len(self.ready) > 1 else hidden


if __name__ == "__main__":
    serve(OpenVino(sys.argv[1]))
