"""What is seen in recordings does not depend on who looked: here, in two processes, or on a Dask cluster."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.executors import build
from flows.executors.dask import OnDask
from pipeline import samples
from pipeline.detect.workshop import Workshop
from pipeline.params import Detection, Videos
from pipeline.sources import read
from tests.bundles import bundles
from tests.videos import write_video

distributed = pytest.importorskip("distributed", reason="Dask is an extra: python -m pip install -e '.[dask]'")
SKIN = (224, 172, 140)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def recorded(folder: Path, label: str, seed: int) -> None:
    """Writes a short recording of skin-coloured shapes on noise, in which something may be seen or not."""
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 60, (6, 120, 160, 3)).astype(np.uint8)
    for frame, picture in enumerate(pictures):
        for finger in range(5):
            picture[20 + 6 * (seed % 3) : 80, 40 + 14 * finger + frame : 50 + 14 * finger + frame] = SKIN
        picture[70:115, 38 + frame : 108 + frame] = SKIN
    (folder / label).mkdir(parents=True, exist_ok=True)
    write_video(folder / label / f"{seed}{'.webm' if seed % 2 else '.mp4'}", pictures, fps=10)


@pytest.mark.slow
def test_the_store_is_the_same_bytes_whoever_looks(tmp_path: Path, address: str) -> None:
    for seed in range(6):
        recorded(tmp_path / "clips", "AB"[seed % 2], seed)
    detection = Detection(points="holistic", mode="image", hand_confidence=0.01, pose_confidence=0.01)
    data = Videos(source="videos", path=str(tmp_path / "clips"), detection=detection, min_seen=0)

    def store(executor: Any, name: str) -> bytes:
        samples.write(tmp_path / name, read(data, Workshop(executor=executor, bundles=bundles())))
        return (tmp_path / name).read_bytes()

    here = store(build("here"), "here.h5")
    assert store(build("processes:2"), "processes.h5") == here
    assert store(OnDask(address), "dask.h5") == here
    assert len(samples.read(tmp_path / "here.h5")) == 6
