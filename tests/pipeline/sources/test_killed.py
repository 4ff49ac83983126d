"""kill -9 at moments that are picked, and the same again: no clip is looked at twice, and the bytes are the same.

By MediaPipe itself, of photographs of hands and of videos made of them.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline import samples as store
from pipeline.params import Detection, Images, Videos
from tests.bundles import bundle
from tests.pipeline.sources import killed
from tests.videos import write_video

PHOTOS = Path(__file__).parents[3] / ".." / "shared" / "data" / "photos" / "nmt"
HANDS = [f"{letter}_0{number}" for letter in "AB" for number in (20, 40, 60)]
EACH = Detection(points="hand", mode="image", num_hands=1)

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"no photographs of hands at '{PHOTOS}'"),
]


class Extraction:
    """One list of recordings, extracted by processes of its own."""

    def __init__(self, folder: Path, data: Videos | Images) -> None:
        self.folder = folder
        self.count = len([path for path in Path(data.path).rglob("*") if path.is_file()])
        self.data = folder / "data.json"
        self.data.write_text(data.model_dump_json())

    def run(self, state: str, *moment: str, executor: str = "here") -> list[str]:
        """Returns the names of the files that were looked at; with a moment it ends in a kill."""
        command = [sys.executable, killed.__file__, self.data, self.folder / state, self.out(state), executor]
        assets = {"SIGNLOOP_ASSETS": str(bundle("hand_landmarker").parent)}
        done = subprocess.run(
            [*command, *(moment or ["never"])], capture_output=True, text=True, env=os.environ | assets, check=False
        )
        assert done.returncode == (-signal.SIGKILL if moment else 0), done.stderr
        return done.stdout.splitlines()

    def out(self, state: str) -> Path:
        return self.folder / f"{state}.h5"

    def finished(self, state: str) -> int:
        return len(list((self.folder / state).rglob("*.npz")))


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Extraction:
    folder = tmp_path_factory.mktemp("photographs")
    (folder / "clips").mkdir()
    for name in HANDS:
        (folder / "clips" / f"{name}.jpg").symlink_to((PHOTOS / f"{name}.jpg").resolve())
    data = Images(source="images", path=str(folder / "clips"), label_from="name", detection=EACH)
    made = Extraction(folder, data)
    assert len(made.run("whole")) == made.count == len(HANDS)
    return made


@pytest.mark.parametrize(("moment", "finished", "left"), [(("told", "3"), 3, 0), (("renamed", "3"), 2, 1)])
def test_photographs(photographs: Extraction, moment: tuple[str, str], finished: int, left: int):
    state = moment[0]
    photographs.run(state, *moment)
    assert photographs.finished(state) == finished
    assert len(list((photographs.folder / state).rglob("*.part"))) == left
    assert not photographs.out(state).exists()
    assert len(photographs.run(state)) == photographs.count - finished
    assert photographs.run(state) == []
    assert photographs.out(state).read_bytes() == photographs.out("whole").read_bytes()
    assert not list(photographs.folder.rglob("*.part"))
    samples = store.read(photographs.out(state))
    assert samples.class_names == ("A", "B")
    assert samples.seen.all()


def test_videos_in_two_processes(tmp_path: Path):
    photos = [np.asarray(Image.open(PHOTOS / f"{name}.jpg").convert("RGB").resize((200, 200))) for name in HANDS]
    for label, shown in (("A", photos[:3]), ("B", photos[3:])):
        (tmp_path / "clips" / label).mkdir(parents=True)
        for suffix in (".mp4", ".webm"):
            write_video(tmp_path / "clips" / label / f"1{suffix}", shown)
    videos = Extraction(tmp_path, Videos(source="videos", path=str(tmp_path / "clips"), detection=EACH))
    videos.run("killed", "told", "2", executor="processes:2")
    finished = videos.finished("killed")
    assert 2 <= finished < videos.count
    assert len(videos.run("killed", executor="processes:2")) == videos.count - finished
    videos.run("whole")
    assert videos.out("killed").read_bytes() == videos.out("whole").read_bytes()
    samples = store.read(videos.out("whole"))
    assert samples.lengths.tolist() == [3, 3, 3, 3]
    assert samples.rows["world"].shape == (12, 21, 3)
