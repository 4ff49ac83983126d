"""Eight-bit files of networks of 2-D convolutions: weights and what flows between layers, scaled by real samples.

Dynamic quantisation measures each batch anew and can destroy convolutions; static one writes the scales into the file.
The preprocessing stays as it is: eight bits are no place for where a drawing stands.
Source: B. Jacob et al., arXiv:1712.05877, section 2; ONNX Runtime's QDQ format, a scale for each output channel.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from pipeline.form import form as named
from pipeline.samples import Samples

SAMPLES, BATCH = 512, 64
LAYERS = ["Conv", "Gemm", "MaxPool"]  # a pool between two convolutions keeps their scale
Feeds = dict[str, NDArray[np.float32]]


def wanted(model: onnx.ModelProto) -> bool:
    """Tells whether a graph convolves pictures."""
    shapes = {tensor.name: len(tensor.dims) for tensor in model.graph.initializer}
    return any(node.op_type == "Conv" and shapes.get(node.input[1]) == 4 for node in model.graph.node)


def feeds(samples: Samples, learned: NDArray[np.int64]) -> list[Feeds]:
    """Returns samples to scale by, evenly spaced among those that were learned, in batches as the graph takes them."""
    chosen = learned[np.linspace(0, len(learned) - 1, min(len(learned), SAMPLES)).astype(int)]
    form = named(samples.form)
    batches = [chosen[start : start + BATCH] for start in range(0, len(chosen), BATCH)]
    return [
        {form.values: form.feed(np.stack([samples.clip(i) for i in batch]))}
        | {name: getattr(samples, name)[batch] for name in form.columns}
        for batch in batches
    ]


def quantize(source: Path, path: Path, feeds: Sequence[Feeds]) -> None:
    """Writes an int8 file of an fp32 one; `feeds` are samples of those that the network learned from.

    The same samples give the same bytes.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    model = onnx.load(source)
    del model.graph.value_info[:]  # shape inference over the export's own annotations fails
    with _quiet():
        quantize_static(
            model,
            str(path),
            _reader(feeds),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=LAYERS,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[node.name for node in model.graph.node if _prepares(node)],
            extra_options={"ActivationSymmetric": False, "WeightSymmetric": True},
        )


def _prepares(node: onnx.NodeProto) -> bool:
    return any(name.startswith("preprocess.") for name in node.input)


@contextmanager
def _quiet() -> Iterator[None]:
    """The quantizer advises through the root logger."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def _reader(feeds: Sequence[Feeds]) -> Any:
    """Hands out feeds as the quantizer asks for them."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.left = iter(feeds)

        def get_next(self) -> Any:
            return next(self.left, None)

    return Reader()
