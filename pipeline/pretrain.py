"""Stage `pretrain`: unlabelled samples become an encoder that `train` starts from.

With `method: none` the encoder is a valid file without tensors, so that `train` reads one kind of input always, and
Torch is not imported. A further source's section is watched, its files are not: `dvc repro -f` after they changed.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.numpy import save_file

from pipeline.errors import InputError
from pipeline.files import replacing
from pipeline.params import Model, Pretrain

if TYPE_CHECKING:
    from pipeline.detect.workshop import Workshop
    from pipeline.fitting.loop import Log

TAKES_AN_ENCODER = ("spatial_temporal",)


def pretrain(
    model: Model,
    pretrain: Pretrain,
    *,
    samples: Path,
    split: Path,
    out: Path,
    checkpoint: Path | None = None,
    log: "Log" = lambda epoch, values: None,
    workshop: "Workshop | None" = None,
) -> None:
    """Writes the encoder; `none` reads neither samples nor split.

    checkpoint  a file to resume from after a kill, kept outside of what DVC owns
    log         is told each epoch's loss as it comes
    workshop    who looks at pictures, for a further source of them

    Raises: InputError where the model has no such encoder.
    """
    if pretrain.method == "none":
        tensors = {}
    elif model.name not in TAKES_AN_ENCODER:
        raise InputError(
            f"pretrain.method: '{pretrain.method}' pretrains {', '.join(TAKES_AN_ENCODER)}, got model.name "
            f"'{model.name}'. Set pretrain.method to none, or choose that model."
        )
    else:
        tensors = _masked_landmarks(model, pretrain, samples, split, checkpoint, log, workshop)
    with replacing(out) as beside:
        save_file(tensors, beside, metadata={"method": pretrain.method})


def _masked_landmarks(
    model: Model,
    config: Pretrain,
    samples: Path,
    split: Path,
    checkpoint: Path | None,
    log: "Log",
    workshop: "Workshop | None",
) -> dict:
    """Trains on the clips that `train` will see and those at rest, on nobody who validates or tests.

    Returns the encoder's tensors.
    """
    import numpy as np
    import torch

    from pipeline import samples as store
    from pipeline import split as splits
    from pipeline.fitting.data import open_clips
    from pipeline.fitting.pretraining import Further, HeldOut, pretrain_encoder
    from pipeline.fitting.reconstruction import Reconstruction
    from pipeline.leakage import digests
    from pipeline.models import build
    from pipeline.models.encoder import pretrained_part
    from pipeline.skeleton import skeleton

    header, parts = store.read(samples, values=False), splits.read(split)
    if len(parts.train) == 0:
        raise InputError(f"'{split}': expected clips to pretrain on, got an empty part. Change `prepare`.")
    unlabelled = np.concatenate([parts.train, parts.rest])
    further = None
    if config.data is not None:
        held = ("val", "test", "recent")
        away = store.read(samples, further=False).select(np.concatenate([getattr(parts, name) for name in held]))
        groups = frozenset(group for name in held for group in parts.groups.get(name, ()))
        held_out = HeldOut(groups, frozenset(digests(away)) - {b""})
        further = Further(config.data, header, held_out, workshop)
    torch.manual_seed(config.seed)
    recognizer = build(model, form=header.form, num_classes=len(header.class_names), row=header.row)
    module = Reconstruction(recognizer, config, skeleton(header.form))
    pretrain_encoder(
        module,
        train=open_clips(samples, unlabelled, memory_mb=config.memory_mb),
        further=further,
        config=config,
        checkpoint=checkpoint,
        log=log,
    )
    trained = pretrained_part(module.network, pooled=config.decoder == "sequence")
    return {name: tensor.contiguous().cpu().numpy() for name, tensor in trained.items()}
