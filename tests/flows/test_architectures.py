"""Parameter counts that one checks by hand: 102 invariant features, 26 letters."""

import pytest

from flows.architectures import sizes
from pipeline.params import parse

DATA = {"source": "synthetic_letters"}


def test_counts_are_those_of_the_network() -> None:
    small = {"name": "mlp", "hidden": [8]}
    found = sizes(parse({"tracks": {"letters": {"data": DATA, "model": small}}}))
    counts = {(size.name, size.where): size.num_parameters for size in found}
    assert counts["linear", "defaults"] == 102 * 26 + 26
    assert counts["mlp", "tracks.letters"] == (102 * 8 + 8) + 2 * 8 + (8 * 26 + 26)
    assert all(size.about.endswith(".") or size.about for size in found)


@pytest.mark.parametrize("name", ["mlp", "linear"])
def test_raw_features_are_63(name: str) -> None:
    model = {"name": name, "features": "raw"} | ({"hidden": [1]} if name == "mlp" else {})
    (size,) = (s for s in sizes(parse({"tracks": {"t": {"data": DATA, "model": model}}})) if s.where == "tracks.t")
    assert size.num_parameters == {"linear": 63 * 26 + 26, "mlp": (63 + 1) + 2 + (26 + 26)}[name]
