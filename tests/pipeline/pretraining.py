"""A track of a few signs and networks small enough to pretrain in a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from pipeline import samples as store
from pipeline import split as splits
from pipeline.params import Mlp, Prepare, Pretrain, SpatialTemporal, SyntheticSigns
from pipeline.pretrain import pretrain
from pipeline.sources import synthetic_signs
from tests.pipeline.factories import Track

TINY = SpatialTemporal(
    name="spatial_temporal", graph_width=8, d_model=16, layers=2, heads=2, tokens=8, pooling="tcn", dropout=0.1
)
QUICK = Pretrain(
    method="masked_landmarks", epochs=2, batch_size=8, learning_rate=0.01, sequence_length=16, device="cpu"
)
SIGNS = SyntheticSigns(source="synthetic_signs", num_signers=6, clips_per_sign=1, classes=("apple", "plum", "river"))


@contextmanager
def one_thread() -> Iterator[None]:
    """Networks this small only wait for a second thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_signs(folder: Path) -> Track:
    """Three signs of six signers: 0004 and 0005 are tested on, 0003 validates."""
    track = Track(folder)
    samples = synthetic_signs.read(SIGNS)
    store.write(track.samples, samples)
    splits.write(
        track.split, splits.assign(samples, Prepare(test=("signer_0004", "signer_0005"), val=("signer_0003",)))
    )
    return track


def run(track: Track, out: Path, **fields: Any) -> Path:
    """Pretrains; what is no field of the section is an option of the stage."""
    options = {name: fields.pop(name) for name in ("checkpoint", "log") if name in fields}
    model = fields.pop("model", TINY)
    config = Pretrain.model_validate({**QUICK.model_dump(), **fields})
    pretrain(model, config, samples=track.samples, split=track.split, out=out, **options)
    return out


def empty(path: Path) -> None:
    pretrain(Mlp(name="mlp"), Pretrain(), samples=path / "no.h5", split=path / "no.json", out=path / "e")
