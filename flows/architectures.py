"""Every architecture in every size, with its true number of parameters, counted on the network as it would be built."""

from dataclasses import dataclass
from typing import Any, get_args

from pipeline.params import Model, Params, form_of

USUAL = {"bitmap": (28, 28)}  # shape of a row, where a form leaves it to the data: Quick Draw's


@dataclass(frozen=True)
class Size:
    """A network and how large it is; `where` says whose parameters it was built with."""

    name: str
    where: str
    settings: str
    num_parameters: int
    about: str


def sizes(params: Params, *, num_classes: int = 26) -> list[Size]:
    """Returns each architecture at its defaults, in each of its sizes, and as the tracks of params.yaml set it."""
    configs = [(config, "defaults") for member in get_args(get_args(Model)[0]) for config in _variants(member)]
    configs += [(track.model, f"tracks.{key}") for key, track in params.tracks.items()]
    return [_size(config, where, num_classes) for config, where in configs]


def _variants(member: Any) -> list[Model]:
    """Returns a model at its defaults; of one that comes in named sizes, each."""
    fields = member.model_fields
    (name,) = get_args(fields["name"].annotation)
    if "size" not in fields:
        return [member(name=name)]
    return [member(name=name, size=size) for size in get_args(fields["size"].annotation)]


def _size(config: Model, where: str, num_classes: int) -> Size:
    from pipeline.models import build

    network = build(config, form=form_of(config), num_classes=num_classes, row=USUAL.get(form_of(config), ()))
    settings = ", ".join(f"{k} {v}" for k, v in config.model_dump().items() if k != "name")
    count = sum(p.numel() for p in network.parameters() if p.requires_grad)
    about = (type(config).__doc__ or "").strip().splitlines()[0]
    return Size(config.name, where, settings, count, about)
