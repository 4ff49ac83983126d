from pathlib import Path

import av
import numpy as np
import pytest

from flows.demo.film import film
from pipeline.errors import InputError

GRAY = np.full((49, 65, 3), 90, np.uint8)


def read(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as container:
        return [(frame.time or 0.0, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def test_pictures_come_back_at_their_times(tmp_path: Path):
    path = tmp_path / "a name, ü.mp4"
    times = [0.0, 0.04, 0.5, 0.5, 2.25]  # at 0.5 a camera stood still; the second one is written a tick later
    with film(path) as write:
        for number, time_s in enumerate(times):
            write(GRAY + np.uint8(30 * number), time_s)
    shown = read(path)
    assert [time for time, _ in shown] == pytest.approx([0.0, 0.04, 0.5, 0.501, 2.25], abs=1e-4)
    assert [image.shape for _, image in shown] == [(48, 64, 3)] * 5  # of an odd size the last row and column are left
    assert [round(float(image.mean()) / 30) for _, image in shown] == [3, 4, 5, 6, 7]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_an_error_on_the_way_leaves_nothing(tmp_path: Path):
    def broken_off() -> None:
        with film(tmp_path / "out.mp4") as write:
            write(GRAY, 0.0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_says_so(tmp_path: Path):
    with pytest.raises(InputError, match=r"expected a name that ends in \.mp4"), film(tmp_path / "out.avi"):
        pass
    with pytest.raises(InputError, match="no picture came"), film(tmp_path / "out.mp4"):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"), film(tmp_path / "file" / "out.mp4"):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
