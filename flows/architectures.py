"""Every architecture with its true number of parameters, counted on the network as it would be built."""

from dataclasses import dataclass
from typing import Any, get_args

from pipeline.params import Model, Params


@dataclass(frozen=True)
class Size:
    """A network and how large it is; `where` says whose parameters it was built with."""

    name: str
    where: str
    settings: str
    num_parameters: int
    about: str


def sizes(params: Params, *, skeleton: str = "hand", num_classes: int = 26) -> list[Size]:
    """Returns each architecture at its defaults, and as the tracks of params.yaml set it."""
    union = get_args(Model)[0]
    members: dict[str, Any] = {get_args(m.model_fields["name"].annotation)[0]: m for m in get_args(union)}
    configs = [(member(name=name), "defaults") for name, member in members.items()]
    configs += [(track.model, f"tracks.{key}") for key, track in params.tracks.items()]
    return [_size(config, where, skeleton, num_classes) for config, where in configs]


def _size(config: Model, where: str, skeleton: str, num_classes: int) -> Size:
    from pipeline.models import build

    network = build(config, skeleton=skeleton, num_classes=num_classes)
    settings = ", ".join(f"{k} {v}" for k, v in config.model_dump().items() if k != "name")
    count = sum(p.numel() for p in network.parameters() if p.requires_grad)
    about = (type(config).__doc__ or "").strip().splitlines()[0]
    return Size(config.name, where, settings, count, about)
