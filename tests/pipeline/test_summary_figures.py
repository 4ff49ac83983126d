"""The figures of the summary as the server asks for them: the golden ones, and without pandas.

The golden figures are written anew, after a change that is meant to move them, by
`python -m tests.pipeline.test_summary_figures`; say in the commit why they moved.
"""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.samples import Samples
from pipeline.summary import figures, summarise
from tests.factories import make_samples
from tests.pipeline.factories import make_signs

GOLDEN = Path(__file__).parent / "golden" / "figures.json"


def make_clips(skeleton: str) -> Samples:
    """Clips of unequal length, and all that can be missing: points, coordinates, frames, a hand, rates, a clip."""
    if skeleton == "hand":
        samples = make_samples(num_groups=2, clips=2, frames=(1, 6), missing=0.2, aspect=4 / 3, seed=3)
    else:
        samples = make_signs(num_groups=2, clips=2, frames=(1, 6), missing=0.2, seed=3)
        samples.clip(3)[:, samples.values.shape[1] - 33 :] = np.nan  # no pose
    samples.values[::7, ::3, 2] = np.nan  # a point without one coordinate was not seen
    samples.values[5] = np.nan
    samples.clip(8)[:] = np.nan
    known = np.arange(len(samples)) % 3 > 0
    aspect = samples.aspect * np.where(known, 1, 0.75).astype(np.float32)
    unsure = {"fps": np.where(known, 25, np.nan), "handedness": np.where(known, samples.handedness, np.nan)}
    return replace(samples, aspect=aspect, **{name: column.astype(np.float32) for name, column in unsure.items()})


def golden(found: dict[str, Any]) -> dict[str, Any]:
    """The figures as JSON has them, null for NaN."""
    return {name: [None if value != value else value for value in np.asarray(f).tolist()] for name, f in found.items()}


@pytest.mark.parametrize("skeleton", ["hand", "holistic"])
def test_the_figures_are_the_golden_ones(skeleton: str):
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))[skeleton]
    found = figures(make_clips(skeleton))
    assert list(found) == list(expected)
    for name, values in found.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(values, np.array(expected[name], float), rtol=1e-9, atol=1e-9, err_msg=name)
        else:
            assert values.tolist() == expected[name], name


@pytest.mark.parametrize("skeleton", ["hand", "holistic"])
def test_the_table_has_the_figures_as_columns(skeleton: str):
    samples = make_clips(skeleton)
    found, table = figures(samples), summarise(samples)
    assert table.columns.tolist() == list(found)
    assert all(values.shape == (len(samples),) for values in found.values())
    for name, values in found.items():
        np.testing.assert_array_equal(table[name].to_numpy(values.dtype), values, err_msg=name)


@pytest.mark.parametrize("skeleton", ["hand", "holistic"])
def test_the_clips_stay_as_they_were(skeleton: str):
    samples = make_clips(skeleton)
    before = samples.values.copy()
    figures(samples)
    np.testing.assert_array_equal(samples.values, before)


def test_figures_need_no_pandas():
    script = "import sys; from pipeline.summary import figures; assert 'pandas' not in sys.modules, 'pandas'"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=180)


if __name__ == "__main__":
    written = {skeleton: golden(figures(make_clips(skeleton))) for skeleton in ("hand", "holistic")}
    GOLDEN.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
