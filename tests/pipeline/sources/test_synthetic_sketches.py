"""The synthetic sketches: the right drawings, the same bytes, drawers who stay themselves."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.params import SyntheticSketches
from pipeline.samples import Samples
from pipeline.sources import synthetic_sketches


def make(**settings: object) -> Samples:
    given = {"source": "synthetic_sketches", "num_drawers": 3, "drawings_per_class": 2} | settings
    return synthetic_sketches.read(SyntheticSketches.model_validate(given))


def test_every_thing_is_there_as_often_as_asked():
    samples = make()
    assert len(samples.class_names) == 20
    assert np.bincount(samples.target).tolist() == [6] * 20
    assert samples.values.shape == (120, 28, 28)
    assert samples.values.dtype == np.uint8
    assert samples.form == "bitmap"
    assert sorted(set(samples.group)) == ["drawer_0000", "drawer_0001", "drawer_0002"]
    assert samples.id[0] == "drawer_0000/apple/0"
    assert len(set(samples.id)) == 120


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others():
    assert make().values.tobytes() == make().values.tobytes()
    assert make().values.tobytes() != make(seed=1).values.tobytes()


def test_more_drawers_change_none_that_there_was():
    few, many = make(), make(num_drawers=5)
    assert np.array_equal(few.values, many.values[: len(few)])


def test_no_drawing_is_blank_and_every_one_lies_within_its_picture():
    pictures = make(num_drawers=20).values.astype(int)
    assert pictures.max((1, 2)).min() > 100
    ink = pictures.sum((1, 2))
    edges = pictures[:, [0, -1]].sum((1, 2)) + pictures[:, :, [0, -1]].sum((1, 2))
    assert (edges / ink).mean() < 0.05


def test_without_difficulty_all_drawers_draw_the_table():
    pictures = make(difficulty=0.0, classes=("house",)).values
    assert np.array_equal(pictures[0] > 0, pictures[1] > 0)
    assert len({p.tobytes() for p in make(classes=("house",)).values}) == 6


def test_a_drawing_may_have_any_size():
    small, large = make(size=28), make(size=64)
    assert large.values.shape == (120, 64, 64)
    shares = [(samples.values / 255).mean() for samples in (small, large)]
    assert shares[0] == pytest.approx(shares[1], rel=0.05)  # the pen grows too


def test_chosen_classes_keep_their_order():
    samples = make(classes=("sun", "apple"))
    assert samples.class_names == ("sun", "apple")
    assert samples.id[0] == "drawer_0000/sun/0"


def test_an_unknown_class_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="expected different things of apple, sun"):
        make(classes=("dragon",))
