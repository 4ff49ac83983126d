"""The stage `train`: samples and a split → weights, and the curve that led to them."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from pipeline import samples as store
from pipeline import split as splits
from pipeline.errors import InputError
from pipeline.files import replacing
from pipeline.fitting.data import open_clips
from pipeline.fitting.loop import Log, fit
from pipeline.form import form as named
from pipeline.models import build, weights
from pipeline.models.encoder import start_from
from pipeline.models.recognizer import Recognizer
from pipeline.models.recurrent import Recurrent
from pipeline.objectives.classify import Classify
from pipeline.objectives.deep_supervision import DeepSupervision
from pipeline.objectives.distill import Distill
from pipeline.params import Model, Train
from pipeline.samples import Samples

logger = logging.getLogger(__name__)


def train(
    model: Model,
    train: Train,
    *,
    samples: Path,
    split: Path,
    encoder: Path,
    out: Path,
    initial: Path | None = None,
    teacher: Path | None = None,
    checkpoint: Path | None = None,
    log: Log = lambda epoch, values: None,
) -> None:
    """Writes out/model.safetensors, out/model.json and out/history.csv.

    encoder     what `pretrain` wrote; with tensors in it the network starts from them, else from random weights
    initial     the model folder that `train.init_from` names, where the caller has found it
    teacher     the model folder that `train.teacher` names, likewise
    checkpoint  a file to resume from after a kill, kept outside of what DVC owns
    log         is told each epoch's losses as they come
    """
    header = store.read(samples, values=False)
    parts = splits.read(split)
    if len(parts.train) == 0 or len(parts.val) == 0:
        raise InputError(f"'{split}': expected clips to train and to validate on, got an empty part. Change `prepare`.")
    torch.manual_seed(train.seed)
    recognizer = build(model, form=header.form, num_classes=len(header.class_names), row=header.row)
    _use(train.threads or (1 if isinstance(recognizer.network, Recurrent) else None))
    rates = start_from(recognizer, encoder, decay=train.layer_decay)
    if not rates and (train.layer_decay < 1 or train.freeze_epochs):
        logger.warning("train.layer_decay and train.freeze_epochs have no effect: pretrain.method is none.")
    trained = weights.Trained(
        recognizer=recognizer, config=model, class_names=header.class_names, form=header.form, row=_row(header)
    )
    if initial is not None:
        weights.start_from(weights.load(initial), trained)
    if train.checkpoint_activations:
        _checkpoint_activations(recognizer)
    if train.freeze and initial is None and not rates:
        logger.warning("train.freeze has no effect: there are no weights to keep. Set train.init_from.")
        train = train.model_copy(update={"freeze": ()})
    class_weights = torch.tensor([parts.class_weights[name] for name in header.class_names])
    history = fit(
        recognizer,
        _objective(recognizer, class_weights, train),
        teacher=_teacher(teacher, trained) if teacher else None,
        train=open_clips(samples, parts.train, memory_mb=train.memory_mb),
        val=open_clips(samples, parts.val, memory_mb=train.memory_mb),
        config=train,
        rates=rates,
        checkpoint=checkpoint,
        log=log,
    )
    with replacing(out) as beside:
        beside.mkdir()
        weights.save(beside, trained)
        pd.DataFrame(history).to_csv(beside / "history.csv", index=False)


def _row(header: Samples) -> tuple[int, ...]:
    """Returns a row's shape where the form leaves it to the data."""
    return header.row if None in named(header.form).row else ()


def _use(threads: int | None) -> None:
    """Sets how many threads share an operation: a thousand small ones a second are done sooner by one thread."""
    if threads is not None:
        torch.set_num_threads(threads)


def _objective(recognizer: Recognizer, class_weights: torch.Tensor, train: Train) -> torch.nn.Module:
    classify = Classify(class_weights, train.label_smoothing)
    network = recognizer.network
    if isinstance(network, Recurrent):
        if train.teacher is not None:
            raise InputError(
                "train.teacher: a recurrent model has many answers to a clip, a teacher one. Leave it out."
            )
        return DeepSupervision(classify, network.discount)
    return Distill(classify, train.teacher.temperature, train.teacher.share) if train.teacher else classify


def _checkpoint_activations(recognizer: Recognizer) -> None:
    layers: list[Any] = [module for module in recognizer.modules() if hasattr(module, "checkpointing")]
    for layer in layers:
        layer.checkpointing = True
    if not layers:
        logger.warning("train.checkpoint_activations: this model has no layers that can, nothing is changed.")


def _teacher(folder: Path, student: weights.Trained) -> Recognizer:
    """Loads the model to learn from.

    Raises: InputError when it reads other points, or knows other classes.
    """
    teacher = weights.load(folder)
    if (teacher.form, teacher.class_names) != (student.form, student.class_names):
        raise InputError(
            f"train.teacher: '{folder}' knows {len(teacher.class_names)} classes of '{teacher.form}', "
            f"expected the {len(student.class_names)} of the samples, in order. Train a teacher on the same classes."
        )
    return teacher.recognizer
