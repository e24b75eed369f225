"""PyTorch as a contender: torch_worker.py trace|frozen|eager|compile. See bench/worker.h."""
import sys

import torch

from serving import Rival, serve


class Torch(Rival):

    def load(self, path, threads):
        torch.set_num_interop_threads(1)
        torch.set_num_threads(threads)
        self.model = self.open(path)

    def inputs(self, batch):
        return torch.from_numpy(batch.ids), torch.from_numpy(batch.mask)

    def forward(self, inputs):
        return self.model(*inputs)[0]


class Trace(Torch):

    def open(self, path):
        return torch.jit.load(path).eval()

    def run(self):
        with torch.inference_mode():
            super().run()


class Frozen(Trace):

    def open(self, path):
        return torch.jit.optimize_for_inference(torch.jit.freeze(super().open(path)))


class Eager(Trace):
    """The Python class, with the same weights."""

    def open(self, path):
        from models import load_model
        return load_model(path)


class Compiled(Torch):
    """torch.compile, anew for each shape, which is its fastest mode; constants are folded."""

    def open(self, path):
        from models import load_model
        import torch._dynamo.config
        import torch._inductor.config
        torch._inductor.config.freezing = True
        torch._dynamo.config.recompile_limit = 64
        return torch.compile(load_model(path), dynamic=False)

    def run(self):
        with torch.no_grad():  # freezing does not take inference mode
            super().run()


if __name__ == "__main__":
    kinds = {"trace": Trace, "frozen": Frozen, "eager": Eager, "compile": Compiled}
    serve(kinds[sys.argv[1]]())
