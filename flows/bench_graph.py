"""What the dense graph convolution saves against torch-geometric's, by itself and in a whole training step.

All of a table is measured in one process and in turns. Memory is the highest sum of what PyTorch had allocated at
once, from its profiler's record of each allocation: no other program is in it.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

from flows.timing import medians_in_turns

Row = tuple[str, str]
Call = Callable[[], object]
SIZES = {"d_model": 384, "layers": 6, "heads": 6, "graph_width": 128, "mean": "all", "dropout": 0.1}
NUM_CLASSES = 40


def figures(rounds: int = 7) -> Iterator[Row]:
    """Yields the convolution's figures, then those of the training step and where its time goes."""
    yield from convolution(rounds)
    yield from training_step(max(3, rounds // 2))


def convolution(rounds: int) -> Iterator[Row]:
    """Forward and backward of two layers of 128 on [32, 64, 75, 3]: GCNConv on the batched graph, and `gcn`."""
    import torch
    from torch import nn

    from pipeline.models.graph_conv import Gcn, joined
    from pipeline.skeleton import skeleton

    torch.manual_seed(0)
    points = torch.randn(32, 64, 75, 3)
    dense = nn.Sequential(*(Gcn(size, 128, joined(skeleton("holistic"))) for size in (3, 128)))
    dense.insert(1, nn.GELU())
    sparse = nn.Sequential(_library(dense[0]), nn.GELU(), _library(dense[2]))
    apart = float((dense(points) - sparse(points)).abs().max().detach())

    gradient = torch.randn(32, 64, 75, 128)  # of a loss that is not measured

    def both_ways(network: nn.Module) -> Call:
        return lambda: (network.zero_grad(), network(points).backward(gradient))

    calls = [both_ways(sparse), both_ways(dense)]
    plain, ours = medians_in_turns(*calls, rounds=rounds)
    plain_bytes, our_bytes = (peak_bytes(call) for call in calls)
    threads = f"{torch.get_num_threads()} threads"
    yield "GCNConv, 2 × 128 on [32, 64, 75, 3], both ways", f"{1000 * plain:,.0f} ms, {plain_bytes / 2**20:,.0f} MiB"
    told = f"{1000 * ours:,.0f} ms, {our_bytes / 2**20:,.0f} MiB"
    gain = f"{plain / ours:.2f} times as fast, {our_bytes / plain_bytes:.0%} of the memory"
    yield "the same in dense form", f"{told}: {gain} ({threads}; answers differ by {apart:.0e})"


def training_step(rounds: int) -> Iterator[Row]:
    """A step at d 384, 6 layers, batch 16, T 64: the plain design, and what each change on top makes of it.

    Up to fused AdamW it is one function, but for the draws of dropout; fewer tokens are another.
    """
    from functools import partial

    import torch

    torch.manual_seed(0)
    steps = {
        "plain: GCNConv on the batched graph": partial(_stepper, library=True, each_frame=True),
        "dense graph": partial(_stepper, each_frame=True),
        "… dropout once a clip": _stepper,
        "… fused AdamW": partial(_stepper, fused=True),
        "… bf16": partial(_stepper, fused=True, bf16=True),
        "… fp32, tcn to 16 tokens": partial(_stepper, fused=True, pooling="tcn", tokens=16),
        "… bf16, tcn to 16 tokens": partial(_stepper, fused=True, bf16=True, pooling="tcn", tokens=16),
    }
    calls = {name: make() for name, make in steps.items()}
    medians = medians_in_turns(*(call for call, _ in calls.values()), rounds=rounds)
    for (name, (_, count)), seconds in zip(calls.items(), medians, strict=True):
        gain = f"{medians[0] / seconds:.2f} times as fast"
        yield f"training step, {name}", f"{1000 * seconds:,.0f} ms, {gain}; {count:,} parameters"
    yield from _profile(calls["… fused AdamW"][0])


def _stepper(
    *,
    library: bool = False,
    each_frame: bool = False,
    fused: bool = False,
    bf16: bool = False,
    pooling: str = "none",
    tokens: int = 64,
) -> tuple[Call, int]:
    """Returns one step of training, and the parameters that it trains.

    library     GCNConv instead of the dense form
    each_frame  dropout in the graph is drawn for each frame
    """
    import torch

    from pipeline.models.spatial_temporal import GraphLayer, Network
    from pipeline.params import SpatialTemporal

    fields = {"name": "spatial_temporal", "pooling": pooling, "tokens": tokens, **SIZES}
    network = Network(SpatialTemporal.model_validate(fields), 75 * 7 + 1, NUM_CLASSES).train()
    for layer in network.joints:
        assert isinstance(layer, GraphLayer)
        layer.convolve = _library(layer.convolve) if library else layer.convolve
        layer.finish = torch.nn.Sequential(torch.nn.GELU(), torch.nn.Dropout(0.1)) if each_frame else layer.finish
    optimizer = torch.optim.AdamW(network.parameters(), fused=fused)
    features, seen, target = torch.randn(16, 64, 526), torch.ones(16, 64, dtype=torch.bool), torch.arange(16)
    features[..., 6:525:7] = 1.0  # every point is seen

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16) if bf16 else nullcontext():
            loss = torch.nn.functional.cross_entropy(network(features, seen), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step, sum(p.numel() for p in network.parameters())


def _library(dense: Any) -> Any:
    """Returns GCNConv with a dense layer's weights, on as many bodies as come: their edges beside each other."""
    import torch
    from torch import Tensor, nn
    from torch_geometric.nn import GCNConv

    from pipeline.models.graph_conv import joined
    from pipeline.skeleton import skeleton

    edges = joined(skeleton("holistic")).nonzero().T
    layer = GCNConv(dense.lin.in_features, dense.lin.out_features)
    layer.load_state_dict(dense.state_dict())
    batched: dict[int, Tensor] = {}

    class Batched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, points: Tensor) -> Tensor:
            bodies = points.numel() // (75 * points.shape[-1])
            if bodies not in batched:
                batched[bodies] = (edges[:, None] + 75 * torch.arange(bodies)[:, None]).flatten(1)
            return self.layer(points.reshape(-1, points.shape[-1]), batched[bodies]).view(*points.shape[:-1], -1)

    return Batched()


def _profile(step: Call, most: int = 8) -> Iterator[Row]:
    """Yields the operations that a step spends most of its time in, those of the backward pass among them."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        step()
    events = sorted(profiler.key_averages(), key=lambda event: -event.self_cpu_time_total)
    whole = sum(event.self_cpu_time_total for event in events)
    for event in events[:most]:
        share = f"{event.self_cpu_time_total / whole:.0%} of the fp32 step with fused AdamW, {event.count} calls"
        yield f"  {event.key}", share


def peak_bytes(call: Call) -> int:
    """Returns the most that was allocated at once during a call, beyond what was there before."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        call()
    record: Any = profiler.profiler
    events = [event for event in record.kineto_results.events() if event.name() == "[memory]"]
    changes = sorted((event.start_ns(), event.nbytes()) for event in events)
    now = most = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most
