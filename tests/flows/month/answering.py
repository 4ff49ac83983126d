"""Who answers in the tests of a month: an untrained model of three letters, with the reference that it would have."""

from pathlib import Path

import pandas as pd
import torch

from flows.month.traffic import Answering
from pipeline import split as splits
from pipeline.contract import Contract
from pipeline.evaluate import reference
from pipeline.export import write_onnx
from pipeline.models import build
from pipeline.params import Mlp, Prepare, SyntheticLetters
from pipeline.sources.synthetic_letters import read

LETTERS = ("A", "B", "E")
DATA = SyntheticLetters(
    source="synthetic_letters", num_signers=72, clips_per_letter=6, frames=4, fps=4, classes=LETTERS
)


def make(folder: Path) -> Answering:
    torch.manual_seed(0)  # else it answers otherwise each time, and so do its thresholds
    model = build(Mlp(name="mlp", hidden=(8,)), form="hand", num_classes=len(LETTERS)).eval()
    contract = Contract(track="letters", model="mlp", features="invariant", form="hand", class_names=LETTERS)
    write_onnx(folder / "model.onnx", model, contract)
    return Answering(model=folder / "model.onnx", data=DATA)


def reference_of(answering: Answering) -> pd.DataFrame:
    samples = read(DATA)
    return reference(samples, splits.assign(samples, Prepare()), answering.open())
