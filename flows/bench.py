"""The figures that the README quotes, measured in one run on this machine."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from flows import (
    bench_drift,
    bench_extract,
    bench_graph,
    bench_memory,
    bench_modes,
    bench_recordings,
    bench_retrain,
    bench_serve,
    bench_signs,
    bench_sketches,
)
from flows.timing import medians_in_turns
from pipeline.errors import InputError
from pipeline.params import SyntheticLetters

BLOCK = 25  # calls in a row, a second and a half of a stream
Row = tuple[str, str]


def figures(root: Path, *, only: Sequence[str] = (), others: Sequence[str] = ()) -> Iterator[Row]:
    """Yields what was measured and what came out, in words.

    only    names of sections; empty: all
    others  interpreters that other servers are looked for in, to be measured beside ours
    Raises: InputError for a section that there is none of.
    """
    sections: dict[str, Callable[[], Iterator[Row]]] = {
        "simulator": simulator,
        "steps": steps,
        "gate": gate,
        "graph": bench_graph.figures,
        "memory": bench_memory.figures,
        "signs": bench_signs.figures,
        "sketches": lambda: bench_sketches.figures(root),
        "recordings": lambda: recordings(root),
        "commands": lambda: commands(root),
        "drift": bench_drift.figures,
        "serve": lambda: bench_serve.figures(others),
        "month": lambda: month(root),
    }
    if unknown := [name for name in only if name not in sections]:
        raise InputError(f"no section '{unknown[0]}'. Known: {', '.join(sections)}.")
    for name, section in sections.items():
        if not only or name in only:
            yield from section()


def simulator() -> Iterator[Row]:
    yield "simulator", f"{simulated_clips_a_second():,.0f} clips of 16 frames a second, one process"


def recordings(root: Path) -> Iterator[Row]:
    """Yields what looking at recordings costs and how far it repeats itself; or why it cannot be measured."""
    try:
        material = bench_recordings.material(root)
    except InputError as error:
        yield "recordings", f"not measured: {error}"
        return
    yield from bench_extract.figures(material)
    yield from bench_modes.figures(material)


def month(root: Path) -> Iterator[Row]:
    """Yields which drift is found, when, and how often for nothing; or why nobody can look."""
    from flows.month.run import figures

    try:
        yield from figures(root)
    except InputError as error:
        yield "month", f"not measured: {error}"


def commands(root: Path) -> Iterator[Row]:
    """Yields what commands take that have nothing to do."""
    yield "signloop --help", f"{_median_seconds(lambda: _run(root, 'signloop', '--help')):.2f} s"
    if (root / "artifacts").exists():
        yield "dvc repro, nothing to do", f"{_median_seconds(lambda: _run(root, 'dvc', 'repro')):.2f} s"
        yield from bench_retrain.figures(root)


def simulated_clips_a_second() -> float:
    """Returns clips a second, the best of three: the machine's other work only ever slows it."""
    from pipeline.sources.synthetic_letters import read

    config = SyntheticLetters(source="synthetic_letters", num_signers=60)
    rates = []
    for _ in range(3):
        start = time.perf_counter()
        rates.append(len(read(config)) / (time.perf_counter() - start))
    return max(rates)


def steps(rounds: int = 60) -> Iterator[Row]:
    """Yields what one frame costs a recurrent model, ONNX Runtime and eager Torch in turns, one thread each."""
    import tempfile

    import numpy as np
    import torch

    from pipeline.contract import INPUTS, Contract
    from pipeline.export import write_onnx
    from pipeline.models import build
    from pipeline.params import Strm
    from pipeline.stream import Steps

    letters = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    recognizer = build(Strm(name="strm"), form="hand", num_classes=len(letters)).eval()
    contract = Contract(track="", model="strm", features="oriented", form="hand", class_names=letters)
    with tempfile.TemporaryDirectory() as folder:
        clip, step = Path(folder) / "model.onnx", Path(folder) / "step.onnx"
        write_onnx(clip, recognizer, contract, step=step)
        yield "strm, files", f"model.onnx {clip.stat().st_size:,} bytes, step.onnx {step.stat().st_size:,} bytes"
        runtime = Steps.open(step)
    frame = np.random.default_rng(0).random((1, 1, 21, 3), np.float32)
    feeds = {"landmarks": frame, **{name: np.ones(1, np.float32) for name in INPUTS[1:]}}
    state = runtime.initial_state()
    landmarks, aspect, fps, handedness = (torch.from_numpy(feeds[name]) for name in INPUTS)
    memory = tuple(torch.from_numpy(value) for value in state.values())
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        onnx, eager = medians_in_turns(
            lambda: runtime.run(feeds, state),
            lambda: recognizer.step(landmarks, aspect, fps, handedness, memory),
            rounds=rounds,
            block=BLOCK,
        )
    torch.set_num_threads(threads)
    told = f"{1000 * onnx:.2f} ms; eager PyTorch {1000 * eager:.2f} ms, {eager / onnx:.1f} times as long"
    yield "strm, one frame, one thread, ONNX Runtime", told


def gate(trials: int = 400, *, worst: int = 20, again: int = 4000) -> Iterator[Row]:
    """Yields how often the paired gate lets a model pass that is worse by the margin, and one that is equal.

    The `worst` scenarios are measured `again` with more trials of another seed: the highest of many noisy shares is
    too high, whatever the truth is.
    """
    from registry.simulation import Scenario, promoted, worse_by_the_margin

    shares = {scenario: promoted(scenario, trials=trials, seed=0) for scenario in worse_by_the_margin()}
    ranked = sorted(shares, key=lambda scenario: -shares[scenario])[:worst]
    highest = max(promoted(scenario, trials=again, seed=1) for scenario in ranked)
    told = f"{statistics.mean(shares.values()):.1%} of trials on average over {len(shares)} scenarios × {trials} trials"
    yield "a model worse by the margin is promoted", told
    yield "the same, at worst", f"{highest:.1%}: the highest of the {worst} worst scenarios again, {again} trials each"
    equal = Scenario(units=24, clips=78, gain=0.01, worse=0.0, margin=0.02, correlation=0.02)
    yield "an equal model passes (24 signers × 78 clips)", f"{promoted(equal, trials=trials, seed=0):.0%} of trials"


def _median_seconds(call: Callable[[], None], runs: int = 3) -> float:
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _run(root: Path, command: str, *arguments: str) -> None:
    subprocess.run([Path(sys.executable).with_name(command), *arguments], cwd=root, check=True, capture_output=True)
