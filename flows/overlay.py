"""`signloop use FILE`: lays an examples file over params.yaml, keeps the comments, and can be taken back."""

import copy
import difflib
import io
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from pipeline import params
from pipeline.errors import InputError
from pipeline.files import replacing, write_text

ALTERNATIVES = {"data": "source", "model": "name"}  # sections that another name replaces whole


def use(path: Path, overlay: Path, kept: Path) -> str:
    """Writes the overlaid params.yaml, keeps the former one at `kept`, and returns the difference.

    Raises: InputError when the overlay cannot be read or its result is not valid; nothing is then written.
    """
    before = path.read_text(encoding="utf-8")
    tree = _yaml().load(before)
    _lay_over(tree, _values(overlay))
    after = _dump(tree)
    params.parse(YAML(typ="safe").load(after), f"params.yaml with '{overlay}'")
    if after != before:
        if not kept.exists():
            _copy(path, kept)
        write_text(path, after)
    return difference(before, after)


def read_with(path: Path, overlay: Path | None) -> params.Params:
    """Reads params.yaml with another file laid over it, and writes nothing."""
    if overlay is None:
        return params.read(path)
    tree = _yaml().load(path.read_text(encoding="utf-8"))
    _lay_over(tree, _values(overlay))
    return params.parse(YAML(typ="safe").load(_dump(tree)), f"params.yaml with '{overlay}'")


def undo(path: Path, kept: Path) -> str:
    """Puts back what params.yaml was before the first `use`, and returns the difference.

    Raises: InputError when there is nothing to put back.
    """
    if not kept.exists():
        raise InputError("nothing to undo: no `signloop use` since the last `--undo`.")
    before, after = path.read_text(encoding="utf-8"), kept.read_text(encoding="utf-8")
    _copy(kept, path)
    kept.unlink()
    return difference(before, after)


def set_value(path: Path, keys: list[str], value: Any) -> str:
    """Sets one value of params.yaml, keeps its comments, and returns the difference."""
    before = path.read_text(encoding="utf-8")
    tree = _yaml().load(before)
    section = tree
    for key in keys[:-1]:
        section = section.setdefault(key, {})
    section[keys[-1]] = value
    after = _dump(tree)
    params.parse(YAML(typ="safe").load(after))
    write_text(path, after)
    return difference(before, after)


def difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "params.yaml", "params.yaml", lineterm="", n=2
    )
    return "\n".join(lines)


def _copy(source: Path, path: Path) -> None:
    """Copies bytes, since reading as text would lose which line ends a file has."""
    with replacing(path) as beside:
        shutil.copyfile(source, beside)


def _values(overlay: Path) -> Mapping[str, Any]:
    try:
        values = _yaml().load(overlay.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as error:
        raise InputError(f"'{overlay}' cannot be read: {error}. The examples lie in examples/.") from None
    if not isinstance(values, Mapping):
        raise InputError(f"'{overlay}': expected keys as in params.yaml, got {type(values).__name__}.")
    return values


def _lay_over(tree: Any, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        named, current = ALTERNATIVES.get(key), tree.get(key)
        both = isinstance(value, Mapping) and isinstance(current, Mapping)
        if both and not (named in value and value[named] != current.get(named)):
            _lay_over(current, value)
        else:
            tree[key] = copy.deepcopy(value)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 120
    return yaml


def _dump(tree: Any) -> str:
    stream = io.StringIO()
    _yaml().dump(tree, stream)
    return stream.getvalue()
