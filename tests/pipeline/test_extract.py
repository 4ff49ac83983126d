"""Stage `extract`: a table becomes the store, and starts without what it does not use."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline import samples as store
from pipeline.errors import InputError
from pipeline.extract import extract
from pipeline.params import LandmarkTable


def write_table(path: Path) -> LandmarkTable:
    columns = [f"{axis}{point}" for point in range(21) for axis in "xyz"]
    row = ",".join(f"{i / 100}" for i in range(63))
    path.write_text(f"label,{','.join(columns)}\nA,{row}\nB,{row}\n")
    return LandmarkTable(source="landmark_table", path=str(path))


def test_writes_the_store(tmp_path: Path):
    extract(write_table(tmp_path / "a.csv"), feedback=tmp_path / "none", out=tmp_path / "out" / "samples.h5")
    samples = store.read(tmp_path / "out" / "samples.h5")
    assert samples.class_names == ("A", "B")
    np.testing.assert_allclose(samples.clip(0)[0, 1], [0.03, 0.04, 0.05], rtol=1e-6)
    assert samples.provenance["source"] == "landmark_table"


def test_an_error_writes_nothing(tmp_path: Path):
    with pytest.raises(InputError, match="does not exist"):
        extract(
            LandmarkTable(source="landmark_table", path=str(tmp_path / "none.csv")),
            feedback=tmp_path / "none",
            out=tmp_path / "samples.h5",
        )
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_and_nothing_is_left_behind(tmp_path: Path):
    """In a process that may write no larger files: the system's own error."""
    write_table(tmp_path / "a.csv")
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from pipeline.extract import extract; from pipeline.params import LandmarkTable\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "data = LandmarkTable(source='landmark_table', path=sys.argv[1])\n"
        "extract(data, feedback=Path('none'), out=Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", script, tmp_path / "a.csv", tmp_path / "out" / "samples.h5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "InputError: '" in done.stderr
    assert "no room on the disk for 2 clips. Free some, then run it again" in done.stderr
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("stage", ["extract", "prepare", "pretrain"])
def test_a_stage_before_training_starts_without_torch_and_pandas(stage: str):
    code = f"import sys, pipeline.{stage}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "pandas", "mlflow", "pyarrow"} & set(done.stdout.split())
