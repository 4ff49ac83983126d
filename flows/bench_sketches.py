"""What drawings cost: made, stored, answered; and what centring is worth on those that people drew."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = tuple[str, str]
MANY = 200_000  # drawings, of which the memory is measured
CLASSES = 20
MOVED = 3  # pixels at most, in which direction chance says
STAGE = """
import resource, sys
from pathlib import Path
from pipeline.params import Prepare, QuickDraw
folder = Path(sys.argv[2])
if sys.argv[1] == "extract":
    from pipeline.extract import extract
    data = QuickDraw(source="quickdraw", path=str(folder / "npy"))
    extract(data, feedback=folder / "none", out=folder / "samples.h5")
else:
    from pipeline.prepare import prepare
    prepare(Prepare(), samples=folder / "samples.h5", out=folder / "prepare")
sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
"""


def figures(root: Path) -> Iterator[Row]:
    yield "simulated drawings", f"{_drawn_a_second():,.0f} a second, one process"
    yield from memory()
    for name in ("sketch_cnn", "sketch_net"):
        yield answered(name)
    yield from centring(root.parent / "shared" / "data" / "sketches")


def memory(many: int = MANY) -> Iterator[Row]:
    """Yields the peak memory of the stages that hold every drawing, each in a process of its own."""
    with TemporaryDirectory() as folder:
        _write(Path(folder) / "npy", many)
        for stage in ("extract", "prepare"):
            start = time.perf_counter()
            command = [sys.executable, "-c", STAGE, stage, folder]
            ended = subprocess.run(command, capture_output=True, text=True, check=True)
            peak = int(ended.stdout) / 2**10
            told = f"{peak:,.0f} MB at the peak, {time.perf_counter() - start:.1f} s"
            yield f"{stage}, {many:,} drawings of 28×28", told


def answered(name: str, rounds: int = 12) -> Row:
    """Returns milliseconds for one drawing, one thread, eager, fp32 and int8 in turns; weights are random."""
    import torch

    from flows.timing import medians_in_turns
    from pipeline import static_int8
    from pipeline.contract import Contract
    from pipeline.export import write_onnx
    from pipeline.models import build
    from pipeline.params import parse
    from pipeline.predictor import Predictor

    made = {"data": {"source": "synthetic_sketches"}, "model": {"name": name}}
    model = parse({"tracks": {"sketches": made}}).track("sketches").model
    recognizer = build(model, form="bitmap", num_classes=CLASSES, row=(28, 28)).eval()
    names = tuple(f"thing {k}" for k in range(CLASSES))
    contract = Contract(track="", model=name, features=model.features, form="bitmap", row=(28, 28), class_names=names)
    pictures = _pictures(64)[:, None].astype(np.float32)
    with TemporaryDirectory() as folder:
        files = {precision: Path(folder) / f"{precision}.onnx" for precision in ("fp32", "int8")}
        write_onnx(files["fp32"], recognizer, contract)
        static_int8.quantize(files["fp32"], files["int8"], [{"bitmap": pictures}])
        sizes = {precision: file.stat().st_size / 1e3 for precision, file in files.items()}
        fp32, int8 = (Predictor.open(file) for file in files.values())
    feeds, tensor = {"bitmap": pictures[:1]}, torch.from_numpy(pictures[:1])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        calls = (lambda: recognizer(tensor), lambda: fp32.run(feeds), lambda: int8.run(feeds))
        eager, single, eight = (1000 * seconds for seconds in medians_in_turns(*calls, rounds=rounds, block=25))
    torch.set_num_threads(threads)
    told = (
        f"{sum(p.numel() for p in recognizer.parameters()):,} parameters; eager {eager:.2f} ms; fp32 {single:.2f} ms, "
        f"{sizes['fp32']:,.0f} kB; int8 {eight:.2f} ms, {sizes['int8']:,.0f} kB"
    )
    return f"{name}, one drawing, one thread", told


def centring(folder: Path, epochs: int = 12) -> Iterator[Row]:
    """Yields sketch_cnn's accuracy on the last fifth of each file's rows, centred and not; or why there is none.

    Also on the same drawings moved about: files of Quick Draw differ by a pixel, which tells classes apart where
    nothing centres them, and a canvas is drawn on anywhere.
    """
    if not any(folder.glob("*.npy")):
        yield "centring", f"not measured: no drawings in '{folder}'"
        return
    from pipeline.params import QuickDraw
    from pipeline.sources import quickdraw

    samples = quickdraw.read(QuickDraw(source="quickdraw", path=str(folder)))
    for features in ("plain", "centred"):
        as_drawn, moved = _accuracies(samples, features, epochs)
        told = f"{as_drawn:.4f} as drawn, {moved:.4f} moved by up to {MOVED} pixels"
        yield f"sketch_cnn, {features}, {len(samples.class_names)} classes apart", told


def _accuracies(samples: Any, features: Any, epochs: int) -> tuple[float, float]:
    import torch

    from pipeline.fitting.data import Clips
    from pipeline.fitting.loop import fit
    from pipeline.models import build
    from pipeline.objectives.classify import Classify
    from pipeline.params import Augment, SketchCnn, Train

    block = samples.group.astype(str)
    test, val = block >= "block_40", (block >= "block_37") & (block < "block_40")
    torch.manual_seed(0)
    num_classes = len(samples.class_names)
    model = SketchCnn(name="sketch_cnn", features=features)
    recognizer = build(model, form=samples.form, num_classes=num_classes, row=samples.row)
    still = Augment.model_validate(dict.fromkeys(Augment.model_fields, 0.0))
    config = Train(
        epochs=epochs, batch_size=128, learning_rate=0.001, schedule="plateau", label_smoothing=0, augment=still
    )
    learned, checked = (Clips(samples=samples, indices=np.flatnonzero(of)) for of in (~test & ~val, val))
    fit(recognizer, Classify(torch.ones(num_classes), 0.0), config=config, train=learned, val=checked)
    pictures, target = samples.values[test], samples.target[test]
    moved = _moved(pictures, np.random.default_rng(0))
    return _accuracy(recognizer, pictures, target), _accuracy(recognizer, moved, target)


def _accuracy(recognizer: Any, pictures: NDArray[np.uint8], target: NDArray[np.int64]) -> float:
    import torch

    answers = []
    with torch.inference_mode():
        for start in range(0, len(pictures), 512):
            batch = torch.from_numpy(pictures[start : start + 512, None].astype(np.float32))
            answers.append(recognizer(batch)[0].argmax(1).numpy())
    return float((np.concatenate(answers) == target).mean())


def _moved(pictures: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Moves each drawing; what leaves the picture is lost."""
    size = pictures.shape[1]
    wide = np.pad(pictures, ((0, 0), (MOVED, MOVED), (MOVED, MOVED)))
    rows, columns = rng.integers(0, 2 * MOVED + 1, (2, len(pictures), 1)) + np.arange(size)
    return wide[np.arange(len(pictures))[:, None, None], rows[:, :, None], columns[:, None, :]]


def _drawn_a_second() -> float:
    """Returns drawings a second, the best of three: the machine's other work only ever slows it."""
    rates = []
    for _ in range(3):
        start = time.perf_counter()
        made = len(_pictures(2000))
        rates.append(made / (time.perf_counter() - start))
    return max(rates)


def _pictures(num: int) -> NDArray[Any]:
    from pipeline.params import SyntheticSketches
    from pipeline.sources import synthetic_sketches

    config = SyntheticSketches(source="synthetic_sketches", num_drawers=-(-num // 100), drawings_per_class=5)
    return synthetic_sketches.read(config).values[:num]


def _write(folder: Path, many: int) -> None:
    """Writes CLASSES files of drawings, all different: a few that are moved about, with specks of their own."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    few = _pictures(5000)
    for number in range(CLASSES):
        rows = _moved(few[rng.integers(0, len(few), many // CLASSES)], rng)
        speck = rng.integers(0, 784, (len(rows), 4))
        rows.reshape(len(rows), 784)[np.arange(len(rows))[:, None], speck] = rng.integers(1, 255, speck.shape)
        np.save(folder / f"class_{number:02d}.npy", rows.reshape(len(rows), 784))
