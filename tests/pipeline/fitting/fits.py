"""A tiny recognizer of hands, and what it is fitted with in a second."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.fitting.data import Clips
from pipeline.fitting.loop import fit
from pipeline.models import build
from pipeline.models.recognizer import Recognizer
from pipeline.objectives.classify import Classify
from pipeline.params import Train
from tests.factories import make_samples
from tests.pipeline.factories import QUICK, TINY

SCHEDULES = ["one_cycle", "plateau"]
Weights = dict[str, Tensor]


def make_clips(groups: slice, shift: int = 0) -> Clips:
    """Clips of some of four signers; `shift` mislabels them all."""
    samples = make_samples(num_groups=4, clips=4, frames=(1, 3), missing=0.02)
    samples = samples.select(np.flatnonzero(np.isin(samples.group, [f"s{g:02d}" for g in range(4)][groups])))
    samples = replace(samples, target=(samples.target + shift) % 3)
    return Clips(samples=samples, indices=np.arange(len(samples)))


TRAIN, VAL = make_clips(slice(0, 3)), make_clips(slice(3, 4))


def make_recognizer(seed: int = 0) -> Recognizer:
    torch.manual_seed(seed)
    return build(TINY, form="hand", num_classes=3)


def run(
    config: Train = QUICK, *, recognizer: Recognizer | None = None, class_weights: Tensor | None = None, **options: Any
) -> tuple[Weights, list[dict[str, float]]]:
    """Fits a tiny recognizer; returns its weights and the history."""
    recognizer = make_recognizer() if recognizer is None else recognizer
    objective = Classify(torch.ones(3) if class_weights is None else class_weights, config.label_smoothing)
    history = fit(recognizer, objective, config=config, **{"train": TRAIN, "val": VAL, **options})
    return recognizer.state_dict(), history


def changed(**fields: Any) -> Train:
    return Train.model_validate({**QUICK.model_dump(), **fields})


def same(one: Weights, two: Weights) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
