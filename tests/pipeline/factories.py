"""A tiny track as the stages leave it: a store, a split by group, and parameters that train in a second."""

from dataclasses import dataclass
from pathlib import Path

from pipeline import samples as store
from pipeline import split as splits
from pipeline.params import Augment, Mlp, Prepare, Strm, Train
from pipeline.samples import Samples
from tests.factories import make_samples

NO_CHANGE = Augment(rotate_deg=0, scale=0, perspective=0, mirror=0, jitter=0, drop_points=0, time_warp=0)
TINY = Mlp(name="mlp", hidden=(16,), dropout=0.1)
TINY_STRM = Strm(name="strm", hidden=8, latent_steps=1, deep_steps=2)
QUICK = Train(epochs=6, batch_size=16, learning_rate=0.02, device="cpu", label_smoothing=0.05)
QUICK_CLIPS = QUICK.model_copy(update={"sequence_length": 4, "epochs": 2})


@dataclass(frozen=True)
class Track:
    """Where the artifacts of a track lie in a folder."""

    folder: Path

    @property
    def samples(self) -> Path:
        return self.folder / "samples.h5"

    @property
    def split(self) -> Path:
        return self.folder / "split.json"

    @property
    def encoder(self) -> Path:
        return self.folder / "encoder.safetensors"

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def exported(self) -> Path:
        return self.folder / "export"


def make_track(folder: Path, samples: Samples | None = None) -> Track:
    """Writes a store of six signers and its split: s04 and s05 are tested on, s03 validates."""
    track = Track(folder)
    samples = make_samples(num_groups=6, clips=4, frames=(1, 4), missing=0.02) if samples is None else samples
    store.write(track.samples, samples)
    splits.write(track.split, splits.assign(samples, Prepare(test=("s04", "s05"), val=("s03",))))
    return track
