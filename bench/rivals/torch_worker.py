"""PyTorch as a contender: torch_worker.py trace|frozen|eager|compile|compile-int8. See
bench/worker.h."""
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
        return self.model(*inputs)[0].float()


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


class CompiledInt8(Compiled):
    """Weights and activations in 8 bits, calibrated, as Inductor's tutorial for x86 says."""

    def open(self, path):
        from models import calibration, load_model
        from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
        from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86
        import torch._dynamo.config
        import torch._inductor.config
        torch._inductor.config.freezing = True
        torch._dynamo.config.recompile_limit = 512
        batches = calibration()
        sizes = {0: torch.export.Dim("batch", min=1, max=4096),
                 1: torch.export.Dim("length", min=2, max=512)}
        with torch.no_grad():
            exported = torch.export.export(load_model(path), batches[0],
                                           dynamic_shapes=(sizes, sizes), strict=False).module()
            quantizer = x86.X86InductorQuantizer()
            quantizer.set_global(x86.get_default_x86_inductor_quantization_config())
            prepared = prepare_pt2e(exported, quantizer)
            for batch in batches:
                prepared(*batch)
            return torch.compile(convert_pt2e(prepared), dynamic=False)


if __name__ == "__main__":
    kinds = {"trace": Trace, "frozen": Frozen, "eager": Eager, "compile": Compiled,
             "compile-int8": CompiledInt8}
    serve(kinds[sys.argv[1]]())
