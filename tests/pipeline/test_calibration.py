"""A calibration makes probabilities and says what is uncertain; it never changes the label."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import calibration as calibrations
from pipeline.calibration import AS_IT_IS, Calibration
from pipeline.errors import InputError

LOGITS = np.array([[np.log(9), 0.0], [0.0, np.log(81)]])


def test_a_temperature_divides_the_logits():
    np.testing.assert_allclose(AS_IT_IS.probabilities(LOGITS), [[0.9, 0.1], [1 / 82, 81 / 82]])
    np.testing.assert_allclose(Calibration(temperature=2.0).probabilities(LOGITS), [[0.75, 0.25], [0.1, 0.9]])
    np.testing.assert_allclose(Calibration(temperature=0.5).probabilities(LOGITS[0]), [81 / 82, 1 / 82])


def test_logits_of_any_size_have_finite_probabilities():
    found = Calibration(temperature=0.05).probabilities(np.array([[3e4, -3e4, 0.0]], np.float32))
    np.testing.assert_array_equal(found, [[1.0, 0.0, 0.0]])


@given(
    st.lists(st.lists(st.floats(width=16, allow_nan=False, allow_infinity=False), min_size=3, max_size=3), min_size=1),
    st.floats(0.05, 20),
)
def test_a_temperature_never_changes_the_label(rows: list[list[float]], temperature: float):
    logits = np.array(rows, np.float32)
    found = Calibration(temperature=temperature).probabilities(logits)
    np.testing.assert_array_equal(found.argmax(1), logits.argmax(1))
    np.testing.assert_allclose(found.sum(1), 1)


def test_an_answer_below_the_threshold_is_uncertain():
    calibration = Calibration(threshold=0.5)
    assert [calibration.uncertain(confidence) for confidence in (0.49, 0.5, 0.51)] == [True, False, False]
    assert calibration.uncertain(float("nan")) is None, "no hand was seen: there is nothing to be sure of"
    assert AS_IT_IS.uncertain(0.01) is None, "nobody chose a threshold"
    assert Calibration(threshold=0.0).uncertain(0.01) is False


def test_it_is_read_as_it_was_written(tmp_path: Path):
    for calibration in (AS_IT_IS, Calibration(temperature=1.5, threshold=0.31, num_clips=40, words="so")):
        calibrations.write(tmp_path / "calibration.json", calibration)
        assert calibrations.read(tmp_path / "calibration.json") == calibration


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"temperature": 0}, "expected a temperature above 0 and a threshold from 0 to 1, got 0 and None"),
        ({"temperature": float("inf")}, "got inf and None"),
        ({"threshold": 1.5}, r"got 1\.0 and 1\.5"),
        ({"temperature": "warm"}, "is no calibration"),
        ({"bias": 1}, "is no calibration .*bias"),
        ([1.0], "is no calibration"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, fields: object, said: str):
    (tmp_path / "calibration.json").write_text(json.dumps(fields), encoding="utf-8")
    with pytest.raises(InputError, match=rf"calibration\.json'.*{said}"):
        calibrations.read(tmp_path / "calibration.json")


def test_the_server_imports_neither_pandas_nor_scipy_for_it():
    script = "import sys; import pipeline.predictor, pipeline.stream; print({'pandas', 'scipy'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", script], check=True, timeout=180, capture_output=True, text=True)
    assert said.stdout == "set()\n"
