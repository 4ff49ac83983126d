"""What `train.checkpoint_activations` saves of a training step's memory, and costs of its time.

With it and without it are measured in one process and in turns; loss and gradient have to be the same, bit for bit.
"""

from collections.abc import Callable, Iterator
from typing import Any

from flows.bench_graph import peak_bytes
from flows.timing import medians_in_turns

Row = tuple[str, str]
SPECS = ("sign_transformer,size=baseline", "sign_transformer,size=medium", "cnn_transformer,size=baseline")
CLIPS, FRAMES, NUM_CLASSES = 32, 64, 48


def figures(rounds: int = 5) -> Iterator[Row]:
    """Yields a row a model: a step of 32 clips of 64 frames, forward and backward, with and without."""
    for spec in SPECS:
        yield _one(spec, rounds)


def _one(spec: str, rounds: int) -> Row:
    import torch

    from pipeline.contract import INPUTS
    from pipeline.models import build
    from pipeline.params import parse, with_model

    made = {"data": {"source": "synthetic_signs"}, "model": {"name": "sign_transformer"}}
    model = with_model(parse({"tracks": {"signs": made}}).track("signs"), spec).model
    torch.manual_seed(0)
    recognizer = build(model, form="holistic", num_classes=NUM_CLASSES).train()
    columns = [torch.full((CLIPS,), value) for value in (4 / 3, 30.0, 1.0)]
    inputs = [torch.rand(CLIPS, FRAMES, 75, 3), *columns]
    assert len(inputs) == len(INPUTS)
    kept, twice = (_stepper(recognizer, inputs, checkpointing) for checkpointing in (False, True))
    same = _same(recognizer, kept, twice)
    plain, slower = medians_in_turns(kept, twice, rounds=rounds)
    whole, less = peak_bytes(kept), peak_bytes(twice)
    told = (
        f"{1000 * plain:,.0f} ms, {whole / 2**20:,.0f} MiB; checkpointed {slower / plain:.2f} times as long, "
        f"{less / whole:.0%} of the memory; loss and gradient {'the same' if same else 'differ'}"
    )
    return f"training step, {spec}", told


def _stepper(recognizer: Any, inputs: list[Any], checkpointing: bool) -> Callable[[], Any]:
    """Returns what computes a loss and its gradient, with the same draws of dropout each time."""
    import torch

    layers: list[Any] = [module for module in recognizer.modules() if hasattr(module, "checkpointing")]

    def step() -> Any:
        for layer in layers:
            layer.checkpointing = checkpointing
        torch.manual_seed(1)
        recognizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(recognizer(*inputs)[0], torch.arange(CLIPS))
        loss.backward()
        return loss.detach()

    return step


def _same(recognizer: Any, *steps: Callable[[], Any]) -> bool:
    import torch

    first, second = (
        [step(), *(p.grad.clone() for p in recognizer.parameters() if p.grad is not None)] for step in steps
    )
    return len(first) == len(second) and all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
