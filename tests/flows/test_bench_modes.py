"""What is said of two stores of the same clips."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from flows.bench_modes import difference
from pipeline import samples as store
from tests.factories import make_samples


def test_a_difference_is_told_in_shares_of_the_picture_and_of_frames(tmp_path: Path) -> None:
    samples = make_samples(num_groups=1, classes="AB", clips=1, frames=5)
    values = samples.values.copy()
    values[:, :, 0] += 0.25
    values[:, :, 2] += 9  # depth is not asked for
    values[3, 7] = np.nan
    for name, clips in {"one": samples, "copy": samples, "other": replace(samples, values=values)}.items():
        store.write(tmp_path / name, clips)
    same, told = (difference(tmp_path / "one", tmp_path / name) for name in ("copy", "other"))
    assert same.startswith("the same bytes; x and y differ by 0 at most, 0 in the median of 420;")
    assert told.startswith("other bytes; x and y differ by 0.25 at most, 0.12 in the median of 418;")
    assert told.endswith("other points seen in 10.0% of 10 frames")


def test_two_looks_that_share_no_point_are_no_error(tmp_path: Path) -> None:
    samples = make_samples(num_groups=1, classes="AB", clips=1)
    store.write(tmp_path / "one", samples)
    store.write(tmp_path / "other", replace(samples, values=np.full_like(samples.values, np.nan)))
    assert difference(tmp_path / "one", tmp_path / "other") == "other bytes; they show no point in common"
