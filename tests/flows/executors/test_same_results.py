"""What is seen in recordings does not depend on who looked: here, in two processes, or on a Dask cluster."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.executors import build
from flows.executors.dask import OnDask
from pipeline import samples
from pipeline.detect.workshop import Workshop
from pipeline.params import Detection, Videos
from pipeline.skeleton import skeleton
from pipeline.sources import read
from tests.bundles import bundles
from tests.photos import moving, photos
from tests.videos import write_video

distributed = pytest.importorskip("distributed", reason="Dask is an extra: python -m pip install -e '.[dask]'")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def recorded(clips: Path) -> None:
    """Writes a short recording of each of some photographs, drifting; of every second one as webm."""
    hands, people = photos("nmt")[1:13:4], photos("gestures")[:12:4]
    for number, photo in enumerate([*hands, *people]):
        file = clips / "AB"[number % 2] / f"{number}{'.webm' if number % 2 else '.mp4'}"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_video(file, moving(photo, frames=6), fps=10)


@pytest.mark.slow
def test_the_store_is_the_same_bytes_whoever_looks(tmp_path: Path, address: str) -> None:
    recorded(tmp_path / "clips")
    data = Videos(source="videos", path=str(tmp_path / "clips"), detection=Detection(mode="image"), min_seen=0)

    def store(executor: Any, name: str) -> bytes:
        samples.write(tmp_path / name, read(data, Workshop(executor=executor, bundles=bundles())))
        return (tmp_path / name).read_bytes()

    here = store(build("here"), "here.h5")
    assert store(build("processes:2"), "processes.h5") == here
    assert store(OnDask(address), "dask.h5") == here
    clips = samples.read(tmp_path / "here.h5")
    assert len(clips) == 6
    assert clips.seen[:, skeleton("holistic").part("pose")].any()
