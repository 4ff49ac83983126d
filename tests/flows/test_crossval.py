"""Leaving one group out; tests/flows/test_command.py runs a whole one."""

import pandas as pd
import pytest

from flows.crossval import interval, leave_one_out
from pipeline.errors import InputError
from pipeline.params import Track, parse
from tests.flows.project import tiny_params


def track(num_signers: int) -> Track:
    made = parse(tiny_params()).track("letters")
    return made.model_copy(update={"data": made.data.model_copy(update={"num_signers": num_signers})})


def test_two_groups_are_too_few() -> None:
    with pytest.raises(InputError, match="takes three groups or more, 'synthetic_letters' has"):
        leave_one_out(track(2), seeds=[0])


def test_an_unknown_group_lists_the_known() -> None:
    with pytest.raises(
        InputError, match=r"unknown group 'a', 'b'\. The source has: signer_0000, signer_0001, signer_0002"
    ):
        leave_one_out(track(3), seeds=[0], groups=["b", "a", "signer_0001"])


def test_the_interval_is_students_over_groups_and_seeds_are_averaged() -> None:
    """Means of 0.7, 0.8 and 0.9: deviation 0.1, and 4.303 at two degrees of freedom."""
    table = pd.DataFrame({0: [0.6, 0.8, 0.9], 1: [0.8, 0.8, 0.9]}, index=list("abc"))
    half = 4.303 * 0.1 / 3**0.5
    assert interval(table) == pytest.approx((0.8 - half, 0.8 + half), abs=1e-4)
