"""CTranslate2 as a contender, in 8 bits. See bench/worker.h."""
import ctranslate2
import numpy as np

from serving import Rival, serve


class CTranslate2(Rival):

    def load(self, path, threads):
        self.model = ctranslate2.Encoder(path, device="cpu", compute_type="int8",
                                         inter_threads=1, intra_threads=threads)

    def inputs(self, batch):
        """It pads by itself."""
        return [row[:length].tolist() for row, length in zip(batch.ids, batch.lengths)]

    def forward(self, inputs):
        return np.array(self.model.forward_batch(inputs).last_hidden_state)


if __name__ == "__main__":
    serve(CTranslate2())
