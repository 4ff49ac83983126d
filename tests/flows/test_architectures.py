"""Parameter counts that one checks by hand: 102 invariant features, 26 letters."""

from typing import Any

import pytest

from flows.architectures import sizes
from pipeline.params import parse

DATA = {"source": "synthetic_letters"}
INVARIANT, RAW = 102, 63


@pytest.mark.parametrize(
    ("model", "count"),
    [
        ({"name": "linear", "features": "invariant"}, INVARIANT * 26 + 26),
        ({"name": "linear", "features": "raw"}, RAW * 26 + 26),
        ({"name": "mlp", "features": "invariant", "hidden": [8]}, (INVARIANT * 8 + 8) + 2 * 8 + (8 * 26 + 26)),
        ({"name": "mlp", "features": "raw", "hidden": [1]}, (RAW + 1) + 2 + (26 + 26)),
    ],
)
def test_counts_are_those_of_the_network(model: dict[str, Any], count: int) -> None:
    found = sizes(parse({"tracks": {"t": {"data": DATA, "model": model}}}))
    (size,) = (size for size in found if size.where == "tracks.t")
    assert size.num_parameters == count
    assert size.name == model["name"]


def test_every_architecture_is_there_at_its_defaults() -> None:
    found = sizes(parse({"tracks": {"t": {"data": DATA, "model": {"name": "mlp"}}}}))
    assert [size.name for size in found if size.where == "defaults"] == ["mlp", "strm", "linear"]
    assert all(size.about for size in found)
