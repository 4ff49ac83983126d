"""What one clip of a signer costs each model: eager PyTorch, ONNX Runtime in fp32, and in int8."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

Row = tuple[str, str]
SPECS = (
    *(f"sign_transformer,size={size}" for size in ("lightweight", "baseline", "medium")),
    "spatial_temporal",
    "cnn_transformer",
)
FRAMES, NUM_CLASSES = 64, 48


def figures(rounds: int = 12) -> Iterator[Row]:
    """Yields milliseconds for a clip of 64 frames, batch 1, one thread, the three in turns; weights are random."""
    for spec in SPECS:
        yield _one(spec, rounds)


def _one(spec: str, rounds: int) -> Row:
    import numpy as np
    import torch

    from flows.timing import medians_in_turns
    from pipeline.contract import INPUTS, Contract
    from pipeline.export import quantize, write_onnx
    from pipeline.models import build
    from pipeline.params import parse, with_model
    from pipeline.predictor import Predictor

    made = {"data": {"source": "synthetic_signs"}, "model": {"name": "sign_transformer"}}
    model = with_model(parse({"tracks": {"signs": made}}).track("signs"), spec).model
    recognizer = build(model, form="holistic", num_classes=NUM_CLASSES).eval()
    names = tuple(f"sign {k}" for k in range(NUM_CLASSES))
    contract = Contract(track="", model=model.name, features=model.features, form="holistic", class_names=names)
    with TemporaryDirectory() as folder:
        files = {precision: Path(folder) / f"{precision}.onnx" for precision in ("fp32", "int8")}
        write_onnx(files["fp32"], recognizer, contract)
        quantize(files["fp32"], files["int8"])
        sizes = {precision: file.stat().st_size / 1e6 for precision, file in files.items()}
        fp32, int8 = (Predictor.open(file) for file in files.values())
    landmarks = np.random.default_rng(0).random((1, FRAMES, 75, 3), np.float32)
    feeds = {"landmarks": landmarks, **{name: np.full(1, 30, np.float32) for name in INPUTS[1:]}}
    feeds["aspect"][:] = 4 / 3
    tensors = [torch.from_numpy(feeds[name]) for name in INPUTS]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        calls = (lambda: recognizer(*tensors), lambda: fp32.run(feeds), lambda: int8.run(feeds))
        eager, single, eight = (1000 * seconds for seconds in medians_in_turns(*calls, rounds=rounds, block=5))
    torch.set_num_threads(threads)
    told = (
        f"eager {eager:.2f} ms; ONNX Runtime fp32 {single:.2f} ms, {eager / single:.1f} times as fast, "
        f"{sizes['fp32']:.1f} MB; int8 {eight:.2f} ms, {eager / eight:.1f} times, {sizes['int8']:.1f} MB"
    )
    return f"{spec}, 64 frames, one thread", told
