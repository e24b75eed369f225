"""Shapes of batches, and the operations that an encoder needs for them."""
import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Shape:
    """8x128: 8 sequences of 128 tokens. 64x8..128: 64 sequences, lengths evenly spaced."""
    name: str
    lengths: tuple

    @property
    def tokens(self):
        return sum(self.lengths)

    @property
    def ragged(self):
        return len(set(self.lengths)) > 1


def parse_shape(text):
    match = re.fullmatch(r"(\d+)x(\d+)(?:\.\.(\d+))?", text)
    if not match:
        raise ValueError(f"`{text}` is no shape; give one like 8x128 or 64x8..128")
    count, first, last = int(match[1]), int(match[2]), int(match[3] or match[2])
    if count < 1 or first < 1 or last < first:
        raise ValueError(f"`{text}`: sizes start at 1 and lengths must not fall")
    steps = max(count - 1, 1)
    lengths = tuple(first + ((last - first) * k + steps // 2) // steps for k in range(count))
    return Shape(text, lengths)


@dataclasses.dataclass(frozen=True)
class Encoder:
    """Sizes of a BERT encoder: what make_models.py builds."""
    name: str
    title: str
    layers: int
    hidden: int
    heads: int
    intermediate: int
    weights: str = ""  # a model.safetensors, seen from the encoder's folder; random without

    def sizes(self):
        """What rivals/models.py is told."""
        return {name: getattr(self, name) for name in ("layers", "hidden", "heads",
                                                       "intermediate", "weights")}

    def operations(self, shape):
        """Multiplications and additions of the layers' products, for real tokens only."""
        weights = 4 * self.hidden ** 2 + 2 * self.hidden * self.intermediate
        attention = sum(2 * length ** 2 * self.hidden for length in shape.lengths)
        return 2 * self.layers * (shape.tokens * weights + attention)


ENCODERS = {encoder.name: encoder for encoder in (
    Encoder("bert-base", "BERT-base", 12, 768, 12, 3072),
    Encoder("minilm", "MiniLM-L6", 6, 384, 12, 1536),
    Encoder("bert-large", "BERT-large", 24, 1024, 16, 4096),
)}
SAMPLE = Encoder("sample-encoder", "all-MiniLM-L6-v2", 6, 384, 12, 1536,
                 "../sample/model/model.safetensors")
