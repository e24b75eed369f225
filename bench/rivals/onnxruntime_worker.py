"""ONNX Runtime as a contender, on a graph with fused attention. See bench/worker.h."""
import onnxruntime

from serving import Rival, serve


class OnnxRuntime(Rival):

    def load(self, path, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options,
                                                    providers=["CPUExecutionProvider"])
        self.kinds = {entry.name: entry.type for entry in self.session.get_inputs()}

    def inputs(self, batch):
        arrays = {"input_ids": batch.ids, "attention_mask": batch.mask}
        return {name: arrays[name].astype("int32") if kind == "tensor(int32)" else arrays[name]
                for name, kind in self.kinds.items()}

    def forward(self, inputs):
        return self.session.run(["hidden"], inputs)[0]


if __name__ == "__main__":
    serve(OnnxRuntime())
