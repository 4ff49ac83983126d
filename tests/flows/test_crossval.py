"""Leaving one group out; tests/flows/test_command.py runs a whole one."""

import pytest

from flows.crossval import leave_one_out
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
