"""One tiny model, trained and exported once: an export takes seconds.

Modules that use it share an xdist group, so that only one worker makes it.
"""

from pathlib import Path

import numpy as np
import pytest

from pipeline.params import Export, Model, Train
from tests.factories import make_samples
from tests.pipeline.factories import QUICK, QUICK_CLIPS, TINY, TINY_STRM, Track, make_track


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Track:
    """A track with model and export; no hand is seen in the last clip of signer s05."""
    return made(tmp_path_factory.mktemp("exported"), TINY, QUICK)


@pytest.fixture(scope="session")
def recurrent(tmp_path_factory: pytest.TempPathFactory) -> Track:
    """The same of a recurrent model, trained on clips; int8 was asked for too."""
    return made(tmp_path_factory.mktemp("recurrent"), TINY_STRM, QUICK_CLIPS)


def made(folder: Path, model: Model, config: Train) -> Track:
    from pipeline.export import export  # Torch is for those who ask for a model, not for every test of this folder
    from pipeline.train import train

    samples = make_samples(num_groups=6, clips=4, frames=(1, 4), missing=0.02)
    samples.clip(len(samples) - 1)[:] = np.nan
    track = make_track(folder, samples)
    train(model, config, samples=track.samples, split=track.split, encoder=track.encoder, out=track.model)
    export(
        Export(precision=("fp32", "int8")),
        track="letters",
        samples=track.samples,
        split=track.split,
        model=track.model,
        out=track.exported,
    )
    return track
