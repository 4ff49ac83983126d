"""Trained weights on disk: safetensors beside the JSON that says how to build what they belong to."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from pipeline.errors import InputError
from pipeline.files import read_json, replacing, write_json
from pipeline.models import build
from pipeline.models.recognizer import Recognizer
from pipeline.params import Model

SCHEMA = 2
READS = (1, 2)  # 1 called the form a skeleton
HEAD = "network.head."  # of every network: a row a class


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A network with all that is needed to build and to name it."""

    recognizer: Recognizer
    config: Model
    class_names: tuple[str, ...]
    form: str
    row: tuple[int, ...] = ()  # where the form leaves it to the data


def save(folder: Path, trained: Trained) -> None:
    """Writes model.safetensors and model.json into an existing folder."""
    state = {name: tensor.contiguous().cpu() for name, tensor in trained.recognizer.state_dict().items()}
    with replacing(folder / "model.safetensors") as beside:
        save_file(state, beside)
    header = {
        "schema": SCHEMA,
        "model": trained.config.model_dump(mode="json"),
        "class_names": trained.class_names,
        "form": trained.form,
        "row": trained.row,
    }
    write_json(folder / "model.json", header)


def load(path: Path) -> Trained:
    """Reads a folder that `save` wrote, or its model.safetensors with model.json beside it.

    Raises: InputError when a file is missing, cut off, or does not fit the other.
    """
    folder = path if path.is_dir() else path.parent
    weights = folder / "model.safetensors" if path.is_dir() else path
    header = read_json(folder / "model.json")
    try:
        if header["schema"] not in READS:
            raise InputError(f"'{folder}' has schema {header['schema']}, expected {SCHEMA}. Run `dvc repro`.")
        if header["schema"] == 1:
            header["form"] = header.pop("skeleton")
        config = TypeAdapter(Model).validate_python(header["model"])
        row = tuple(header.get("row", ()))
        recognizer = build(config, form=header["form"], num_classes=len(header["class_names"]), row=row)
        recognizer.load_state_dict(load_file(weights))
    except FileNotFoundError:
        raise InputError(f"'{weights}' does not exist. Run `dvc repro`, or give another path.") from None
    except (KeyError, TypeError, ValidationError, SafetensorError, RuntimeError) as error:
        raise InputError(f"'{weights}' and its model.json do not fit each other: {error}") from None
    names = tuple(header["class_names"])
    return Trained(recognizer=recognizer.eval(), config=config, class_names=names, form=header["form"], row=row)


def start_from(former: Trained, new: Trained) -> None:
    """Gives a new network a trained one's weights; rows of the head go by class name, a new class keeps its random one.

    Raises: InputError when they are not the same architecture.
    """
    if (former.config, former.form, former.row) != (new.config, new.form, new.row):
        raise InputError(
            f"train.init_from: expected weights of {_named(new)}, got {_named(former)}. Set `model` as those were made."
        )
    place = {name: row for row, name in enumerate(new.class_names)}
    kept = [(row, place[name]) for row, name in enumerate(former.class_names) if name in place]
    state = new.recognizer.state_dict()
    for name, tensor in former.recognizer.state_dict().items():
        state[name] = _rows(tensor, state[name], kept) if name.startswith(HEAD) else tensor
    new.recognizer.load_state_dict(state)


def _rows(former: Tensor, new: Tensor, kept: list[tuple[int, int]]) -> Tensor:
    mixed = new.clone()
    for source, target in kept:
        mixed[target] = former[source]
    return mixed


def _named(trained: Trained) -> str:
    settings = trained.config.model_dump(mode="json")
    return f"{trained.form} {', '.join(f'{key} {value}' for key, value in settings.items())}"
