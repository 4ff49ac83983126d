"""Parameter counts that one checks by hand: 102 invariant features, 26 letters; whole bodies for 26 signs."""

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


def test_every_architecture_is_there_in_every_size_with_its_true_count() -> None:
    """A transformer's blocks are 12·layers·d², and a little; the rest is 470 d to come in and 26 d to go out."""
    found = sizes(parse({"tracks": {"t": {"data": DATA, "model": {"name": "mlp"}}}}))
    counts = {(size.name, size.settings.partition("size ")[2].partition(",")[0]): size.num_parameters for size in found}
    assert [size.name for size in found if size.where == "defaults"][:3] == ["mlp", "strm", "linear"]
    assert all(size.about for size in found)
    for size, width, layers in [("lightweight", 128, 2), ("baseline", 192, 4), ("medium", 256, 6), ("large", 384, 6)]:
        blocks, rest = 12 * layers * width**2, (470 + 26) * width
        assert counts["sign_transformer", size] == pytest.approx(blocks + rest, rel=0.01)
    assert {key: count for key, count in counts.items() if key[0] in ("sign_transformer", "cnn_transformer")} == {
        ("sign_transformer", "lightweight"): 460_442,
        ("sign_transformer", "baseline"): 1_875_290,
        ("sign_transformer", "medium"): 4_866_330,
        ("sign_transformer", "large"): 10_838_426,
        ("sign_transformer", "xlarge"): 25_474_586,
        ("cnn_transformer", "small"): 266_104,
        ("cnn_transformer", "baseline"): 1_830_392,
    }
