"""Reading params.yaml: every mistake in it is reported together with the others, by its path as written there."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML, YAMLError

from pipeline.errors import InputError
from pipeline.params.data import Data
from pipeline.params.models import Model
from pipeline.params.tracks import Params, Track


def with_model(track: Track, spec: str | None) -> Track:
    """Returns the track with another model, `NAME` or `NAME,KEY=VALUE,…`; no spec: as it is.

    The track's own model keeps what is not named; another one takes its defaults, on the same features where it can.
    A key with dots is of the track instead of the model: `train.augment.mirror=0`.
    Raises: InputError with the valid names.
    """
    if spec is None:
        return track
    name, *changes = spec.split(",")
    if malformed := [change for change in changes if "=" not in change]:
        raise InputError(f"--model: expected NAME,KEY=VALUE,…, got '{malformed[0]}' in '{spec}'.")
    model: dict[str, Any] = {"name": name}
    member = _members(Model, "name").get(name)
    if name == track.model.name:
        model = track.model.model_dump(mode="json")
    elif member and track.model.features in get_args(member.model_fields["features"].annotation):
        model["features"] = track.model.features
    tree = track.model_dump(mode="json") | {"model": model}
    for key, _, value in (change.partition("=") for change in changes):
        *sections, last = key.split(".") if "." in key else ("model", key)
        section: Any = tree
        for part in sections:
            section[part] = section.get(part) or {}  # an unknown one is reported below, with the valid ones
            section = section[part]
        section[last] = YAML(typ="safe").load(value)
    return parse({"tracks": {"t": tree}}, "--model").track("t")


def read(path: Path) -> Params:
    """Reads and checks params.yaml.

    Raises: InputError that lists every mistake by its full path, with the valid choices.
    """
    try:
        raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"'{path}' does not exist. Run from the project's root.") from None
    except YAMLError as error:
        raise InputError(f"'{path}' is not valid YAML: {error}") from None
    return parse(raw, str(path))


def parse(raw: Any, where: str = "params.yaml") -> Params:
    """Checks an already loaded tree, as `read` does."""
    try:
        return Params.model_validate(raw)
    except ValidationError as error:
        lines = [_line(raw, e) for e in error.errors(include_url=False)]
        raise InputError(f"{where}: {len(lines)} mistake(s)\n" + "\n".join(f"  {line}" for line in lines)) from None


def _line(raw: Any, error: Any) -> str:
    """One mistake: its path as written in the file, what is wrong, what would be right."""
    path, section, key = [], Params, ""
    for part in error["loc"]:
        if isinstance(raw, dict) and part not in raw and part in raw.values():
            continue  # pydantic names the chosen member of a union in the path; the file does not
        path.append(str(part))
        raw = raw.get(part) if isinstance(raw, dict) else raw
        key = str(part)
    message, context = error["msg"].removeprefix("Value error, "), error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        section = _section(error["loc"][:-1])
        valid = list(section.model_fields) if section else []
        near = get_close_matches(key, valid, 1)
        message = "unknown key" + (f"; did you mean `{near[0]}`?" if near else ".") + f" Valid: {', '.join(valid)}."
    elif error["type"] == "union_tag_invalid":
        path.append(context["discriminator"].strip("'"))
        message = f"unknown name {context['tag']!r}. Valid: {context['expected_tags']}."
    elif error["type"] == "union_tag_not_found":
        message = f"needs `{context['discriminator'].strip(chr(39))}`"
    elif error["type"] != "missing" and path:
        message += f" (got {error['input']!r})"
    where = ".".join(path)
    return f"{where}: {message}" if where else message if ": " in message else f"the file: {message}"


def _section(loc: tuple[Any, ...]) -> type[BaseModel] | None:
    """The section that a pydantic location lies in."""
    current: Any = Params
    for part in loc:
        if part in _MEMBERS:
            current = _MEMBERS[part]
        elif current is Params and part == "tracks":
            current = "tracks"
        elif current == "tracks":
            current = Track
        elif isinstance(current, type) and part in current.model_fields:
            annotation = current.model_fields[part].annotation
            nested = [
                a for a in (annotation, *get_args(annotation)) if isinstance(a, type) and issubclass(a, BaseModel)
            ]
            current = nested[0] if nested else current
    return current if isinstance(current, type) else None


def _members(union: Any, tag: str) -> dict[str, type[BaseModel]]:
    """Returns a discriminated union's sections by what their tag says."""
    sections = get_args(get_args(union)[0])
    return {get_args(section.model_fields[tag].annotation)[0]: section for section in sections}


_MEMBERS = _members(Data, "source") | _members(Model, "name")
