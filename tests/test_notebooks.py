"""The notebooks: whole JSON of the format's fourth version, without outputs, and names that this tree has."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from flows.command import app
from pipeline import params
from tests.flows.project import HERE

NOTEBOOKS = sorted((HERE / "notebooks").glob("*.ipynb"))
KEYS = {"markdown": {"cell_type", "id", "metadata", "source"}}
KEYS["code"] = KEYS["markdown"] | {"outputs", "execution_count"}


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def code(path: Path) -> dict[str, str]:
    """Returns {id: source} of the code cells."""
    return {cell["id"]: "".join(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == "code"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_whole_and_holds_no_outputs(path: Path) -> None:
    """The format's own schema, as far as these two kinds of cells go."""
    notebook = read(path)
    assert set(notebook) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        assert set(cell) == KEYS[cell["cell_type"]]
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        assert isinstance(cell["source"], list)
        assert all(isinstance(line, str) and line.endswith("\n") for line in cell["source"][:-1])
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_code_cell_is_python(path: Path) -> None:
    """So that it can be read, formatted and checked like all other code: no shell lines, no magics."""
    for name, source in code(path).items():
        ast.parse(source, name)


def test_the_notebook_trains_a_track_that_is_there_by_commands_that_are() -> None:
    cells = code(HERE / "notebooks/train_on_a_gpu.ipynb")
    settings: dict[str, Any] = {}
    exec(cells["settings"], settings)
    assert settings["TRACK"] in params.read(HERE / "params.yaml").tracks
    example = re.search(r"examples/\w+\.yaml", cells["settings"])
    assert example is not None
    assert (HERE / example[0]).is_file()
    commands = get_command(app).commands  # type: ignore[attr-defined]
    called = [match[1] for source in cells.values() for match in re.finditer(r'run\("signloop", "(\w+)"', source)]
    assert len(called) == 5
    assert set(called) <= set(commands)


def test_the_notebooks_commands_run_in_an_environment_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hosted notebook's Python says where its packages lie, and how they draw; ours must not be told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "/kaggle/lib")
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    cell: dict[str, Any] = {}
    exec(code(HERE / "notebooks/train_on_a_gpu.ipynb")["run"], cell)
    assert cell["PROJECT"] == tmp_path / "signloop"
    cell["run"]("sh", "-c", 'echo "$PATH" "[$PYTHONPATH$MPLBACKEND]"', cwd=tmp_path)
    said = capsys.readouterr().out
    assert said.startswith(f"{tmp_path}/signloop/.venv/bin:")
    assert said.endswith("[]\n")
    with pytest.raises(RuntimeError, match="sh -c exit 3 ended with status 3"):
        cell["run"]("sh", "-c", "exit 3", cwd=tmp_path)
