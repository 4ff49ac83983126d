"""The training loop: AdamW, a schedule, early stopping that restores the best, and resuming where a kill left it.

Lightning Fabric brings device, precision and process strategy; the loop stays ours, so that a checkpoint is plain
tensors and numbers (never unpickled code) and a resumed run repeats what an uninterrupted one does, bit for bit:
every epoch seeds its own generators, and a checkpoint is only taken between epochs. See docs/decisions/001.
"""

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from pipeline.errors import InputError, SignloopError
from pipeline.files import replacing
from pipeline.fitting.augmentation import augmentation
from pipeline.fitting.data import Clips, batches
from pipeline.fitting.freezing import frozen, still
from pipeline.models.recognizer import Recognizer
from pipeline.params import Device, Train

Log = Callable[[int, dict[str, float]], None]
VALIDATION_BATCH = 256
VALIDATION_FRAMES = 16_384  # of a batch of whole clips, padding included
FIRST_FRAMES = 0.25  # of the longest clip, with which a curriculum begins
MAX_NORM = 100.0  # of the gradient: stops one broken batch, and touches no ordinary one


@dataclass
class Progress:
    """Where a training stands between two epochs."""

    epoch: int = 0
    best_loss: float = math.inf
    best_epoch: int = -1
    best: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


def open_fabric(device: Device) -> Fabric:
    """Returns Fabric on the device.

    Raises: InputError when a named device is not there.
    """
    present = {"auto": True, "cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not present[device]:
        there = [name for name, here in present.items() if here]
        raise InputError(f"device '{device}' is not available here. Set `train.device` to one of: {', '.join(there)}.")
    return Fabric(accelerator=device, devices=1 if device in ("cpu", "mps") else "auto")


def products(precision: str, device: torch.device) -> torch.autocast:
    """Returns the context in which a network computes; Fabric's own would also round the coordinates that it is given.

    Raises: InputError where the processor has no bf16, and would only imitate it slowly.
    """
    if precision == "bf16" and not _has_bf16(device):
        raise InputError(f"device '{device.type}' has no bf16 here. Set `train.precision` to fp32.")
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def fit(
    recognizer: Recognizer,
    objective: nn.Module,
    *,
    train: Clips,
    val: Clips,
    config: Train,
    teacher: Recognizer | None = None,
    rates: Mapping[str, float] = MappingProxyType({}),
    checkpoint: Path | None = None,
    log: Log = lambda epoch, values: None,
) -> list[dict[str, float]]:
    """Trains in place and returns the history, an entry an epoch; `recognizer` ends with its best weights.

    teacher     answers the same clips; `objective` then takes its logits besides
    rates       of pretrained parameters, by name, beside the learning rate; in the first epochs they may be frozen
    checkpoint  a file that the loop keeps between epochs, and starts from when it is there
    """
    torch.use_deterministic_algorithms(True, warn_only=False)
    fabric = open_fabric(config.device)
    optimizer = torch.optim.AdamW(_groups(recognizer, config, rates), lr=config.learning_rate)
    steps = math.ceil(len(train) / config.batch_size)
    schedule = _schedule(config, optimizer, steps)
    model, optimizer = fabric.setup(recognizer, optimizer)
    objective = fabric.to_device(objective)
    if teacher is not None:
        fabric.to_device(teacher)
    learn = _Lesson(objective, teacher)
    kept = frozen(recognizer, config.freeze)
    progress = resume(checkpoint, recognizer, optimizer, schedule)
    for entry in progress.history:
        log(int(entry["epoch"]), entry)
    while progress.epoch < config.epochs and progress.epoch - progress.best_epoch <= config.patience:
        entry = {"epoch": float(progress.epoch), "learning_rate": optimizer.param_groups[0]["lr"]}
        for name, parameter in recognizer.named_parameters():
            waits = name in rates and progress.epoch < config.freeze_epochs
            parameter.requires_grad_(not (waits or name in kept))
        entry["train_loss"] = _train_epoch(fabric, model, learn, optimizer, schedule, train, config, progress.epoch)
        entry |= validate(model, objective, val, fabric.device, by_length=config.sequence_length is None)
        if isinstance(schedule, torch.optim.lr_scheduler.ReduceLROnPlateau):
            schedule.step(entry["val_loss"])
        if not math.isfinite(entry["train_loss"] + entry["val_loss"]):
            raise SignloopError(f"epoch {progress.epoch}: the loss is not finite. Lower `train.learning_rate`.")
        progress.history.append(entry)
        if entry["val_loss"] < progress.best_loss:
            progress.best_loss, progress.best_epoch = entry["val_loss"], progress.epoch
            progress.best = copy.deepcopy(recognizer.state_dict())
        progress.epoch += 1
        log(progress.epoch - 1, entry)
        keep(checkpoint, progress, recognizer, optimizer, schedule)
    recognizer.load_state_dict(progress.best)
    recognizer.eval()
    return progress.history


@dataclass(frozen=True)
class _Lesson:
    """The loss of a batch in training: of the labels, and of what a teacher says to the same clips if there is one."""

    objective: nn.Module
    teacher: Recognizer | None

    def __call__(self, logits: Tensor, target: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
        if self.teacher is None:
            return self.objective(logits, target)
        with torch.no_grad():
            taught, _ = self.teacher(*inputs)
        return self.objective(logits, target, taught)


def _train_epoch(
    fabric: Fabric,
    model: Any,
    learn: "_Lesson",
    optimizer: Any,
    schedule: Any,
    clips: Clips,
    config: Train,
    epoch: int,
) -> float:
    torch.manual_seed(config.seed * 100_003 + epoch)  # dropout
    order = np.random.default_rng([config.seed, epoch, fabric.global_rank])
    noise = torch.Generator(device=fabric.device).manual_seed(config.seed * 100_003 + epoch)
    change = augmentation(clips.samples.form, config.augment)
    model.train()
    still(model, config.freeze)
    total, count = 0.0, 0
    for batch in batches(clips, **frames_seen(config, epoch, clips.longest), size=config.batch_size, generator=order):
        inputs, target = batch.to(fabric.device)
        inputs = change(inputs, noise)
        with products(config.precision, fabric.device):
            logits, _ = model(*inputs)
        loss = learn(logits.float(), target, inputs)
        optimizer.zero_grad()
        fabric.backward(loss)
        fabric.clip_gradients(model, optimizer, max_norm=MAX_NORM, error_if_nonfinite=False)  # `fit` says it better
        optimizer.step()
        if isinstance(schedule, torch.optim.lr_scheduler.OneCycleLR) and schedule.last_epoch < schedule.total_steps - 1:
            schedule.step()
        total, count = total + loss.item() * len(target), count + len(target)
    return total / max(count, 1)


def frames_seen(config: Train, epoch: int, longest: int) -> dict[str, Any]:
    """Returns what an epoch sees of its clips, as `batches` takes it; a curriculum begins with a part of the longest.

    Source: short sequences first, Bengio et al. 2009, Curriculum Learning, ICML, section 3.
    """
    length = config.sequence_length
    whole, done = length or longest, epoch / max(config.curriculum, 1)
    most = max(1, math.ceil(whole * (FIRST_FRAMES + (1 - FIRST_FRAMES) * min(done, 1)))) if config.curriculum else whole
    return {"length": None, "most": most, "by_length": True} if length is None else {"length": most}


@torch.no_grad()
def validate(
    model: Any, objective: nn.Module, clips: Clips, device: torch.device, *, by_length: bool = False
) -> dict[str, float]:
    """Returns loss and accuracy over whole clips; in batches `by_length` where their lengths differ much."""
    model.eval()
    loss, hits, count = 0.0, 0, 0
    size = min(VALIDATION_BATCH, max(1, VALIDATION_FRAMES // clips.longest)) if by_length else VALIDATION_BATCH
    for batch in batches(clips, size=size, length=None, by_length=by_length):
        inputs, target = batch.to(device)
        logits, _ = model(*inputs)
        loss += objective(logits, target).item() * len(target)
        hits += int((logits.argmax(-1) == target).sum())
        count += len(target)
    return {"val_loss": loss / max(count, 1), "val_accuracy": hits / max(count, 1)}


def _groups(module: nn.Module, config: Train, rates: Mapping[str, float]) -> list[dict[str, Any]]:
    """Matrices decay; biases and the scales of normalisation do not. The whole learning rate comes first."""
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {(-1.0, False): [], (-1.0, True): []}
    for name, parameter in module.named_parameters():
        groups.setdefault((-rates.get(name, 1.0), parameter.ndim <= 1), []).append(parameter)
    return [
        {
            "params": groups[rate, single],
            "lr": -rate * config.learning_rate,
            "weight_decay": 0.0 if single else config.weight_decay,
        }
        for rate, single in sorted(groups)
    ]


def _schedule(config: Train, optimizer: torch.optim.Optimizer, steps: int) -> Any:
    if config.schedule == "plateau":
        waits = config.plateau_patience or max(1, config.patience // 3)
        return torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=waits)
    total = max(2, config.epochs * steps)
    most = [group["lr"] for group in optimizer.param_groups]
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, most, total_steps=total, pct_start=0.2)


def resume(path: Path | None, recognizer: nn.Module, optimizer: Any, schedule: Any) -> Progress:
    if path is None or not path.exists():
        return Progress()
    try:
        kept = torch.load(path, weights_only=True, map_location="cpu")
        recognizer.load_state_dict(kept["recognizer"])
        optimizer.load_state_dict(kept["optimizer"])
        schedule.load_state_dict(kept["schedule"])
        return Progress(**kept["progress"])
    except Exception as error:  # damaged bytes lead Torch's readers to a KeyError, an IndexError, an UnpicklingError, …
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        raise SignloopError(
            f"checkpoint '{path}' is damaged, or of another model ({why}). Delete it; training then starts again."
        ) from None


def keep(path: Path | None, progress: Progress, recognizer: nn.Module, optimizer: Any, schedule: Any) -> None:
    if path is None:
        return
    state = {
        "recognizer": recognizer.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": {k: v for k, v in schedule.state_dict().items() if not callable(v) and k != "_anneal_func_type"},
        "progress": vars(progress),
    }
    with replacing(path) as beside:
        torch.save(state, beside)
