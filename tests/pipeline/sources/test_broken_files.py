"""Real folders: every broken file is named with a reason, and every whole one is kept. By MediaPipe itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.params import Detection, Images, Videos
from tests.bundles import bundle
from tests.pipeline.sources import broken
from tests.pipeline.sources.standin import Told, look, write

LIMITS = {"max_frames": broken.MAX_FRAMES, "max_pixels": broken.MAX_SIDE**2}
EACH = Detection(points="hand", mode="image", num_hands=1, **LIMITS)
Data = Videos | Images


def videos(path: Path, **options) -> Data:
    return Videos(source="videos", path=str(path), detection=EACH, min_seen=0, **options)


def images(path: Path, **options) -> Data:
    return Images(source="images", path=str(path), detection=EACH, min_seen=0, **options)


def told(folder: Path) -> Told:
    from pipeline.detect.workshop import look

    return Told(look=look, bundles={"hand_landmarker": bundle("hand_landmarker")}, finished=folder)


@pytest.mark.parametrize(("make", "data", "least"), [(broken.videos, videos, 40), (broken.photographs, images, 12)])
def test_every_broken_file_is_named_and_every_whole_one_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, make, data, least: int
):
    whole, kinds = make(tmp_path / "clips")
    named = {
        name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"): k for name, k in kinds.items()
    }
    named = {name.replace("\n", "\\n"): kinds for name, kinds in named.items()}
    assert len(named) >= least
    seen = told(tmp_path / "state")
    with pytest.raises(
        InputError, match=rf"{len(named)} of {len(named) + len(whole)} .* failed .* where data\.max_failed"
    ):
        seen.read(data(tmp_path / "clips"))
    lines = {line.split(": ")[0]: line for line in caplog.messages}
    assert named.keys() <= lines.keys()
    assert all(len(line.split(": ", 2)[2]) > 10 and "\n" not in line for line in lines.values())
    wrong = {name: lines[name] for name, kinds in named.items() if seen.why[name] not in kinds}
    assert not wrong
    samples = seen.read(data(tmp_path / "clips", max_failed=1))
    assert set(samples.id) == whole
    assert samples.provenance["clips_failed"].keys() == set(seen.why.values())
    assert not {done.job.file.parent.name for done in seen.done} - {"broken"}  # the whole ones were finished


@contextmanager
def not_root() -> Iterator[None]:
    """Is nobody for the block's length, where we are root, who may read whatever it likes."""
    we = os.geteuid()
    if we == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(we)


@pytest.mark.parametrize("name", ["tea", "tea/1.mp4", "tea/deep"])
def test_what_is_forbidden_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)  # nobody may not come here from above
    for path in ("no/1.mp4", "no/deep/2.mp4", "tea/1.mp4", "tea/deep/2.mp4"):
        write(tmp_path / path, f"hand {len(path)}")
    (tmp_path / name).chmod(0)
    seen, inside = Told(look=look), {path for path in ("tea/1.mp4", "tea/deep/2.mp4") if path.startswith(name)}
    seen.read(videos(Path("no"), labelled=False))  # nobody may not import either
    with not_root():
        samples = seen.read(videos(Path(), labelled=False, max_failed=0.5))
    assert seen.why == {name: "forbidden"}
    assert set(samples.id) == {"no/1.mp4", "no/deep/2.mp4", "tea/1.mp4", "tea/deep/2.mp4"} - inside
    (tmp_path / name).chmod(0o755)
