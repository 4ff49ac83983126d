"""Eight-bit convolutions: which graphs want them, what they answer, what is left alone."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from pipeline import static_int8
from pipeline.sources import bitmaps

RNG = np.random.default_rng(0)


def graph(path: Path, kernel: tuple[int, ...] = (3, 3)) -> Path:
    """A picture [B, 1, 8, 8], scaled by what prepares it, one convolution of 4 channels, its mean and a head of 3."""
    shape = ("b", 1, *[8] * len(kernel))
    weights = {
        "preprocess.scale": np.full(1, 1 / 255, np.float32),
        "network.conv": RNG.normal(size=(4, 1, *kernel)).astype(np.float32),
        "network.head": RNG.normal(size=(3, 4)).astype(np.float32),
        "network.bias": np.zeros(3, np.float32),
        "axes": np.arange(2, 2 + len(kernel), dtype=np.int64),
    }
    nodes = [
        helper.make_node("Mul", ["bitmap", "preprocess.scale"], ["pixels"], "prepare"),
        helper.make_node("Conv", ["pixels", "network.conv"], ["maps"], "conv"),
        helper.make_node("Relu", ["maps"], ["active"], "relu"),
        helper.make_node("ReduceMean", ["active", "axes"], ["mean"], "mean", keepdims=0),
        helper.make_node("Gemm", ["mean", "network.head", "network.bias"], ["logits"], "head", transB=1),
    ]
    made = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("bitmap", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ("b", 3))],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def pictures(num: int, seed: int = 0) -> dict[str, np.ndarray]:
    return {"bitmap": np.random.default_rng(seed).integers(0, 256, (num, 1, 8, 8)).astype(np.float32)}


def answers(path: Path, feeds: dict[str, np.ndarray]) -> np.ndarray:
    return onnxruntime.InferenceSession(str(path)).run(["logits"], feeds)[0]


def test_a_graph_that_convolves_pictures_wants_it(tmp_path: Path):
    assert static_int8.wanted(onnx.load(graph(tmp_path / "pictures.onnx")))
    assert not static_int8.wanted(onnx.load(graph(tmp_path / "series.onnx", kernel=(3,))))


def test_eight_bits_answer_nearly_as_32_do(tmp_path: Path):
    source = graph(tmp_path / "fp32.onnx")
    static_int8.quantize(source, tmp_path / "int8.onnx", [pictures(16, seed) for seed in range(4)])
    expected, got = answers(source, pictures(50, 9)), answers(tmp_path / "int8.onnx", pictures(50, 9))
    assert np.abs(got - expected).mean() < 0.01 * np.abs(expected).max()  # the range is that of the samples


def test_weights_are_scaled_channel_by_channel_and_what_prepares_is_left_alone(tmp_path: Path):
    static_int8.quantize(graph(tmp_path / "fp32.onnx"), tmp_path / "int8.onnx", [pictures(16)])
    model = onnx.load(tmp_path / "int8.onnx")
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    assert tensors["network.conv_quantized"].dtype == np.int8
    assert tensors["network.conv_scale"].shape == (4,)
    assert tensors["preprocess.scale"].dtype == np.float32
    (scale,) = [node for node in model.graph.node if node.op_type == "Mul"]
    assert list(scale.input) == ["bitmap", "preprocess.scale"]


def test_samples_to_scale_by_are_spread_over_those_that_were_learned(monkeypatch):
    monkeypatch.setattr(static_int8, "SAMPLES", 3)
    monkeypatch.setattr(static_int8, "BATCH", 2)
    pictures = np.arange(10, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    names = np.array([str(n) for n in range(10)], dtype=object)
    samples = bitmaps.samples(
        pictures, target=np.zeros(10, int), group=names, ids=names, class_names=("a",), provenance={}
    )
    fed = static_int8.feeds(samples, np.array([1, 2, 3, 4, 5, 6, 9]))
    assert [feed["bitmap"].shape for feed in fed] == [(2, 1, 2, 2), (1, 1, 2, 2)]
    assert [feed["bitmap"][:, 0, 0, 0].tolist() for feed in fed] == [[1, 4], [9]]
    assert fed[0]["bitmap"].dtype == np.float32


def test_the_same_samples_give_the_same_bytes(tmp_path: Path):
    source = graph(tmp_path / "fp32.onnx")
    for name in ("one", "two"):
        static_int8.quantize(source, tmp_path / name, [pictures(16)])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
